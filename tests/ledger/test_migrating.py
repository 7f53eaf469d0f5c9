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
from steek.incidents.postmortems.publication import Stage
from steek.incidents.postmortems.stored import find
from steek.kernel import ReplayClock
from steek.kernel.errors import ConflictError
from steek.ledger import Database, Draft, Ledger, metadata
from steek.ledger.migrating import MIGRATIONS, VERSION_TABLE, database_version, migrate, newest_version, upgrade

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


OLD_DRAFTS = """
INSERT INTO incidents (id, year, number, title, subject, systems, severity, state, version, machine, frozen, roles,
    declared_at, declared_by, changed_by)
SELECT '2017-00' || number, 2017, number, 'a', 'model:a', '[]', 'sev2', 'follow-up', 1, 0, 0, '{}',
    '2017-10-15 07:00:00', 'ada', 'ada' FROM (SELECT 1 AS number UNION SELECT 2);
INSERT INTO postmortems (incident_id, revision, format_version, taxonomy_version, drafted_at, document, markdown)
VALUES ('2017-001', 1, 1, 1, '2017-10-15 08:00:00', '{"title": "first"}', 'First draft.'),
    ('2017-001', 2, 1, 1, '2017-10-16 08:00:00', '{"title": "second", "severity": "sev1", "roles": {"commander": "ada"},
        "impact": {"systems": ["model:a"]}, "detection": {"by": "machine", "at": "2017-10-15T06:00:00+00:00"},
        "times": {"to_detect": {"shortest_s": 60.0, "longest_s": 90.0},
            "to_declare": {"shortest_s": null, "longest_s": null},
            "to_mitigate": {"shortest_s": null, "longest_s": null},
            "to_resolve": {"shortest_s": 5.0, "longest_s": 5.0}}}', 'Second draft.'),
    ('2017-002', 1, 1, 1, '2017-10-15 08:00:00', '{"title": "b"}', 'Older than its postmortem.');
INSERT INTO postmortem_reports (id, incident_id, stage, version, revision, document, writers, source_hash,
    created_at, changed_at, changed_by, published_at)
SELECT id, incident, stage, version, revision, '{"id": "' || id || '", "title": "x"}', '[]', source,
    '2017-10-17 08:00:00', '2017-10-17 08:00:00', 'noa', published
FROM (SELECT '2017-002' AS id, '2017-002' AS incident, 'draft' AS stage, 1 AS version, 0 AS revision, NULL AS source,
        NULL AS published
    UNION SELECT 'old', NULL, 'published', 1, 1, 'abc', '2017-10-17 08:00:00'
    UNION SELECT 'read', NULL, 'published', 2, 2, 'def', '2017-10-17 08:00:00');
INSERT INTO postmortem_versions (postmortem_id, version, revision, stage, step, document, actor, at)
VALUES ('old', 1, 1, 'published', '', '{"id": "old", "title": "o"}', 'noa', '2017-10-17 08:00:00'),
    ('read', 1, 1, 'published', '', '{"id": "read", "title": "r"}', 'noa', '2017-10-17 08:00:00'),
    ('read', 2, 2, 'published', 'publish', '{"id": "read", "title": "r"}', 'noa', '2017-10-17 08:00:00')
"""


@pytest.mark.covers("P1", "P4")
def test_old_drafts_become_postmortems_and_what_was_brought_in_says_so(empty: Database, clock: ReplayClock) -> None:
    with empty.transaction() as connection:
        upgrade(connection, "0033")
        for statement in OLD_DRAFTS.split(";\n"):
            connection.exec_driver_sql(statement)
    migrate(empty)
    with empty.reading() as connection:
        record = find(connection, "2017-001")
        brought, published = find(connection, "old"), find(connection, "read")
    assert (record.stage, record.version, record.report.title) == (Stage.DRAFT, 2, "second")
    told = record.report.severity, record.report.systems, record.report.detected_by
    assert told == ("sev1", ("model:a",), "machine")
    assert (record.report.times.to_detect.longest_s, record.report.roles) == (90.0, {"commander": "ada"})
    assert record.report.sections == {"Draft as it was stored": "Second draft."}
    assert (brought.stage, brought.revision, brought.published_at) == (Stage.BROUGHT_IN, 0, None)
    assert (published.stage, published.revision) == (Stage.PUBLISHED, 2)
    with empty.reading() as connection:
        first = connection.execute(text("SELECT document FROM postmortem_versions WHERE postmortem_id = '2017-001'"))
        assert "First draft." in str(first.all())
        [comment] = connection.execute(text("SELECT postmortem_id, text FROM postmortem_comments"))
    assert (comment[0], comment[1].partition("\n\n")[2]) == ("2017-002", "Older than its postmortem.")


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
