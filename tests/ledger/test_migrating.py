"""Any database comes to the newest schema, whatever it was and however many processes start at once."""

import importlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

import steek
from steek.kernel import ReplayClock
from steek.kernel.errors import ConflictError
from steek.ledger import Database, Draft, Ledger, metadata
from steek.ledger.migrating import MIGRATIONS, VERSION_TABLE, database_version, migrate, newest_version

ASSETS = Path(__file__).parent.parent / "upgrade" / "assets"


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Database]:
    database = Database.open(f"sqlite:///{tmp_path / 'new' / 'steek.db'}")
    yield database
    database.close()


def all_tables() -> set[str]:
    """Names of the tables of every room; importing the modules that declare them is what makes them known."""
    source = Path(steek.__file__).parent
    for path in sorted(source.rglob("*.py")):
        if "Table(\n" in path.read_text(encoding="utf-8"):
            importlib.import_module(".".join(("steek", *path.relative_to(source).with_suffix("").parts)))
    return set(metadata.tables)


def differences(database: Database) -> list[Any]:
    """What Alembic would change to make the database what the tables in the code say."""
    all_tables()
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        return compare_metadata(context, metadata)


def test_a_migrated_sqlite_database_has_exactly_the_tables_of_the_code(empty: Database) -> None:
    migrate(empty)
    assert differences(empty) == []


@pytest.mark.postgres
@pytest.mark.covers("N1")
def test_a_migrated_postgresql_database_has_exactly_the_tables_of_the_code(postgres: Database) -> None:
    migrate(postgres)
    assert differences(postgres) == []


def test_the_newest_version_is_the_one_head_of_the_chain() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [newest_version()]


def test_a_start_with_nothing_to_migrate_writes_nothing_and_does_not_even_import_alembic(
    empty: Database, tmp_path: Path
) -> None:
    migrate(empty)
    program = (
        "import sys; from steek.ledger import Database; from steek.ledger.migrating import migrate;"
        "migrate(Database.open(sys.argv[1])); assert 'alembic' not in sys.modules"
    )
    with empty.reading() as connection:
        before = connection.execute(text("PRAGMA data_version")).scalar_one()
        subprocess.run([sys.executable, "-c", program, str(empty.engine.url)], check=True)
        assert connection.execute(text("PRAGMA data_version")).scalar_one() == before


@pytest.mark.covers("N3")
def test_a_database_of_a_newer_steek_is_refused_and_left_alone(empty: Database) -> None:
    migrate(empty)
    with empty.transaction() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(ConflictError, match="version 9999, made by a newer steek"):
        migrate(empty)
    with empty.reading() as connection:
        assert database_version(connection) == "9999"


@pytest.mark.covers("N3")
def test_a_migration_that_fails_leaves_nothing_behind(empty: Database) -> None:
    # A table of that name from elsewhere stands in the way of the last of the migrations.
    with empty.transaction() as connection:
        connection.execute(text("CREATE TABLE postmortems (id INTEGER)"))
    with pytest.raises(Exception, match="postmortems"):
        migrate(empty)
    assert inspect(empty.engine).get_table_names() == ["postmortems"]


@pytest.mark.covers("D17")
@pytest.mark.parametrize("asset", sorted(path.name for path in ASSETS.glob("*.db")))
def test_a_frozen_older_database_opens_migrates_and_keeps_its_chain(
    tmp_path: Path, clock: ReplayClock, asset: str
) -> None:
    shutil.copy(ASSETS / asset, tmp_path / "steek.db")
    database = Database.open(f"sqlite:///{tmp_path / 'steek.db'}")
    with database.reading() as connection:
        assert database_version(connection) == asset.removesuffix(".db")
    migrate(database)
    ledger = Ledger(database, clock)
    assert ledger.verify() == 5
    assert [event.kind for event in ledger.events()] == [
        "batch.committed",
        "features.materialised",
        "model.trained",
        "gate.decided",
        "route.changed",
    ]
    ledger.record(Draft("route.changed", "model:search_ranking", "ariel@grocer"))
    assert ledger.verify() == 6
    assert differences(database) == []
    database.close()


def test_every_room_with_tables_takes_part_in_migrations(empty: Database) -> None:
    migrate(empty)
    assert all_tables() | {VERSION_TABLE} == set(inspect(empty.engine).get_table_names())
