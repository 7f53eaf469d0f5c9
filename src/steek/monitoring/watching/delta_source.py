"""A Delta table as a source: the rows that each commit added."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError

from steek.kernel.errors import InputError, NotFoundError
from steek.monitoring.watching.declared import DeltaSource
from steek.monitoring.watching.spans import Span

# These write old rows into new files, or none.
_REWRITES = ("OPTIMIZE", "VACUUM", "DELETE", "SET ", "ADD ", "DROP ", "ALTER", "FSCK")


def refuse_own(source: DeltaSource, lake_uri: str) -> None:
    """Refuse a table of this project: who may read it and why is asked at the lake's own door.

    Raises:
        InputError: the table is in the lake.
    """
    lake, table = _place(lake_uri), _place(source.uri)
    if f"{table}/".startswith(f"{lake}/"):
        message = f"{source.uri} is a table of this project's lake; a source is a table of somebody else"
        raise InputError(message, next_step="Name the dataset itself: WatchedModel(predictions=...).")


def plan_delta(source: DeltaSource, dataset: str, reached: Mapping[str, str], options: Mapping[str, str]) -> list[Span]:
    """The commits since the last one taken, as one stretch.

    Raises:
        NotFoundError: there is no table.
    """
    newest = _table(source, options).version()
    start = reached.get("", "")
    return [] if start == str(newest) else [Span(dataset, "", start, str(newest))]


def read_delta(
    source: DeltaSource, span: Span, columns: Sequence[str], options: Mapping[str, str]
) -> list[pl.LazyFrame]:
    """Rows that the commits of a stretch added: everything at its end when nothing was taken before.

    Updates and merges write old rows into new files beside the new ones; these come again, and are known by their id.

    Raises:
        InputError: the table no longer keeps the commits that were not taken yet.
    """
    table = _table(source, options)
    table.load_as_version(int(span.end))
    present = _files(table)
    if not span.start:
        return _frames(table, present, columns, options)
    before = _table(source, options)
    added: dict[str, Mapping[str, Any]] = {}
    operations = {int(entry["version"]): str(entry.get("operation", "")) for entry in table.history()}
    for version in range(int(span.start) + 1, int(span.end) + 1):
        if version not in operations:
            message = f"{source.uri} no longer has commit {version}; rows since {span.start} would be missed"
            raise InputError(message, next_step="Keep the log of the table longer than the pause between two runs.")
        if operations[version].upper().startswith(_REWRITES):
            continue
        added |= _added(before, version, source)
    return _frames(table, added, columns, options)


def _added(table: DeltaTable, version: int, source: DeltaSource) -> dict[str, Mapping[str, Any]]:
    try:
        table.load_as_version(version - 1)
        earlier = _files(table)
        table.load_as_version(version)
    except DeltaError as cause:
        message = f"commit {version} of {source.uri} cannot be read any more"
        raise InputError(
            message, next_step="Keep the log of the table longer than the pause between two runs."
        ) from cause
    return {path: values for path, values in _files(table).items() if path not in earlier}


def _place(uri: str) -> str:
    """An address that can be compared: object storage as it is, a folder without links and dots."""
    scheme, mark, rest = uri.partition("://")
    if mark and scheme != "file":
        return uri.rstrip("/")
    return str(Path(rest if mark else uri).resolve())


def _table(source: DeltaSource, options: Mapping[str, str]) -> DeltaTable:
    try:
        return DeltaTable(source.uri, storage_options=dict(options) or None)
    except TableNotFoundError as cause:
        message = f"there is no Delta table at {source.uri}"
        raise NotFoundError(message, next_step="Correct from_delta(...).") from cause


def _files(table: DeltaTable) -> dict[str, Mapping[str, Any]]:
    """Path of each file to its partition values."""
    actions = pl.DataFrame(table.get_add_actions(flatten=True))
    partitions = [name for name in actions.columns if name.startswith("partition.")]
    return {
        str(row["path"]): {name.removeprefix("partition."): row[name] for name in partitions}
        for row in actions.select("path", *partitions).iter_rows(named=True)
    }


def _frames(
    table: DeltaTable, files: Mapping[str, Mapping[str, Any]], columns: Sequence[str], options: Mapping[str, str]
) -> list[pl.LazyFrame]:
    root = table.table_uri.rstrip("/")
    frames: list[pl.LazyFrame] = []
    for path, values in sorted(files.items()):
        rows = pl.scan_parquet(f"{root}/{path}", glob=False, storage_options=dict(options) or None)
        rows = rows.with_columns(pl.lit(value).alias(name) for name, value in values.items())
        known = rows.collect_schema().names()
        frames.append(rows.select(name for name in columns if name in known))
    return frames
