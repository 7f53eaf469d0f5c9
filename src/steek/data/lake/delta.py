"""Delta Lake as this room uses it: one commit per key, types that survive, errors that say what to do."""

import json
import os
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import polars as pl
from deltalake import CommitProperties, DeltaTable, Transaction, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from steek.data.lake.chunks import Chunks
from steek.kernel.errors import BusyError, InputError, ResourceError, StorageFullError

_ATTEMPTS = 200
# The writer keeps a row group of every open file in memory.
_WRITING = WriterProperties(compression="SNAPPY", max_row_group_size=32_768)
_CONFIGURATION: dict[str, str | None] = {
    # Opening a table reads the log since its last checkpoint; 20 keeps that flat over thousands of commits.
    "delta.checkpointInterval": "20",
    # Every version stays readable; the default forgets the log after 30 days.
    "delta.logRetentionDuration": "interval 36500 days",
}
# No space left, file too large, quota exceeded: as operating systems number them.
_FULL = ("os error 28", "os error 27", "os error 122", "No space left")
Alone = Callable[[], AbstractContextManager[object]]


@dataclass(frozen=True, slots=True)
class Write:
    """One change of a table: rows to add, and what they replace.

    `overwrite` without `predicate` replaces the whole table, with it the rows that the SQL condition selects.
    """

    chunks: Chunks
    key: str
    overwrite: bool = False
    predicate: str | None = None


def commit_once(uri: str, options: dict[str, str], write: Write, *, alone: Alone) -> int:
    """Commit `write` unless a commit with its key exists; the table version that holds it, from 1.

    Exactly once per key, also against a racing writer and after a crash: the key is a Delta application
    transaction whose number is the table version, read and written through one and the same table object, and a
    commit is never moved behind another one. Whoever loses a race starts again from reading.

    Args:
        uri: The table.
        options: Object storage options.
        write: The change.
        alone: Gives a context in which no other writer is; a new table is made inside it, because two writers that
            make the same table at once both succeed.

    Raises:
        InputError: a column has another type than in the table.
        BusyError: other writers won every race.
        StorageFullError, ResourceError: the storage did not take the write; nothing of it is visible.
    """
    with storage_errors(uri):
        for _ in range(_ATTEMPTS):
            table = open_table(uri, options)
            if table is None:
                with alone():
                    _create(uri, options, write.chunks.schema)
                continue
            done = table.transaction_version(write.key)
            if done is not None:
                flush(uri, done)
                return done
            _same_types(table, write)
            version = table.version() + 1
            try:
                _write(table, write, version)
            except CommitFailedError:
                continue
            flush(uri, version)
            return version
    message = f"{_ATTEMPTS} commits to {uri} lost the race against other writers"
    raise BusyError(message, next_step="Try again; nothing was written.")


def open_table(uri: str, options: dict[str, str], version: int | None = None) -> DeltaTable | None:
    """The table at a version (None: the latest), or None when there is no table."""
    try:
        return DeltaTable(uri, version=version, storage_options=options or None)
    except TableNotFoundError:
        return None


def find_commit(uri: str, options: dict[str, str], key: str) -> int | None:
    """The table version that a commit with `key` made, None where there is none."""
    with storage_errors(uri):
        table = open_table(uri, options)
        return None if table is None else table.transaction_version(key)


def stored_types(uri: str, options: dict[str, str]) -> pl.Schema | None:
    """Columns and types of the newest version, None where there is no table."""
    with storage_errors(uri):
        table = open_table(uri, options)
        return None if table is None else pl.scan_delta(table).collect_schema()


def check_types(stored: pl.Schema, given: pl.Schema, uri: str) -> None:
    """Refuse columns whose type differs from that in the table; new columns pass.

    Raises:
        InputError: names the first such column.
    """
    # Delta would cast: text of digits would slip into a column of numbers.
    for name, dtype in given.items():
        if name in stored and stored[name] != dtype:
            message = f"column {name!r} has the type {dtype}; the table at {uri} has {stored[name]}"
            raise InputError(message, next_step="Keep the type, or give the column a new name.")


def flush(uri: str, version: int) -> None:
    """Make one commit survive a loss of power, as its receipt does; object storage does so by itself.

    The library that writes the files leaves them in the operating system's cache.
    """
    if "://" in uri:
        return
    log = Path(uri) / "_delta_log" / f"{version:020}.json"
    actions = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    files = [Path(uri) / unquote(action["add"]["path"]) for action in actions if "add" in action]
    # A commit that is found again by its key may be so old that an erasure has rewritten its files since.
    files = [file for file in files if file.exists()]
    for path in dict.fromkeys([*files, log, *(file.parent for file in files), log.parent]):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def storage_errors(uri: str) -> Generator[None]:
    """Turn failures of the storage below Delta into the errors of steek."""
    try:
        yield
    except (DeltaError, OSError) as cause:
        reason = str(cause)
        if any(mark in reason for mark in _FULL):
            message = f"no space left for {uri}: {reason}"
            raise StorageFullError(message, next_step="Free space and send it again; nothing was written.") from cause
        message = f"the lake storage failed at {uri}: {reason}"
        raise ResourceError(message, next_step="Nothing was written; check the storage and try again.") from cause


def _same_types(table: DeltaTable, write: Write) -> None:
    if not write.overwrite or write.predicate is not None:
        check_types(pl.scan_delta(table).collect_schema(), write.chunks.schema, table.table_uri)


def _create(uri: str, options: dict[str, str], schema: pl.Schema) -> None:
    # The empty table is version 0, so that the first data go the same guarded way as all later data.
    empty = schema.to_frame(eager=True)
    write_deltalake(uri, empty, mode="ignore", configuration=_CONFIGURATION, storage_options=options or None)


def _write(table: DeltaTable, write: Write, version: int) -> None:
    commit = CommitProperties(
        max_commit_retries=0,
        custom_metadata={"steek_key": write.key},
        app_transactions=[Transaction(write.key, version)],
    )
    rows = write.chunks.reader()
    if not write.overwrite:
        # Columns of a newer contract are added.
        write_deltalake(
            table, rows, mode="append", schema_mode="merge", writer_properties=_WRITING, commit_properties=commit
        )
    elif write.predicate is not None:
        write_deltalake(
            table,
            rows,
            mode="overwrite",
            predicate=write.predicate,
            schema_mode="merge",
            writer_properties=_WRITING,
            commit_properties=commit,
        )
    else:
        # A whole new table may drop or retype columns too.
        write_deltalake(
            table,
            rows,
            mode="overwrite",
            schema_mode="overwrite",
            writer_properties=_WRITING,
            commit_properties=commit,
        )
