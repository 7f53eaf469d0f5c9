"""The lake: versioned tables whose history is told in this system's own processing time."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
from sqlalchemy import Connection, RowMapping, func, insert, select

from steek.data.lake.added import added_rows
from steek.data.lake.chunks import Chunks
from steek.data.lake.delta import Write, commit_once, open_table, storage_errors
from steek.data.lake.horizons import check_readable, readable_version
from steek.data.lake.types import storable
from steek.data.tables import table_versions
from steek.governance import Access, Actor, is_technical
from steek.kernel.clock import Clock
from steek.kernel.errors import InputError, NotFoundError, RefusedError
from steek.kernel.folders import table_folder
from steek.kernel.windows import Window
from steek.ledger import Database, Ledger

RECEIPT_COLUMN = "_receipt_id"
_NAME = re.compile(r"[A-Za-z0-9_]+([./-][A-Za-z0-9_]+)*")
_KEY_LENGTH = 300
ConnectionWork = Callable[[Connection, int], None]


@dataclass(frozen=True, slots=True)
class TableVersion:
    """One version of a table. `at` is processing time and never goes back from one version to the next."""

    name: str
    version: int
    at: datetime
    rows: int
    operation: str
    key: str


class Lake:
    """Delta tables below one location, each change exactly once per key.

    A change is first committed to Delta, then recorded in the database together with the caller's own rows and
    events. Readers see recorded versions only. A process killed between the two leaves a commit that nobody
    refers to; calling again with the same key finds it and records it.

    Safe to share between threads and between processes on one database.

    Args:
        location: Folder or object storage URI.
        options: Object storage options as `deltalake` names them; empty for a folder.
        database: Where versions are recorded.
        ledger: Kept for the rooms that write events about tables.
        clock: Processing time of new versions.
        access: The gate that every read passes. None reads without one, as in a lake that has no project.
        actor: Who reads through this handle; nobody can with a gate and without an actor.
    """

    def __init__(
        self,
        location: str | Path,
        options: dict[str, str],
        database: Database,
        ledger: Ledger,
        clock: Clock,
        access: Access | None = None,
        actor: Actor | None = None,
    ) -> None:
        text = str(location)
        self._location = text.rstrip("/") if "://" in text else table_folder(text)
        self._options = options
        self._database = database
        self._clock = clock
        self._access = access
        self._actor = actor
        self.ledger = ledger

    def scan(
        self,
        name: str,
        *,
        version: int | None = None,
        as_of: datetime | None = None,
        technical: bool = False,
        added: bool = False,
    ) -> pl.LazyFrame:
        """A lazy frame of one whole version; filters are pushed down to files and row groups.

        Rows have no promised order. Rows of a later column are null where they were written before it existed.

        Args:
            name: Table.
            version: A recorded version; by default the latest.
            as_of: The latest version that was recorded at or before this processing time.
            technical: Also give the columns that steek keeps beside the rows: their receipts, raw values and so on.
            added: Only the rows of the files that this version added; see `added_rows`.

        Raises:
            NotFoundError: no such table or version, none yet at `as_of`, or one that an erasure or retention ended.
            InputError: both `version` and `as_of`.
            RefusedError: nothing of it is open to who opened this lake, or nobody did.
        """
        if version is not None and as_of is not None:
            message = f"scan of {name!r} asks for version {version} and for a moment at once"
            raise InputError(message, next_step="Give one of them.")
        if version is None:
            version = self.latest_version(name) if as_of is None else self.version_at(name, as_of)
            if version is None:
                raise self._nothing(name, as_of)
        elif not self._is_recorded(name, version):
            latest = self.latest_version(name)
            message = f"table {name!r} has no version {version}; its latest is {latest}"
            raise NotFoundError(message)
        check_readable(self._database, name, version)
        opened = self._opened(name, version, technical=technical, added=added)
        return self._seen(name, version, opened, technical=technical)

    def columns(self, name: str) -> list[str]:
        """Names of the columns of the latest version, in order; [] when there is none. Names are open to everybody."""
        version = self.latest_version(name)
        known = [] if version is None else self._opened(name, version, technical=False).collect_schema().names()
        return [column for column in known if not is_technical(column)]

    def opened_by(self, actor: Actor) -> "Lake":
        """The same lake as `actor` may read it; every scan of it is decided and written down."""
        return Lake(self._location, self._options, self._database, self.ledger, self._clock, self._access, actor)

    def latest_version(self, name: str) -> int | None:
        """Number of the latest recorded version, None when there is none."""
        query = select(func.max(table_versions.c.version)).where(table_versions.c.name == name)
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one()

    def version_at(self, name: str, at: datetime) -> int | None:
        """The version that a reader at processing time `at` saw, None when there was none."""
        query = select(func.max(table_versions.c.version))
        query = query.where(table_versions.c.name == name, table_versions.c.at <= at)
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one()

    def readable_version(self, name: str, version: int) -> int:
        """The version itself, or the first one after the erasure or retention that ended it.

        For those who go back to a version that they once pinned, and can do without the rows that were taken out.
        """
        return readable_version(self._database, name, version)

    def first_version(self, name: str) -> int:
        """The oldest recorded version. Raises NotFoundError when there is none."""
        query = select(func.min(table_versions.c.version)).where(table_versions.c.name == name)
        with self._database.reading() as connection:
            first = connection.execute(query).scalar_one()
        if first is None:
            raise self._nothing(name, None)
        return first

    def versions(self, name: str, limit: int = 100) -> list[TableVersion]:
        """Recorded versions, newest first; empty for an unknown table."""
        query = select(table_versions).where(table_versions.c.name == name)
        query = query.order_by(table_versions.c.version.desc()).limit(limit)
        with self._database.reading() as connection:
            return [_to_version(row) for row in connection.execute(query).mappings()]

    def place(self, name: str) -> tuple[str, dict[str, str]]:
        """Where a table lies, and the storage options to open it there; for rooms that keep tables, not for reading."""
        return self._uri(name), self._options

    def append(
        self,
        name: str,
        frame: pl.DataFrame | Chunks,
        *,
        key: str,
        connection_work: ConnectionWork | None = None,
        at: datetime | None = None,
    ) -> int:
        """Add rows; the version that holds them. A frame without rows makes a version too.

        Args:
            name: Table; made when it does not exist.
            frame: Rows, or chunks of them where they need not fit into memory at once. Columns unknown to the table
                are added to it, missing ones become null.
            key: The change's own name; the same key never changes the table again.
            connection_work: Called with connection and version in the transaction that records the version, so
                that rows and events of the caller stand or fall with it. Not called for a key already recorded.
            at: Processing time of the version; by default now. Never earlier than the version before.

        Raises:
            InputError: a type that the lake cannot hold, or that differs from the stored one.
            StorageFullError, BusyError, ResourceError: as for `commit_once`; nothing is visible.
        """
        write = Write(_chunks(frame), key)
        return self._change(name, write, "append", connection_work, at)

    def replace(
        self,
        name: str,
        frame: pl.DataFrame | Chunks,
        *,
        key: str,
        connection_work: ConnectionWork | None = None,
        at: datetime | None = None,
    ) -> int:
        """Make `frame` the whole content and schema of the table; otherwise as `append`."""
        write = Write(_chunks(frame), key, overwrite=True)
        return self._change(name, write, "replace", connection_work, at)

    def replace_window(
        self,
        name: str,
        frame: pl.DataFrame,
        *,
        column: str,
        window: Window,
        key: str,
        connection_work: ConnectionWork | None = None,
        at: datetime | None = None,
    ) -> int:
        """Put `frame` in the place of all rows with `column` in `window`; otherwise as `append`.

        Raises:
            InputError: `frame` has rows outside the window.
        """
        stored = storable(frame)
        outside = stored.filter(~pl.col(column).is_between(window.start_at, window.end_at, closed="left")).height
        if outside or stored[column].null_count():
            message = (
                f"{outside or 'some'} of {stored.height} rows for {name!r} are outside {_text(window)} by {column!r}"
            )
            raise InputError(message, next_step="Give rows of the window only.")
        predicate = f"{column} >= '{window.start_at.isoformat()}' AND {column} < '{window.end_at.isoformat()}'"
        write = Write(Chunks.of(stored), key, overwrite=True, predicate=predicate)
        return self._change(name, write, "replace_window", connection_work, at)

    def _change(self, name: str, write: Write, operation: str, work: ConnectionWork | None, at: datetime | None) -> int:
        check_key(write.key)
        with self._database.reading() as connection:
            known = _recorded(connection, name, write.key)
        if known is not None:
            return known
        version = commit_once(self._uri(name), self._options, write, alone=self._database.transaction)
        with self._database.transaction() as connection:
            known = _recorded(connection, name, write.key)
            if known is not None:
                return known
            row = {
                "name": name,
                "version": version,
                "key": write.key,
                "at": _not_before(connection, name, version, at or self._clock.now()),
                "rows": write.chunks.rows,
                "operation": operation,
            }
            connection.execute(insert(table_versions).values(row))
            if work is not None:
                work(connection, version)
        return version

    def _frame(self, name: str, version: int) -> pl.LazyFrame:
        uri = self._uri(name)
        with storage_errors(uri):
            table = open_table(uri, self._options, version)
            if table is None:
                message = f"table {name!r} is recorded at version {version}, but there is nothing at {uri}"
                raise NotFoundError(message, next_step="Check lake_uri, or restore the folder from a backup.")
            return pl.scan_delta(table, storage_options=self._options or None)

    def _opened(self, name: str, version: int, *, technical: bool, added: bool = False) -> pl.LazyFrame:
        """The table with its sealed columns among the others; as it is stored for who asks for what is technical."""
        frame = added_rows(self._uri(name), self._options, version) if added else self._frame(name, version)
        return frame if technical or self._access is None else self._access.unsealed(name, frame)

    def _seen(self, name: str, version: int, frame: pl.LazyFrame, *, technical: bool) -> pl.LazyFrame:
        stored = frame.collect_schema()
        schema = {column: dtype for column, dtype in stored.items() if technical or not is_technical(column)}
        if len(schema) < len(stored):
            frame = frame.select(list(schema))
        if self._access is None:
            return frame
        if self._actor is None:
            message = f"nobody opened the lake to read {name!r}"
            raise RefusedError(message, next_step="Say who reads: lake.opened_by(actor).scan(…).")
        return self._access.open(self._actor, name, version, frame, schema)

    def _is_recorded(self, name: str, version: int) -> bool:
        query = select(table_versions.c.key).where(table_versions.c.name == name, table_versions.c.version == version)
        with self._database.reading() as connection:
            return connection.execute(query).first() is not None

    def _uri(self, name: str) -> str:
        if not _NAME.fullmatch(name):
            message = f"{name!r} is not a table name; use letters, digits and underscores, joined by one of . / -"
            raise InputError(message)
        return f"{self._location}/{name}"

    def _nothing(self, name: str, as_of: datetime | None) -> NotFoundError:
        if as_of is not None and self.latest_version(name) is not None:
            message = f"table {name!r} had no version yet at {as_of.isoformat()}"
            return NotFoundError(message, next_step="Ask for a later moment, or for version=1.")
        with self._database.reading() as connection:
            known = connection.execute(select(table_versions.c.name).distinct()).scalars().all()
        return NotFoundError.among("table with data", name, known)


def _chunks(rows: pl.DataFrame | Chunks) -> Chunks:
    return rows.storable() if isinstance(rows, Chunks) else Chunks.of(storable(rows))


def check_key(key: str) -> None:
    """Refuse a key that the database could not hold."""
    if not 0 < len(key) <= _KEY_LENGTH:
        message = f"a key has 1 to {_KEY_LENGTH} characters, this one {len(key)}"
        raise InputError(message, next_step="For example 'transactions 2017-10-16'.")


def previous_version(connection: Connection, name: str, version: int) -> int | None:
    """The recorded version before `version`, None for the first."""
    query = select(func.max(table_versions.c.version))
    query = query.where(table_versions.c.name == name, table_versions.c.version < version)
    return connection.execute(query).scalar_one()


def _recorded(connection: Connection, name: str, key: str) -> int | None:
    query = select(table_versions.c.version).where(table_versions.c.name == name, table_versions.c.key == key)
    return connection.execute(query).scalar_one_or_none()


def _not_before(connection: Connection, name: str, version: int, at: datetime) -> datetime:
    # A version holds all earlier ones, so it cannot have been known before them.
    query = select(table_versions.c.at).where(table_versions.c.name == name, table_versions.c.version < version)
    before = connection.execute(query.order_by(table_versions.c.version.desc()).limit(1)).scalar_one_or_none()
    return at if before is None else max(at, before)


def _to_version(row: RowMapping) -> TableVersion:
    return TableVersion(row["name"], row["version"], row["at"], row["rows"], row["operation"], row["key"])


def _text(window: Window) -> str:
    return f"[{window.start_at.isoformat()}, {window.end_at.isoformat()})"
