"""The one database of a project: SQLite by default, PostgreSQL by configuration, through SQLAlchemy Core."""

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, DateTime, Dialect, Engine, MetaData, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError
from sqlalchemy.types import TypeDecorator

from steek.kernel.errors import ResourceError, StorageFullError

metadata = MetaData()

# Any constant does; all writers of one PostgreSQL database must take the same one.
_WRITER_LOCK = 0x57EE
# SQLite's shared memory file alone is 32 KiB.
_LEAST_FREE_BYTES = 64 * 1024


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant; SQLite forgets the offset, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """A pool of connections; safe to share between threads, one per process.

    Writers are serialised: `transaction` takes the write lock when it begins, which the hash chain of the
    ledger needs and which turns lock errors in mid-transaction into waiting at its start.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, url: str) -> "Database":
        """Open the database at a SQLAlchemy URL; the folder of a SQLite file is made."""
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return cls(_open_sqlite(parsed))
        return cls(create_engine(_with_psycopg(parsed), pool_pre_ping=True))

    @contextmanager
    def transaction(self) -> Generator[Connection]:
        """A write transaction: commits at the end of the block, rolls back when it raises."""
        try:
            with self.engine.connect() as connection, connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITER_LOCK})
                elif connection.dialect.name == "sqlite":
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
        except OperationalError as cause:
            raise self._explain(cause) from cause

    @contextmanager
    def reading(self) -> Generator[Connection]:
        """A connection for queries.

        Raises:
            StorageFullError, ResourceError: SQLite writes beside its file to read, and cannot; or it cannot be reached.
        """
        try:
            with self.engine.connect() as connection:
                yield connection
        except OperationalError as cause:
            raise self._explain(cause) from cause

    def close(self) -> None:
        self.engine.dispose()

    def _explain(self, cause: OperationalError) -> ResourceError:
        reason = str(cause.orig)
        if "full" in reason or "No space" in reason or self._is_out_of_space():
            message = f"the database cannot grow: {reason}"
            return StorageFullError(message, next_step="Free space on its disk and try again; nothing was written.")
        message = f"the database does not answer: {reason}"
        return ResourceError(
            message, next_step="Nothing was written; try again, and check the database if it stays so."
        )

    def _is_out_of_space(self) -> bool:
        # Where SQLite cannot make the files beside its own, it only says "disk I/O error".
        file = self.engine.url.database
        if self.engine.dialect.name != "sqlite" or not file or file == ":memory:":
            return False
        try:
            return shutil.disk_usage(Path(file).parent).free < _LEAST_FREE_BYTES
        except OSError:
            return False  # the disk itself is gone, or the database is named by a URI


def _open_sqlite(url: URL) -> Engine:
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": 60, "isolation_level": None})

    def configure(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        # WAL lets readers go on while one writes; FULL keeps a committed transaction through a power cut.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=60000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    event.listen(engine, "connect", configure)
    return engine


def _with_psycopg(url: URL) -> URL:
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url
