"""Making the profile of a chunk of accepted rows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import polars as pl

from steek.data.contracts.contract import Contract, Field
from steek.data.validation.feed.delays import delay_buckets
from steek.data.validation.feed.profiles import MOST_CATEGORIES, MOST_SLICES, ColumnProfile, Counts, FeedProfile
from steek.data.validation.feed.sketches import sketch_rows
from steek.measures.sketching import bin_counts

_PEEK = 10_000


def profile(
    frame: pl.DataFrame,
    contract: Contract,
    event_time: str | None,
    volume_by: Sequence[str],
    arrived_at: datetime,
) -> FeedProfile:
    """What a chunk of accepted rows looks like.

    Of protected fields (personal, pseudonym, sealed) only nulls are counted: a profile holds no value that names or
    describes one person. Columns that the contract does not have are left out.

    Args:
        frame: Accepted rows, after every step.
        contract: Of the dataset.
        event_time: Its event time, None without.
        volume_by: Fields whose slices are watched.
        arrived_at: When the batch arrived, the same for all its chunks.
    """
    fields = [field for field in contract.fields if field.name in frame.columns]
    watched = [name for name in volume_by if name in frame.columns and not _is_protected(contract.field(name))]
    delays: dict[int, int] = {}
    if event_time is not None and event_time in frame.columns:
        delays = delay_buckets(frame[event_time], arrived_at)
    columns = {field.name: _column(field, frame[field.name], field.name == event_time) for field in fields}
    # Categories were counted already, and there are never more of them than slices.
    counted = {name: column.categories for name, column in columns.items() if column.kind == "category"}
    return FeedProfile(
        arrived_at=arrived_at,
        rows=frame.height,
        columns=columns,
        slices={name: counted[name] if name in counted else _slices(frame[name]) for name in watched},
        delays=delays,
        # A sealed value is encrypted anew each time, so it says nothing about the row.
        sketch=sketch_rows(frame.select(field.name for field in fields if not field.sealed)),
    )


def _is_protected(field: Field | None) -> bool:
    return field is None or bool(
        field.pseudonym or field.sealed or field.subject or field.sensitivity.strip().lower() == "personal"
    )


def _column(field: Field, values: pl.Series, is_event_time: bool) -> ColumnProfile:
    nulls = values.null_count()
    dtype: Any = values.dtype
    if _is_protected(field) or is_event_time:
        return ColumnProfile("bare", nulls)
    if isinstance(dtype, pl.String | pl.Boolean) or (field.categories and dtype.is_integer()):
        return _categories(values, nulls)
    if dtype.is_numeric():
        present = values.drop_nulls() if nulls else values
        # 128 bits, because a sum of large keys may not fit into 64.
        total = int(values.cast(pl.Int128).sum()) if dtype.is_integer() else None
        return ColumnProfile("number", nulls, bin_counts(present.to_numpy()), total=total)
    return ColumnProfile("bare", nulls)


def _categories(values: pl.Series, nulls: int) -> ColumnProfile:
    # A glance at the beginning saves counting a million names.
    if values.head(_PEEK).n_unique() > MOST_CATEGORIES + 1:
        return ColumnProfile("many", nulls)
    counts = _counted(values)
    return (
        ColumnProfile("many", nulls)
        if len(counts) > MOST_CATEGORIES
        else ColumnProfile("category", nulls, categories=counts)
    )


def _slices(values: pl.Series) -> Counts | None:
    if values.head(_PEEK).n_unique() > MOST_SLICES + 1:
        return None
    counts = _counted(values)
    return counts if len(counts) <= MOST_SLICES else None


def _counted(values: pl.Series) -> dict[str, int]:
    # Values become text after counting: a few, not a million.
    counts = values.drop_nulls().alias("value").value_counts(name="rows")
    return dict(sorted(zip(counts["value"].cast(pl.String).to_list(), counts["rows"].to_list(), strict=True)))
