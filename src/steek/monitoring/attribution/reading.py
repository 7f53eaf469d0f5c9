"""From rows of the lake to cells: amounts by window and by every combination of the dimensions that occurs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from steek.data.volumes import WEIGHT_COLUMN
from steek.kernel.errors import InputError
from steek.kernel.windows import Window
from steek.monitoring.attribution.questions import Amount

# A column with more values than these names things rather than groups them.
MOST_VALUES = 2000
MOST_DIMENSIONS = 8
# Numbers of baskets, weeks: what is found in one window only explains every change of it, and none.
_RECURRING = 0.5
_WINDOW = "window"


@dataclass(frozen=True, slots=True)
class Dimensions:
    """Columns to slice by, and those that could have been: by name, why not."""

    chosen: tuple[str, ...]
    left_out: Mapping[str, str]


def rows_of(rows: pl.LazyFrame, event_time: str, windows: Sequence[Window], where: Mapping[str, str]) -> pl.LazyFrame:
    """Rows of any of the windows, with its place in the column "window"; of those that have the given values."""
    moment = pl.col(event_time)
    place = pl.lit(None, dtype=pl.Int32)
    for number, window in enumerate(windows):
        inside = moment.is_between(window.start_at, window.end_at, closed="left")
        place = pl.when(inside).then(pl.lit(number, dtype=pl.Int32)).otherwise(place)
    span = moment.is_between(min(one.start_at for one in windows), max(one.end_at for one in windows), closed="left")
    kept = [span, *(pl.col(column).cast(pl.String) == value for column, value in where.items())]
    return rows.filter(kept).with_columns(place.alias(_WINDOW)).filter(pl.col(_WINDOW).is_not_null())


def choose_dimensions(
    rows: pl.LazyFrame, candidates: Sequence[str], *, asked: Sequence[str], never: Mapping[str, str]
) -> Dimensions:
    """Columns to slice by.

    Args:
        rows: Rows of the windows.
        candidates: Columns that may be dimensions.
        asked: Columns that were asked for; empty takes those candidates that group the rows.
        never: Columns that may not be, with the reason.

    Raises:
        InputError: a column was asked for that may not be a dimension or is not there, or too many were.
    """
    if asked:
        _check_asked(asked, candidates, never)
        return Dimensions(tuple(dict.fromkeys(asked)), {})
    if not candidates:
        return Dimensions((), dict(never))
    reasons = dict(never)
    fit: list[str] = []
    for name in candidates:
        counted = rows.group_by(name, _WINDOW).agg(rows=pl.len()).collect(engine="streaming")
        different = counted[name].n_unique()
        if different > MOST_VALUES:
            reasons[name] = f"{different:,} different values, at most {MOST_VALUES:,} group rows"
        elif _recurring(counted, name) < _RECURRING:
            reasons[name] = "its values hardly come again in another window"
        elif different > 1:
            fit.append(name)
    for name in fit[MOST_DIMENSIONS:]:
        reasons[name] = f"only the first {MOST_DIMENSIONS} columns are searched together; ask for it by name"
    return Dimensions(tuple(fit[:MOST_DIMENSIONS]), reasons)


def _recurring(counted: pl.DataFrame, name: str) -> float:
    """Share of earlier rows whose value is in more than half of the earlier windows; 1 with a single window."""
    before = counted.filter(pl.col(_WINDOW) > 0)
    windows = before[_WINDOW].n_unique()
    if windows < 2:
        return 1.0
    common = before.filter(pl.len().over(name) > windows / 2)
    return float(common["rows"].sum()) / float(before["rows"].sum())


def _check_asked(asked: Sequence[str], candidates: Sequence[str], never: Mapping[str, str]) -> None:
    for column in asked:
        if column in never or column not in candidates:
            reason = never.get(column, "it is not a column that can be sliced by")
            message = f"{column!r} cannot be a dimension: {reason}"
            raise InputError(message, next_step=f"These can: {', '.join(candidates) or 'none'}.")
    if len(asked) > MOST_DIMENSIONS:
        message = f"{len(asked)} dimensions were asked for; at most {MOST_DIMENSIONS} are searched together"
        raise InputError(message, next_step="Leave out those that say the same as another.")


def cells(rows: pl.LazyFrame, dimensions: Sequence[str], amount: Amount) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Amounts before and after as `attribute` takes them; rows of a sample are scaled back to the whole.

    Args:
        rows: From `rows_of`, window 0 the one in question.
        dimensions: Columns to slice by.
        amount: What to add up.
    """
    weighed = WEIGHT_COLUMN in rows.collect_schema()
    above, below = _terms(amount)
    # As columns, because a literal is one value however many rows there are.
    terms = rows.with_columns(
        _weight=pl.col(WEIGHT_COLUMN).fill_null(1.0) if weighed else pl.lit(1.0), _above=above, _below=below
    ).filter(pl.col("_above").is_finite() & pl.col("_below").is_finite())
    weight, above, below = (pl.col(name) for name in ("_weight", "_above", "_below"))
    sums = {
        "numerator": (weight * above).sum(),
        "denominator": (weight * below).sum(),
        "above_squared": (weight * above**2).sum(),
        "crossed": (weight * above * below).sum(),
        "below_squared": (weight * below**2).sum(),
    }
    grouped = terms.group_by(*dimensions, _WINDOW).agg(**sums).collect(engine="streaming")
    if amount.metric == "sum":
        grouped = grouped.with_columns(value="numerator", squares="above_squared")
    else:
        earlier = grouped.filter(pl.col(_WINDOW) > 0)
        total = float(earlier["denominator"].sum())
        level = float(earlier["numerator"].sum()) / total if total else 0.0
        # Of (numerator - level x denominator), squared and summed over rows without keeping them.
        residual = pl.col("above_squared") - 2 * level * pl.col("crossed") + level**2 * pl.col("below_squared")
        grouped = grouped.with_columns(squares=residual.clip(lower_bound=0.0))
    after = grouped.filter(pl.col(_WINDOW) == 0).drop(_WINDOW)
    return grouped.filter(pl.col(_WINDOW) > 0), after


def _terms(amount: Amount) -> tuple[pl.Expr, pl.Expr]:
    one = pl.lit(1.0)
    if amount.kind == "count":
        return one, one
    above = pl.col(amount.above)
    if amount.kind == "present":
        return above.is_not_null().cast(pl.Float64), one
    if amount.kind == "ratio":
        return above.cast(pl.Float64), pl.col(amount.below).cast(pl.Float64)
    return above.cast(pl.Float64), one
