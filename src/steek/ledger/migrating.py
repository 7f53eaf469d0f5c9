"""Brings a database to the newest schema: Alembic where there is work, one query where there is none."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, column, inspect, select, table

from steek.kernel.errors import ConflictError
from steek.ledger.database import Database

MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_TABLE = "steek_version"
_version = table(VERSION_TABLE, column("version_num"))


def newest_version() -> str:
    """The version this code expects, from the names of the migration files."""
    return max(path.name.partition("_")[0] for path in MIGRATIONS.glob("versions/[0-9]*_*.py"))


def database_version(connection: Connection) -> str | None:
    """The version the database has; None before its first migration."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(select(_version.c.version_num)).scalar_one_or_none()


def migrate(database: Database) -> None:
    """Bring the database to the newest version; nothing is written when it is there already.

    All migrations that are missing run in one transaction under the writer lock: of two processes that start at
    once, one migrates and the other waits and finds nothing to do; a migration that fails leaves nothing behind.

    Raises:
        ConflictError: a newer steek has migrated this database.
    """
    newest = newest_version()
    with database.reading() as connection:
        version = database_version(connection)
    if version == newest:
        return
    if version is not None and version > newest:
        message = f"the database has version {version}, made by a newer steek; this one knows versions up to {newest}"
        raise ConflictError(message, next_step="Upgrade steek, or open a database made by this one.")
    with database.transaction() as connection:
        upgrade(connection, newest)


def upgrade(connection: Connection, version: str) -> None:
    """Run the missing migrations up to `version` inside the caller's transaction."""
    # Alembic takes a third of a second to import, and most starts have nothing to migrate.
    migration, operations = import_module("alembic.runtime.migration"), import_module("alembic.operations")
    options = {"version_table": VERSION_TABLE, "transactional_ddl": True, "fn": _steps_to(version, migration)}
    context = migration.MigrationContext.configure(connection, opts=options)
    with operations.Operations.context(context):
        context.run_migrations()


def _steps_to(version: str, migration: Any) -> Callable[[tuple[str, ...], object], list[Any]]:
    config = import_module("alembic.config").Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    script = import_module("alembic.script").ScriptDirectory.from_config(config)

    def steps(present: tuple[str, ...], _context: object) -> list[Any]:
        missing = list(script.iterate_revisions(version, present or "base"))
        return [migration.MigrationStep.upgrade_from_script(script.revision_map, each) for each in reversed(missing)]

    return steps
