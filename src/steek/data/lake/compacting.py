"""Rewriting the files of a table without changing what it holds: fewer of them, or ordered by a column."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import polars as pl
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError

from steek.data.lake.chunks import Chunks
from steek.data.lake.delta import flush, open_table, storage_errors
from steek.kernel.errors import BusyError, InputError, NotFoundError

TARGET_BYTES = 100 * 1024 * 1024
_ATTEMPTS = 50
# Commits in which the one of a process that died before it could record it is looked for.
_HISTORY = 1000
_LEAST_SAMPLE = 20_000
_ONE_IN = 64


@dataclass(frozen=True, slots=True)
class Files:
    """What a version is made of. `rows` is None where a file does not tell its own."""

    count: int
    size_bytes: int
    rows: int | None


@dataclass(frozen=True, slots=True)
class Rewriting:
    """`version` holds the rewritten files; None when there was nothing to win."""

    version: int | None
    before: Files
    after: Files


def files_of(table: DeltaTable) -> Files:
    """Number, size and rows of the files of a table as it was opened."""
    adds = pl.DataFrame(table.get_add_actions(flatten=True))
    if adds.height == 0:
        return Files(0, 0, 0)
    counts = adds["num_records"] if "num_records" in adds.columns else None
    rows = None if counts is None or counts.null_count() else int(counts.sum())
    return Files(adds.height, int(adds["size_bytes"].sum()), rows)


def compact_once(
    uri: str, options: dict[str, str], *, key: str, cluster_by: str | None, target_bytes: int = TARGET_BYTES
) -> Rewriting:
    """Rewrite the files of a table in one commit, unless a commit with this key exists.

    Without `cluster_by`, small files are joined, and the commit says of itself that no data changed. With it, all rows
    are rewritten in the order of that column, so that the rows of one subject lie in one file or two and the files
    tell by their bounds which; this holds one part of the table in memory at a time.

    Safe beside other writers: what they change meanwhile makes it start again; rows that they only add to the table
    stay beside the joined files. A process that is killed leaves files that no version names.

    Raises:
        NotFoundError: no table.
        InputError: no such column.
        BusyError: other writers won every race.
        StorageFullError, ResourceError: the storage did not take it; nothing is visible.
    """
    with storage_errors(uri):
        for _ in range(_ATTEMPTS):
            table = open_table(uri, options)
            if table is None:
                message = f"there is no table at {uri}"
                raise NotFoundError(message)
            done = _committed(uri, options, table, key)
            if done is not None:
                return _found(uri, options, done)
            before = files_of(table)
            try:
                changed = _rewrite(table, key, cluster_by, target_bytes)
            except CommitFailedError:
                continue
            if not changed:
                return Rewriting(None, before, before)
            return _found(uri, options, _number(uri, options, key))
    message = f"{_ATTEMPTS} rewritings of {uri} lost the race against other writers"
    raise BusyError(message, next_step="Try again when fewer write; nothing was changed.")


def _rewrite(table: DeltaTable, key: str, cluster_by: str | None, target_bytes: int) -> bool:
    return _join(table, key, target_bytes) if cluster_by is None else _cluster(table, key, cluster_by, target_bytes)


def _join(table: DeltaTable, key: str, target_bytes: int) -> bool:
    commit = CommitProperties(max_commit_retries=0, custom_metadata={"steek_key": key})
    told = table.optimize.compact(target_size=target_bytes, commit_properties=commit)
    return bool(told["numFilesAdded"])


def _cluster(table: DeltaTable, key: str, column: str, target_bytes: int) -> bool:
    frame = pl.scan_delta(table)
    schema = frame.collect_schema()
    if column not in schema:
        message = f"the table at {table.table_uri} has no column {column!r}"
        raise InputError(message, next_step=f"Columns: {', '.join(schema)}.")
    files = files_of(table)
    if not files.count:
        return False
    bounds = _bounds(frame, column, math.ceil(files.size_bytes / target_bytes))
    chunks = Chunks(schema, files.rows or 0, lambda: _parts(frame, column, bounds))
    commit = CommitProperties(
        max_commit_retries=0,
        custom_metadata={"steek_key": key},
        app_transactions=[Transaction(key, table.version() + 1)],
    )
    write_deltalake(table, chunks.reader(), mode="overwrite", target_file_size=target_bytes, commit_properties=commit)
    return True


def _bounds(frame: pl.LazyFrame, column: str, parts: int) -> list[object]:
    """Values that cut the table into parts of about the same number of rows."""
    if parts < 2:
        return []
    # All rows of some of the subjects stand for the rows of all.
    values = frame.select(column).filter(pl.col(column).hash(7) % _ONE_IN == 0).collect(engine="streaming")[column]
    if len(values) < _LEAST_SAMPLE:
        values = frame.select(column).collect(engine="streaming")[column]
    ordered = values.drop_nulls().sort()
    cuts = [ordered[len(ordered) * part // parts] for part in range(1, parts)] if len(ordered) else []
    return list(dict.fromkeys(cuts))


def _parts(frame: pl.LazyFrame, column: str, bounds: list[object]) -> Iterator[pl.DataFrame]:
    name = pl.col(column)
    edges = [None, *bounds, None]
    for lower, upper in pairwise(edges):
        inside = pl.lit(value=True) if lower is None else name >= pl.lit(lower)
        if upper is not None:
            inside &= name < pl.lit(upper)
        # Rows that name nobody come first.
        wanted = inside.fill_null(value=lower is None)
        yield frame.filter(wanted).sort(column, maintain_order=False).collect()


def _committed(uri: str, options: dict[str, str], table: DeltaTable, key: str) -> int | None:
    """The version that a commit with this key made."""
    version = table.transaction_version(key)
    if version is not None:
        return version
    for commit in table.history(_HISTORY):
        if commit.get("steek_key") == key:
            # Joining files may be moved behind what others add meanwhile, and the library counts versions back from
            # one that may have moved too: the entries of the log themselves are asked.
            number = int(commit["readVersion"]) + 1
            while _key_of(uri, options, number) != key:
                number += 1
            return number
    return None


def _key_of(uri: str, options: dict[str, str], version: int) -> str | None:
    entry = f"{uri}/_delta_log/{version:020}.json"
    schema = {"commitInfo": pl.Struct({"steek_key": pl.String})}
    lines = pl.scan_ndjson(entry, schema=schema, storage_options=options or None).collect()
    keys: list[str] = lines["commitInfo"].struct.field("steek_key").drop_nulls().to_list()
    return keys[0] if keys else None


def _number(uri: str, options: dict[str, str], key: str) -> int:
    table = open_table(uri, options)
    number = None if table is None else _committed(uri, options, table, key)
    assert number is not None, "it was committed just now"
    return number


def _found(uri: str, options: dict[str, str], version: int) -> Rewriting:
    flush(uri, version)
    earlier, later = open_table(uri, options, version - 1), open_table(uri, options, version)
    assert earlier is not None and later is not None, "a commit has a version before and after it"  # noqa: PT018
    return Rewriting(version, files_of(earlier), files_of(later))
