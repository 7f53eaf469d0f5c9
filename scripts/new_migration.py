"""Write the next migration from the difference between the tables in the code and the newest migration.

    python scripts/new_migration.py "alerts know their owner"    writes versions/NNNN_alerts_know_their_owner.py
    python scripts/new_migration.py --first                      writes the first migrations anew, one for each room

The second form is for the time before the first release only: afterwards, databases exist that have run them.
"""

import argparse
import importlib
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Literal

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData, Table

from steek.ledger.database import Database, Instant, metadata
from steek.ledger.migrating import MIGRATIONS, VERSION_TABLE, migrate

SOURCE = MIGRATIONS.parent.parent
VERSIONS = MIGRATIONS / "versions"
# In the order of the house, so that a table stands before one that points at it.
ROOMS = (
    "ledger",
    "governance",
    "data",
    "features",
    "models",
    "training",
    "evaluation",
    "serving",
    "monitoring",
    "loop",
    "incidents",
)
HEAD = '''"""{title}"""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {down_revision}


def upgrade() -> None:
{calls}
'''


def main() -> int:
    """Write the files and tidy them with ruff."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("title", nargs="?", help="what changes, in a few words")
    choice.add_argument("--first", action="store_true", help="write the first migrations anew")
    arguments = parser.parse_args()
    rooms = tables_by_room()
    VERSIONS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        database = Database.open(f"sqlite:///{folder}/scratch.db")
        if arguments.first:
            written = write_first(database, rooms)
        else:
            migrate(database)
            written = write_next(database, arguments.title)
        database.close()
    if not written:
        print("the tables in the code are those of the newest migration; nothing written")
        return 0
    files = [str(path) for path in written]
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", *files], check=True)
    subprocess.run([sys.executable, "-m", "ruff", "check", "--fix", "--quiet", *files], check=True)
    print("\n".join(files))
    if arguments.first:
        print(
            "run 'python scripts/freeze_database.py 0001' too: the frozen database has to be of the same first version"
        )
    return 0


def tables_by_room() -> dict[str, list[str]]:
    """Import every module that declares tables; which room declared which."""
    rooms: dict[str, list[str]] = {}
    for room in ROOMS:
        declared = [table for path in declaring_modules(SOURCE / room) for table in _tables_of(path)]
        rooms[room] = [table.name for table in metadata.sorted_tables if table in declared]
    unknown = {path for path in declaring_modules(SOURCE) if path.relative_to(SOURCE).parts[0] not in ROOMS}
    if unknown:
        raise SystemExit(f"tables outside of the rooms that ROOMS names: {', '.join(map(str, sorted(unknown)))}")
    return rooms


def declaring_modules(folder: Path) -> list[Path]:
    """Modules below a folder that make a table of the one metadata."""
    return [path for path in sorted(folder.rglob("*.py")) if "Table(\n" in path.read_text(encoding="utf-8")]


def _tables_of(path: Path) -> list[Table]:
    name = ".".join(("steek", *path.relative_to(SOURCE).with_suffix("").parts))
    return [value for value in vars(importlib.import_module(name)).values() if isinstance(value, Table)]


def write_first(database: Database, rooms: dict[str, list[str]]) -> list[Path]:
    """One migration for each room that has tables."""
    for path in VERSIONS.glob("*.py"):
        path.unlink()
    written: list[Path] = []
    for room, names in rooms.items():
        chosen = MetaData()
        for name in names:
            metadata.tables[name].to_metadata(chosen)
        with database.reading() as connection:
            written.append(_write(connection, chosen, room, f"The first tables of {room}."))
    return written


def write_next(database: Database, title: str) -> list[Path]:
    """One migration with everything that differs, or nothing."""
    with database.reading() as connection:
        if not produce_migrations(_context(connection), metadata).upgrade_ops_list[0].ops:
            return []
        return [_write(connection, metadata, title, f"{title[:1].upper()}{title[1:]}.")]


def _write(connection: Connection, wanted: MetaData, name: str, title: str) -> Path:
    context = _context(connection)
    groups = _by_table(produce_migrations(context, wanted).upgrade_ops_list[0].ops)
    number = len(list(VERSIONS.glob("*.py"))) + 1
    head = HEAD.format(
        title=title,
        revision=f"{number:04}",
        down_revision=None if number == 1 else f'"{number - 1:04}"',
        calls="\n".join(f"    _{table}()" for table in groups),
    )
    functions = [f"\n\ndef _{table}() -> None:\n{_body(context, steps)}\n" for table, steps in groups.items()]
    path = VERSIONS / f"{number:04}_{'_'.join(name.lower().split())}.py"
    path.write_text(head + "".join(functions), encoding="utf-8")
    return path


def _by_table(steps: list[ops.MigrateOperation]) -> dict[str, list[ops.MigrateOperation]]:
    groups: dict[str, list[ops.MigrateOperation]] = {}
    for step in steps:
        groups.setdefault(str(getattr(step, "table_name", "other")), []).append(step)
    return groups


def _body(context: MigrationContext, steps: list[ops.MigrateOperation]) -> str:
    code = render_python_code(ops.UpgradeOps(ops=steps), render_item=_render, migration_context=context)
    lines = [line for line in code.splitlines() if line.strip() and not line.strip().startswith("#")]
    return "\n".join(line if line.startswith("    ") else f"    {line}" for line in lines)


def _render(kind: str, item: Any, _context: object) -> str | Literal[False]:
    # A migration must not change when the code does, so it names no type of steek.
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Instant) else False


def _context(connection: Connection) -> MigrationContext:
    def ours(name: str | None, kind: str, _parents: object) -> bool:
        return kind != "table" or name != VERSION_TABLE

    options = {"version_table": VERSION_TABLE, "compare_type": True, "include_name": ours}
    return MigrationContext.configure(connection, opts=options)


if __name__ == "__main__":
    sys.exit(main())
