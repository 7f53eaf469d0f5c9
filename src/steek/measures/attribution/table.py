"""Rows of several windows as whole-number codes, so that any combination of dimensions is one count away."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from steek.kernel.errors import InputError

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

REST = "(other)"
MISSING = "(none)"
# Values beyond these many are counted together: in a single dimension, and where two are combined.
MOST_VALUES = 1000
MOST_IN_PAIRS = 500
_NARROW_RANGE = 100_000


@dataclass(frozen=True, slots=True)
class Amounts:
    """Amounts of some groups, [groups x (1 + windows)]; column 0 is the window in question.

    `amount` is what is explained, `squares` its variance if rows came one by one, `weight` what it is set against: the
    denominator of a ratio, 1 for a sum.
    """

    amount: Floats
    squares: Floats
    weight: Floats

    def of(self, chosen: NDArray[np.intp] | NDArray[np.bool_]) -> "Amounts":
        """The groups at these places."""
        return Amounts(self.amount[chosen], self.squares[chosen], self.weight[chosen])


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of all windows.

    `codes` holds one array for each dimension with the place of the row's value in `values`, the most frequent value
    first; `window` is 0 for the window in question and 1 up for those it is compared with.
    """

    dimensions: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    codes: tuple[Codes, ...]
    window: Codes
    windows: int
    amount: Floats
    squares: Floats
    weight: Floats | None

    @property
    def rows(self) -> int:
        return len(self.window)

    def size(self, dimension: int, *, in_pair: bool = False) -> int:
        """How many codes a dimension has."""
        most = MOST_IN_PAIRS + 1 if in_pair else MOST_VALUES + 1
        return min(len(self.values[dimension]), most)

    def is_rest(self, dimension: int, code: int, *, in_pair: bool = False) -> bool:
        """Whether a code stands for all the values beyond those that are counted by themselves."""
        if self.values[dimension][code] == REST:
            return True
        return in_pair and len(self.values[dimension]) > MOST_IN_PAIRS + 1 and code >= MOST_IN_PAIRS

    def amounts(self, group: Codes, groups: int, rows: Codes | None = None) -> Amounts:
        """Amounts of groups 0 to `groups` - 1, from all rows or the given ones (`group` has one entry for each)."""
        window, amount, squares, weight = self.window, self.amount, self.squares, self.weight
        if rows is not None:
            window, amount, squares = window[rows], amount[rows], squares[rows]
            weight = None if weight is None else weight[rows]
        columns = self.windows + 1
        place, length = group * columns + window, groups * columns

        def counted(values: Floats) -> Floats:
            return np.bincount(place, values, length).astype(np.float64).reshape(groups, columns)

        of_amount = counted(amount)
        of_squares = of_amount if squares is amount else counted(squares)
        of_weight = np.ones_like(of_amount) if weight is None else counted(weight)
        return Amounts(of_amount, of_squares, of_weight)

    def mask(self, slice: Sequence[tuple[int, int]]) -> NDArray[np.bool_]:
        """Rows whose code in each of these dimensions is the given one."""
        inside = np.ones(self.rows, dtype=np.bool_)
        for dimension, code in slice:
            inside &= self.codes[dimension] == code
        return inside


def table_of(before: pl.DataFrame, after: pl.DataFrame, dimensions: Sequence[str], *, is_ratio: bool) -> Table:
    """Encode the rows of all windows.

    Args:
        before: Columns of the dimensions; `value` and perhaps `squares`, or for a ratio `numerator`, `denominator` and
            perhaps `squares`; perhaps `window`, which tells several windows apart.
        after: The same columns for the window in question, without `window`.
        dimensions: Columns to slice by; any type, compared as text, null is a value of its own.
        is_ratio: Which columns hold the amounts.

    Raises:
        InputError: no dimension, a missing column, or no rows before.
    """
    _check(before, after, dimensions, is_ratio)
    earlier = np.ones(before.height, np.int64)
    if "window" in before.columns:
        earlier = before["window"].rank("dense").cast(pl.Int64).to_numpy()
    window = np.concatenate([np.zeros(after.height, np.int64), earlier])
    values, codes = zip(*(_encoded(after[name], before[name]) for name in dimensions), strict=True)
    amount = _column(after, before, "numerator" if is_ratio else "value")
    has_squares = "squares" in before.columns and "squares" in after.columns
    return Table(
        dimensions=tuple(dimensions),
        values=values,
        codes=codes,
        window=window,
        windows=int(window.max(initial=1)),
        amount=amount,
        squares=_column(after, before, "squares") if has_squares else amount,
        weight=_column(after, before, "denominator") if is_ratio else None,
    )


def _check(before: pl.DataFrame, after: pl.DataFrame, dimensions: Sequence[str], is_ratio: bool) -> None:
    needed = [*dimensions, *(("numerator", "denominator") if is_ratio else ("value",))]
    for name, frame in (("before", before), ("after", after)):
        missing = [column for column in needed if column not in frame.columns]
        if missing:
            message = f"{name} has no column {', '.join(missing)}; there are: {', '.join(frame.columns)}"
            raise InputError(message)
    if not dimensions:
        message = "nothing to slice by: no dimension was given"
        raise InputError(message, next_step="Name columns with a few hundred values at most.")
    if before.height == 0:
        message = "the windows to compare with have no rows"
        raise InputError(message, next_step="Choose windows in which data arrived.")


def _column(after: pl.DataFrame, before: pl.DataFrame, name: str) -> Floats:
    both = pl.concat([after[name].cast(pl.Float64), before[name].cast(pl.Float64)])
    return both.fill_null(0.0).fill_nan(0.0).to_numpy()


def _encoded(after: pl.Series, before: pl.Series) -> tuple[tuple[str, ...], Codes]:
    """Values by how often they occur in all windows, equal ones by name, and the place of each row's value."""
    names, place = _numbers(after, before) or _texts(after, before)
    counts = np.bincount(place, minlength=len(names))
    order = [at for at in sorted(range(len(names)), key=lambda at: (-int(counts[at]), names[at])) if counts[at]]
    rank = np.zeros(len(names), np.int64)
    rank[order] = np.arange(len(order))
    values = [names[at] for at in order]
    if len(values) > MOST_VALUES + 1:
        rank = np.minimum(rank, MOST_VALUES)
        values = [*values[:MOST_VALUES], REST]
    return tuple(values), rank[place]


def _numbers(after: pl.Series, before: pl.Series) -> tuple[list[str], Codes] | None:
    """Whole numbers of a narrow range are their own codes, which spares making texts of them; else None."""
    if not (after.dtype.is_integer() and before.dtype.is_integer()) or after.null_count() or before.null_count():
        return None
    both = pl.concat([after.cast(pl.Int64), before.cast(pl.Int64)])
    low, high = both.min(), both.max()
    if not isinstance(low, int) or not isinstance(high, int) or high - low >= _NARROW_RANGE:
        return None
    return [str(low + at) for at in range(high - low + 1)], both.to_numpy() - low


def _texts(after: pl.Series, before: pl.Series) -> tuple[list[str], Codes]:
    both = pl.concat([after.cast(pl.String), before.cast(pl.String)]).fill_null(MISSING).alias("value")
    names = both.unique(maintain_order=True)
    # An enumeration codes texts by place in its list, in one pass.
    return names.to_list(), both.cast(pl.Enum(names)).to_physical().cast(pl.Int64).to_numpy()
