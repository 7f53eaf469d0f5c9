"""Matching rows with their partners, plain or point in time, and counting what was found. Writes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import polars as pl

from steek.kernel.errors import DeclarationError
from steek.kernel.units import parse_duration

# Left sides up to this many rows are computed once and held; larger ones are streamed, once more for the counts.
HELD_ROWS = 2_000_000
_PARTNERS = "_partners"
_ROW = "_right_row"
_MOMENT = "_moment"


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinPlan:
    """How two frames are matched.

    Args:
        name: What the join is called in reports.
        on: Columns that must be equal; null equals nothing.
        how: "inner" drops rows without partner, "left" keeps them with nulls.
        at: Column of the left that says when its row happened; None joins by `on` alone.
        right_at: Column of the right that says since when its row holds.
        tolerance: A partner that has held for longer, e.g. "30d", is too old; None takes any age. Of instants only.
        slice_by: Column of the left whose values are counted separately.
        refuse_empty_slices: Values of `slice_by`, each of which must find some partner if it has rows.

    Raises:
        DeclarationError: another `how`, one of `at` and `right_at` alone, a tolerance without them.
    """

    name: str
    on: str | Sequence[str]
    how: str = "inner"
    at: str | None = None
    right_at: str | None = None
    tolerance: str | timedelta | None = None
    slice_by: str | None = None
    refuse_empty_slices: Sequence[object] = ()

    def __post_init__(self) -> None:
        if self.how not in ("inner", "left"):
            message = f"join {self.name!r} has how={self.how!r}; allowed: inner, left"
            raise DeclarationError(message)
        if (self.at is None) != (self.right_at is None):
            message = f"join {self.name!r} gives {'right_at' if self.at is None else 'at'} alone"
            raise DeclarationError(message, next_step="A point-in-time join needs both at and right_at.")
        if self.tolerance is not None and self.at is None:
            message = f"join {self.name!r} has a tolerance and no at"
            raise DeclarationError(message, next_step="Give at and right_at, or leave the tolerance out.")
        if self.refuse_empty_slices and self.slice_by is None:
            message = f"join {self.name!r} names slices that must match and no slice_by"
            raise DeclarationError(message)

    @property
    def keys(self) -> list[str]:
        """Columns that must be equal."""
        return [self.on] if isinstance(self.on, str) else list(self.on)

    @property
    def must_match(self) -> set[str]:
        """Slices that must find some partner, as text."""
        return {str(value) for value in self.refuse_empty_slices}

    @property
    def point_in_time(self) -> bool:
        """Whether the latest partner that held at the left row's moment is taken, and never a later one."""
        return self.at is not None


@dataclass(frozen=True, slots=True)
class SliceCount:
    """Rows of the left with one value, as text, and how many of them found a partner."""

    slice: str | None
    left_rows: int
    matched_rows: int


@dataclass(frozen=True, slots=True)
class Matched:
    """The joined rows and what was counted.

    Args:
        rows: Left columns, then those of the right; a name that both have gets the ending "_right".
        left_rows: Rows that looked for a partner.
        matched_rows: Of these, the rows that found at least one.
        several_rows: Of these, the rows that found several: plain, they come out several times; point in time, they
            come out once, with the last of the partners of that moment in the order of their values.
        slices: Counts per slice, largest first.
    """

    rows: pl.LazyFrame
    left_rows: int
    matched_rows: int
    several_rows: int
    slices: tuple[SliceCount, ...]


def match(left: pl.LazyFrame, right: pl.LazyFrame, plan: JoinPlan, *, held_rows: int = HELD_ROWS) -> Matched:
    """Join and count.

    Held in memory: the partners that are found, of a point-in-time join also the distinct keys and moments of the
    left, and the left itself while it has at most `held_rows` rows.
    """
    held = left.head(held_rows + 1).collect()
    lefts = held.lazy() if held.height <= held_rows else left
    keys = plan.keys
    wanted = lefts.select(keys).unique()
    rights = right.join(wanted, on=keys, how="semi", maintain_order="left")
    if plan.at is None or plan.right_at is None:
        partners = rights.collect()
        by, numbers = keys, partners.lazy().group_by(keys).agg(pl.len().alias(_PARTNERS))
    else:
        found = _latest(lefts, rights, plan, plan.at, plan.right_at)
        by, partners = [*keys, plan.at], found.drop(_PARTNERS)
        numbers = found.lazy().select(*by, _PARTNERS)
    counts, slices = _count(lefts, numbers, by, plan)
    rows = lefts.join(
        partners.lazy(), on=by, how="inner" if plan.how == "inner" else "left", maintain_order="left_right"
    )
    return Matched(rows, *counts, slices)


