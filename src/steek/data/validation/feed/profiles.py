"""What a feed looked like in one batch, small enough to keep for ever, and sums of such profiles."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeVar

from steek.data.validation.feed.sketches import NO_SKETCH, RowSketch, merge_sketches

ColumnKind = Literal["number", "category", "many", "bare"]
Counts = Mapping[str, int]
# Kind of promise to start of a period to slice to rows; None where there are too many to count.
PeriodCounts = Mapping[str, Mapping[str, Counts] | None]
_K = TypeVar("_K", int, str)
# More distinct values than this are no categories but free text or names.
MOST_CATEGORIES = 200
# A column with more slices than this is not watched slice by slice.
MOST_SLICES = 2000


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column of a batch.

    Args:
        kind: "number": counted in frozen bins. "category": counted by value. "many": too many values to count.
            "bare": only nulls are counted, because of its type or because it is protected.
        nulls: Rows without a value.
        bins: Values per frozen bin, for numbers.
        categories: Rows per value, for categories.
        total: Sum of the values of whole numbers, which shows columns that count up; None for others.
    """

    kind: ColumnKind
    nulls: int
    bins: Mapping[int, int] = field(default_factory=dict[int, int])
    categories: Counts = field(default_factory=dict[str, int])
    total: int | None = None


@dataclass(frozen=True, slots=True)
class FeedProfile:
    """A batch, or any chunk of it. Profiles of chunks add up to the profile of the batch, exactly.

    Args:
        arrived_at: When the batch arrived.
        rows: Accepted rows.
        columns: By name.
        slices: Per watched column rows by slice; None where there are too many slices.
        delays: Rows by hours between event and arrival, see `timing.delay_buckets`; empty without an event time.
        sketch: Which rows they were.
        periods: Rows by period and slice, for each kind of volume that the contract promises; see `promised`.
    """

    arrived_at: datetime
    rows: int
    columns: Mapping[str, ColumnProfile]
    slices: Mapping[str, Counts | None]
    delays: Mapping[int, int]
    sketch: RowSketch = NO_SKETCH
    periods: PeriodCounts = field(default_factory=dict[str, Mapping[str, Counts] | None])


def merge(a: FeedProfile, b: FeedProfile) -> FeedProfile:
    """The profile of the rows of both; it arrived when the first of them did.

    >>> day = datetime(2017, 10, 2)
    >>> merge(FeedProfile(day, 2, {}, {}, {3: 2}), FeedProfile(day, 1, {}, {}, {3: 1})).delays
    {3: 3}
    """
    columns = {
        name: _merge_column(a.columns[name], b.columns[name])
        if name in a.columns and name in b.columns
        else _padded(a, b, name)
        for name in {**a.columns, **b.columns}
    }
    slices = {name: _merge_slices(a.slices.get(name, {}), b.slices.get(name, {})) for name in {**a.slices, **b.slices}}
    return FeedProfile(
        arrived_at=min(a.arrived_at, b.arrived_at),
        rows=a.rows + b.rows,
        columns=columns,
        slices=slices,
        delays=dict(sorted(_sum(a.delays, b.delays).items())),
        sketch=merge_sketches(a.sketch, b.sketch),
        periods={
            name: _merge_periods(a.periods.get(name, {}), b.periods.get(name, {}))
            for name in {**a.periods, **b.periods}
        },
    )


def to_json(profile: FeedProfile) -> dict[str, Any]:
    """The profile as JSON values, to be read by `from_json`."""
    return {
        "arrived_at": profile.arrived_at.isoformat(),
        "rows": profile.rows,
        "columns": {
            name: {
                "kind": column.kind,
                "nulls": column.nulls,
                "bins": [list(column.bins), list(column.bins.values())],
                "categories": dict(column.categories),
                "total": column.total,
            }
            for name, column in profile.columns.items()
        },
        "slices": {name: None if counts is None else dict(counts) for name, counts in profile.slices.items()},
        "delays": [list(profile.delays), list(profile.delays.values())],
        "sketch": profile.sketch.to_json(),
        "periods": {
            name: None if counts is None else {start: dict(rows) for start, rows in counts.items()}
            for name, counts in profile.periods.items()
        },
    }


def from_json(plain: Mapping[str, Any]) -> FeedProfile:
    """The profile that `to_json` wrote."""
    columns = {
        name: ColumnProfile(
            kind=column["kind"],
            nulls=column["nulls"],
            bins=dict(zip(*column["bins"], strict=True)),
            categories=column["categories"],
            total=column["total"],
        )
        for name, column in plain["columns"].items()
    }
    return FeedProfile(
        arrived_at=datetime.fromisoformat(plain["arrived_at"]),
        rows=plain["rows"],
        columns=columns,
        slices=plain["slices"],
        delays=dict(zip(*plain["delays"], strict=True)),
        sketch=RowSketch.from_json(plain["sketch"]),
        # Profiles from before volumes were promised have none.
        periods=plain.get("periods", {}),
    )


def _merge_column(a: ColumnProfile, b: ColumnProfile) -> ColumnProfile:
    nulls = a.nulls + b.nulls
    if "many" in (a.kind, b.kind):
        return ColumnProfile("many", nulls)
    if a.kind != b.kind:
        return ColumnProfile("bare", nulls)
    categories = _sum(a.categories, b.categories)
    if len(categories) > MOST_CATEGORIES:
        return ColumnProfile("many", nulls)
    total = None if a.total is None or b.total is None else a.total + b.total
    bins = dict(sorted(_sum(a.bins, b.bins).items()))
    return ColumnProfile(a.kind, nulls, bins, dict(sorted(categories.items())), total)


def _padded(a: FeedProfile, b: FeedProfile, name: str) -> ColumnProfile:
    # A column that one of them lacks is null in all its rows.
    column, rows = (a.columns[name], b.rows) if name in a.columns else (b.columns[name], a.rows)
    return ColumnProfile(column.kind, column.nulls + rows, column.bins, column.categories, column.total)


def _merge_slices(a: Counts | None, b: Counts | None) -> Counts | None:
    if a is None or b is None:
        return None
    both = _sum(a, b)
    return dict(sorted(both.items())) if len(both) <= MOST_SLICES else None


def _merge_periods(a: Mapping[str, Counts] | None, b: Mapping[str, Counts] | None) -> Mapping[str, Counts] | None:
    if a is None or b is None:
        return None
    return {start: dict(sorted(_sum(a.get(start, {}), b.get(start, {})).items())) for start in sorted({**a, **b})}


def _sum(a: Mapping[_K, int], b: Mapping[_K, int]) -> dict[_K, int]:
    counted: Counter[_K] = Counter(a)
    counted.update(b)
    return dict(counted)
