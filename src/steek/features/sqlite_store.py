"""The embedded online store: one SQLite file in WAL mode."""

import sqlite3
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from threading import Lock

from steek.kernel.errors import ResourceError, StorageFullError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS views_v1 (view TEXT PRIMARY KEY, as_of TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS blobs_v1 (
    view TEXT NOT NULL, key TEXT NOT NULL, blob BLOB NOT NULL, PRIMARY KEY (view, key)
);
"""


class SqliteOnlineStore:
    """An `OnlineStore` in one file. Reads share one connection behind a lock; each put opens its own.

    Args:
        path: The file; it and its folder are made when missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = Lock()
        with _explained():
            self._reader = self._connect()
            self._reader.executescript(_SCHEMA)

    def put(self, view: str, as_of: datetime, items: Iterable[tuple[str, bytes]]) -> None:
        # A second connection lets reads in this process go on, and makes `data_version` notice the change.
        with _explained(), closing(self._connect()) as writer:
            writer.execute("BEGIN IMMEDIATE")
            try:
                writer.execute("DELETE FROM blobs_v1 WHERE view = ?", (view,))
                rows = ((view, key, blob) for key, blob in items)
                writer.executemany("INSERT OR REPLACE INTO blobs_v1 VALUES (?, ?, ?)", rows)
                writer.execute("INSERT OR REPLACE INTO views_v1 VALUES (?, ?)", (view, as_of.isoformat()))
                writer.execute("COMMIT")
                # What was replaced must not lie on in the log; where somebody reads just now, the next put does it.
                writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            except BaseException:
                if writer.in_transaction:  # SQLite has already rolled back when the disk is full.
                    writer.execute("ROLLBACK")
                raise

    def get(self, view: str, keys: Sequence[str]) -> list[bytes | None]:
        query = "SELECT blob FROM blobs_v1 WHERE view = ? AND key = ?"
        with _explained(), self._lock:
            if len(keys) == 1:
                row = self._reader.execute(query, (view, keys[0])).fetchone()
                return [None if row is None else row[0]]
            # One read transaction, so that all keys come from the same content.
            self._reader.execute("BEGIN")
            try:
                rows = [self._reader.execute(query, (view, key)).fetchone() for key in keys]
            finally:
                self._reader.execute("COMMIT")
        return [None if row is None else row[0] for row in rows]

    def keys(self, view: str) -> list[str]:
        with _explained(), self._lock:
            return [row[0] for row in self._reader.execute("SELECT key FROM blobs_v1 WHERE view = ?", (view,))]

    def as_of(self, view: str) -> datetime | None:
        with _explained(), self._lock:
            row = self._reader.execute("SELECT as_of FROM views_v1 WHERE view = ?", (view,)).fetchone()
        return None if row is None else datetime.fromisoformat(row[0])

    def epoch(self) -> int:
        with self._lock:
            return self._reader.execute("PRAGMA data_version").fetchone()[0]

    def close(self) -> None:
        self._reader.close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=60, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        # The ledger says what was published, so a published view must outlive a power cut.
        connection.execute("PRAGMA synchronous=FULL")
        # Who was erased must be gone from the file, and not merely from its index.
        connection.execute("PRAGMA secure_delete=ON").fetchall()
        return connection


@contextmanager
def _explained() -> Generator[None]:
    try:
        yield
    except sqlite3.OperationalError as cause:
        if "full" in str(cause):
            message = f"the online store cannot grow: {cause}"
            raise StorageFullError(message, next_step="Free space on its disk and publish again.") from cause
        message = f"the online store did not answer: {cause}"
        raise ResourceError(message, next_step="Check that its file is readable and its disk is sound.") from cause
