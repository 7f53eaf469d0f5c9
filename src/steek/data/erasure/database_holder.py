"""The database as a holder: JSON values of every table, the ledger's among them, which only can be searched."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import JSON, Column, Connection, Table, Text, cast, or_, select, update

from steek.data.erasure.ports import Finding
from steek.data.erasure.scrubbing import scrub
from steek.data.erasure.subjects import Trace, Wanted, wanted
from steek.ledger import Database, metadata

# The ledger cannot be changed; nothing personal may ever be written into it.
_UNCHANGEABLE = ("events",)
_OWN = ("erasures",)


class DatabaseValues:
    """A `Holder` of JSON values in every table of the database."""

    name = "database"

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, traces: Sequence[Trace]) -> list[Finding]:
        looked_for = wanted(traces)
        counts: dict[tuple[str, str], int] = {}
        with self._database.reading() as connection:
            for table, column, _, _, found in self._holding(connection, looked_for, _tables()):
                for digest in set(found):
                    where = f"database {table.name}.{column.name}"
                    counts[(where, digest)] = counts.get((where, digest), 0) + 1
        return [Finding(digest, where, count) for (where, digest), count in sorted(counts.items())]

    def erase(self, traces: Sequence[Trace], *, cause: str) -> int:  # noqa: ARG002 - the seam's
        changeable = [table for table in _tables() if table.name not in _UNCHANGEABLE]
        changed = 0
        with self._database.transaction() as connection:
            if connection.dialect.name == "sqlite":
                # What is overwritten or deleted is zeroed in the file too.
                connection.exec_driver_sql("PRAGMA secure_delete=ON")
            for table, column, key, value, _ in list(self._holding(connection, wanted(traces), changeable)):
                where = [part == key[part.name] for part in table.primary_key.columns]
                connection.execute(update(table).where(*where).values({column.name: value}))
                changed += 1
        return changed

    def clear(self, traces: Sequence[Trace], *, cause: str) -> int:  # noqa: ARG002 - the seam's
        with self._database.engine.connect() as connection:
            if connection.dialect.name != "sqlite":
                return 0
            # Old pages lie in the write-ahead log until it begins anew.
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return 0

    def _holding(
        self, connection: Connection, looked_for: Wanted, tables: Sequence[Table]
    ) -> Iterator[tuple[Table, Column[Any], dict[str, Any], Any, list[str]]]:
        """Values that name somebody: table, column, primary key, the value without them, and who."""
        for table in tables:
            keys = list(table.primary_key.columns)
            for column in table.columns:
                if not isinstance(column.type, JSON):
                    continue
                mentions = [cast(column, Text).like(f'%"{name}"%') for name in looked_for]
                query = select(*keys, column.label("_value")).where(or_(*mentions))
                for row in connection.execute(query).mappings():
                    value, found = scrub(row["_value"], looked_for)
                    if found:
                        yield table, column, {part.name: row[part.name] for part in keys}, value, found


def _tables() -> list[Table]:
    return [table for table in metadata.sorted_tables if table.name not in _OWN]
