"""Taking rows out of a table for good: delete, a version to begin from, and the end of everything before it."""

from functools import partial

import polars as pl
from sqlalchemy import Connection

from steek.data.erasure.table_files import TableFiles
from steek.data.lake.horizons import add_horizon
from steek.data.lake.lake import Lake
from steek.kernel.clock import Clock


class Rewriting:
    """What erasure and retention do to tables. Every step may be repeated, also after a process died inside of it.

    Args:
        files: The tables as files.
        lake: The tables as versions.
        clock: Processing time of horizons.
    """

    def __init__(self, files: TableFiles, lake: Lake, clock: Clock) -> None:
        self.files = files
        self._lake = lake
        self._clock = clock

    def take_out(self, name: str, predicate: str | None, *, cause: str) -> int:
        """Delete the rows that an SQL condition selects, and end all versions before; the number of rows.

        Only files that hold such rows are rewritten. The version that follows is one that nobody else wrote, so it
        can be recorded; whatever is committed from then on has not seen the rows.

        Args:
            name: Table.
            predicate: None where only old versions hold what must go.
            cause: What for, in words; part of the key.
        """
        rows = 0 if predicate is None else self.files.delete(name, predicate, cause=cause).rows
        key = f"{cause}:{self._lake.latest_version(name)}"
        empty = pl.DataFrame(schema=self.files.schema(name))
        self._lake.append(name, empty, key=key, connection_work=partial(self._end_versions, name=name, cause=cause))
        return rows

    def end(self, name: str) -> int:
        """Destroy the files and log entries of ended versions; the number of files."""
        return self.files.end_history(name)

    def _end_versions(self, connection: Connection, version: int, *, name: str, cause: str) -> None:
        add_horizon(connection, name, version, cause=cause, at=self._clock.now())
