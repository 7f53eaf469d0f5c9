"""Computing profiles: one pass over the rows, many windows, slices and columns at once."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import polars as pl

from steek.kernel.errors import InputError
from steek.kernel.windows import Window
from steek.monitoring.profiles.columns import profiled_columns
from steek.monitoring.profiles.edges import Edges
from steek.monitoring.profiles.sliced import Groups, profile_slices
from steek.monitoring.profiles.spec import OTHER, By, ColumnKind, ProfileSpec, columns_of
from steek.monitoring.profiles.table import SCHEMA, WHOLE, ProfileTable
from steek.monitoring.profiles.whole import profile_column

_START = "_window_start"
_SLICE = "_slice"
_INSTANT = SCHEMA["window_start"]
# Slices that are counted by themselves, by way of slicing; what is not named is not limited.
Kept = Mapping[By, frozenset[str]]
_ALL: Kept = {}
MOST_LABEL_CHARACTERS = 300


def profile_frame(
    frame: pl.DataFrame, spec: ProfileSpec, edges: Edges, window: Window | None = None, kept: Kept = _ALL
) -> ProfileTable:
    """Profiles of all windows and slices that have rows in a frame.

    Args:
        frame: Rows; of any number of windows.
        spec: What is profiled.
        edges: By column; a column without edges has no cells.
        window: Where all rows belong; None puts each where its event time says, and leaves out those without one.
        kept: Slices that are counted by themselves, for ways of slicing that have too many.

    Raises:
        InputError: neither a window nor an event time.
    """
    rows, kinds = _placed(frame, spec, window), profiled_columns(frame, spec)
    if not rows.height:
        return ProfileTable.empty()
    parts: list[pl.DataFrame] = []
    for start, piece in _pieces(rows, _START):
        whole = [{"column": name, **profile_column(piece[name], kind, edges.get(name))} for name, kind in kinds.items()]
        parts.append(_keyed(pl.DataFrame(whole, schema=_schema_of(whole)), pl.lit(start), spec, pl.lit(WHOLE)))
    for by in spec.by:
        if all(name in frame.columns for name in columns_of(by)):
            parts += _sliced(rows, kinds, edges, spec, by, kept.get(by))
    return ProfileTable(pl.concat(parts))


def slice_label(by: By) -> pl.Expr:
    """The name of the slice of each row: "store_id=367", or "store_id=367, hour=4"; very long ones are cut off."""
    named = [
        pl.concat_str(pl.lit(f"{name}="), pl.col(name).cast(pl.String).fill_null("None")) for name in columns_of(by)
    ]
    label = pl.concat_str(named, separator=", ")
    # A database keeps no longer name, and PostgreSQL no NUL in a text.
    odd = (label.str.len_bytes() > MOST_LABEL_CHARACTERS) | label.str.contains("\x00", literal=True)
    kept = label.str.replace_all("\x00", "", literal=True).str.slice(0, MOST_LABEL_CHARACTERS)
    return pl.when(odd).then(kept).otherwise(label)


def other_slice(by: By) -> str:
    """The name of the slice of all that are too many."""
    return f"{', '.join(columns_of(by))}={OTHER}"


def window_start(spec: ProfileSpec) -> pl.Expr:
    """The start of the window of each row, by its event time."""
    assert spec.event_time is not None
    moment = pl.col(spec.event_time).cast(_INSTANT)
    origin = pl.lit(spec.origin, dtype=_INSTANT)
    length_us = int(spec.length.total_seconds() * 1e6)
    return origin + pl.duration(microseconds=(moment - origin).dt.total_microseconds() // length_us * length_us)


def _placed(frame: pl.DataFrame, spec: ProfileSpec, window: Window | None) -> pl.DataFrame:
    if window is not None:
        return frame.with_columns(pl.lit(window.start_at, dtype=_INSTANT).alias(_START))
    if spec.event_time is None:
        message = f"{spec.what} has no event time, so its rows belong to no window"
        raise InputError(message, next_step="Say to which window they belong.")
    placed = frame.with_columns(window_start(spec).alias(_START)).filter(pl.col(_START).is_not_null())
    return placed if placed[_START].is_sorted() else placed.sort(_START)


def _pieces(rows: pl.DataFrame, column: str) -> Iterable[tuple[Any, pl.DataFrame]]:
    starts = _starts(rows.select(pl.col(column).rle_id().alias("id"))["id"])
    ends = [*starts[1:].tolist(), rows.height]
    for start, end in zip(starts.tolist(), ends, strict=True):
        yield rows[column][start], rows.slice(start, end - start)


def _starts(ids: pl.Series) -> Any:
    numbers = ids.to_numpy()
    return np.append(0, np.flatnonzero(numbers[1:] != numbers[:-1]) + 1).astype(np.int64)


def _sliced(
    rows: pl.DataFrame,
    kinds: Mapping[str, ColumnKind],
    edges: Edges,
    spec: ProfileSpec,
    by: By,
    kept: frozenset[str] | None,
) -> list[pl.DataFrame]:
    label = slice_label(by)
    if kept is not None:
        label = pl.when(label.is_in(list(kept))).then(label).otherwise(pl.lit(other_slice(by)))
    ordered = rows.with_columns(label.cast(pl.Categorical).alias(_SLICE)).sort(_START, _SLICE)
    groups = Groups(_starts(ordered.select(pl.struct(_START, _SLICE).rle_id().alias("id"))["id"]), rows.height)
    first = ordered.select(_START, pl.col(_SLICE).cast(pl.String))[groups.starts]
    parts: list[pl.DataFrame] = []
    for name, kind in kinds.items():
        found = profile_slices(ordered[name], kind, edges.get(name), groups)
        found = found.with_columns(pl.lit(name).alias("column"), pl.lit(kind).alias("kind"))
        parts.append(_keyed(found, first[_START], spec, first[_SLICE]))
    return parts


def _keyed(
    found: pl.DataFrame, start: pl.Expr | pl.Series, spec: ProfileSpec, label: pl.Expr | pl.Series
) -> pl.DataFrame:
    keyed = found.with_columns(start.alias("window_start"), label.alias("slice"))
    keyed = keyed.with_columns((pl.col("window_start") + spec.length).alias("window_end"))
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in SCHEMA.items() if name not in keyed.columns]
    complete = keyed.with_columns(*missing).select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())
    return complete.with_columns(pl.col("non_finite").fill_null(0))


def _schema_of(rows: list[dict[str, Any]]) -> dict[str, Any]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: SCHEMA[name] for name in names}