def _latest(lefts: pl.LazyFrame, rights: pl.LazyFrame, plan: JoinPlan, at: str, right_at: str) -> pl.DataFrame:
    """Keys and moments of the left with the right row that held then, and the number of rows of that very moment."""
    keys = plan.keys
    schema = rights.collect_schema()
    _check_moments(plan, lefts.collect_schema()[at], schema[right_at])
    asked = lefts.select(*keys, at).unique().with_columns(_moment(at, lefts.collect_schema()[at])).collect()
    known = rights.with_columns(_since(right_at, schema[right_at])).drop_nulls([*keys, _MOMENT]).collect()
    # One order whatever order the rows came in, so that of several partners of one moment the same one is taken.
    rest = [name for name, dtype in schema.items() if not dtype.is_nested()]
    ordered = known.sort(_MOMENT, *rest, maintain_order=True).with_row_index(_ROW)
    chosen = ordered.group_by(*keys, _MOMENT, maintain_order=True).agg(
        pl.col(_ROW).last(), pl.len().cast(pl.Int64).alias(_PARTNERS)
    )
    looked = (
        asked.drop_nulls([*keys, _MOMENT])
        .sort(_MOMENT)
        .join_asof(
            chosen.sort(_MOMENT),
            on=_MOMENT,
            by=keys,
            strategy="backward",
            tolerance=None if plan.tolerance is None else parse_duration(plan.tolerance),
            check_sortedness=False,
        )
    )
    found = looked.drop_nulls(_ROW).drop(_MOMENT)
    values = ordered.drop(*keys, _MOMENT)
    if at in values.columns:
        values = values.rename({at: f"{at}_right"})
    return found.join(values, on=_ROW, how="left", maintain_order="left").drop(_ROW)


def _check_moments(plan: JoinPlan, left: Any, right: Any) -> None:
    for name, dtype in ((plan.at, left), (plan.right_at, right)):
        if not (dtype.is_integer() or isinstance(dtype, pl.Date | pl.Datetime)):
            message = f"join {plan.name!r} goes by {name!r}, which is {dtype}"
            raise DeclarationError(
                message, next_step="Give columns of instants, dates, or whole numbers such as weeks."
            )
    if left.is_integer() != right.is_integer():
        message = f"join {plan.name!r} compares {plan.at!r} ({left}) with {plan.right_at!r} ({right})"
        raise DeclarationError(message, next_step="Give two columns of instants or two of whole numbers.")
    if plan.tolerance is not None and left.is_integer():
        message = f"join {plan.name!r} has a tolerance in time, and {plan.at!r} is a whole number"
        raise DeclarationError(message)


def _since(name: str, dtype: Any) -> pl.Expr:
    """As `_moment`; parts of a microsecond count as a whole one, so that nothing holds before it does."""
    if not isinstance(dtype, pl.Datetime) or dtype.time_unit != "ns":
        return _moment(name, dtype)
    return _moment(name, dtype) + pl.duration(microseconds=(pl.col(name).dt.nanosecond() % 1000 > 0).cast(pl.Int64))


def _moment(name: str, dtype: Any) -> pl.Expr:
    column = pl.col(name)
    if dtype.is_integer():
        moment = column.cast(pl.Int64)
    elif isinstance(dtype, pl.Datetime) and dtype.time_zone is not None:
        moment = column.dt.convert_time_zone("UTC").dt.cast_time_unit("us")
    else:
        # A date holds from its midnight; naive moments are taken as UTC.
        moment = column.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    return moment.alias(_MOMENT)


def _count(
    lefts: pl.LazyFrame, numbers: pl.LazyFrame, by: Sequence[str], plan: JoinPlan
) -> tuple[tuple[int, int, int], tuple[SliceCount, ...]]:
    value = pl.lit(None, dtype=pl.String) if plan.slice_by is None else pl.col(plan.slice_by).cast(pl.String)
    kept = list(dict.fromkeys([*by, *([] if plan.slice_by is None else [plan.slice_by])]))
    found = pl.col(_PARTNERS).fill_null(0)
    counted = (
        lefts.select(kept)
        .join(numbers, on=list(by), how="left")
        .group_by(value.alias("slice"))
        .agg(
            pl.len().alias("left"),
            (found > 0).sum().alias("matched"),
            (found > 1).sum().alias("several"),
        )
        .collect(engine="streaming")
        .sort(["left", "slice"], descending=[True, False])
    )
    left, matched, several = (int(counted[name].sum()) for name in ("left", "matched", "several"))
    slices = () if plan.slice_by is None else tuple(SliceCount(*row[:3]) for row in counted.iter_rows())
    return (left, matched, several), slices
