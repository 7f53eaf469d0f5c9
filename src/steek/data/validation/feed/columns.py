"""The columns of a batch: missing values, distributions, and values that are new or gone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from steek.data.validation.feed.checks import FeedChecks, Finding, Undecided
from steek.data.validation.feed.history import ColumnSums, FeedHistory
from steek.data.validation.feed.profiles import ColumnProfile, FeedProfile
from steek.data.validation.feed.volume import never_few
from steek.measures.robust import Bounds, mad_bounds, median
from steek.measures.sketching import Array, equal_groups, jensen_shannon, stability_index

# A "major shift" (Siddiqi 2006). A column that always shifts, as numbers that count up do, has its own usual shift.
_MAJOR_SHIFT = 0.25
# The distance at which Evidently and NannyML call categories drifted.
_MAJOR_DISTANCE = 0.1
# Distances of few values are mostly chance.
_LEAST_VALUES = 100
_LEAST_NULL_FRACTION = 0.01
_LEAST_CATEGORY_FRACTION = 0.01
_LEAST_SPREAD = 0.5
_RISING_FRACTION = 0.9
_CATEGORY_WIDTH = 1.5
_TOLD = 5
_NEARLY = 1 - 1e-9
_NO_SUMS = ColumnSums((), {}, {}, ())


@dataclass(frozen=True, slots=True)
class _Off:
    """A column or category that is not as usual; the greater `far`, the worse."""

    name: str
    value: float
    expected: float
    far: float
    told: str


def check_nulls(batch: FeedProfile, history: FeedHistory, checks: FeedChecks) -> Finding | Undecided:
    """Whether a column has more nulls than usual."""
    silent = _silent(batch, history, checks)
    if silent is not None:
        return silent
    off: list[_Off] = []
    for name, column in batch.columns.items():
        now = column.nulls / batch.rows
        if not now:
            continue
        past = [_null_fraction(one, name) for one in history if one.rows]
        if now <= max(past):
            continue
        middle = median(past)
        chance = (max(middle * (1 - middle), 1 / batch.rows) / batch.rows) ** 0.5
        bounds = mad_bounds(past, width=checks.width, least_spread=chance)
        if now > max(bounds.upper, bounds.centre + _LEAST_NULL_FRACTION):
            told = f"{name} is missing in {now:.1%} of the rows, usual {bounds.centre:.1%}"
            off.append(_Off(name, now, bounds.centre, now - bounds.upper, told))
    return _finding(off, f"no column of {len(batch.columns)} has more nulls than usual")


def check_distribution(batch: FeedProfile, history: FeedHistory, checks: FeedChecks) -> Finding | Undecided:
    """Whether the values of a column are distributed as in the batches before, taken together."""
    silent = _silent(batch, history, checks)
    if silent is not None:
        return silent
    off: list[_Off] = []
    looked = 0
    for name, column in batch.columns.items():
        sums = _sums(column, name, history)
        past = sums.past
        if len(past) < checks.least_history or _values(column) < _LEAST_VALUES:
            continue
        looked += 1
        if counts_up(sums):
            off += _off_count(name, column, sums.means)
            continue
        major = _MAJOR_SHIFT if column.kind == "number" else _MAJOR_DISTANCE
        # What shifts by less is not told, however little is usual. The last digits depend on the order of summing.
        if _shift(column, sums) < major * _NEARLY:
            continue
        shifts = _shifts(column, past)
        bounds = mad_bounds(shifts[1:].tolist(), width=checks.width)
        now, limit = float(shifts[0]), max(major, bounds.upper)
        if now > limit:
            measure = "population stability index" if column.kind == "number" else "Jensen-Shannon distance"
            told = f"{name} has shifted: {measure} {now:.2f}, usual {bounds.centre:.2f}, limit {limit:.2f}"
            off.append(_Off(name, now, bounds.centre, now / limit, told))
    if not looked:
        return Undecided(f"no column has {_LEAST_VALUES} values here and enough in the past")
    return _finding(off, f"all of {looked} columns are distributed as usual")


def check_new_categories(batch: FeedProfile, history: FeedHistory, checks: FeedChecks) -> Finding | Undecided:
    """Whether more rows than usual have a value that no earlier batch had."""
    silent = _silent(batch, history, checks)
    if silent is not None:
        return silent
    off: list[_Off] = []
    for name, column in batch.columns.items():
        sums = _sums(column, name, history)
        past, counts = sums.past, sums.times
        if column.kind != "category" or len(past) < checks.least_history:
            continue
        new = {value: rows for value, rows in column.categories.items() if value not in counts}
        share = sum(new.values()) / max(_values(column), 1)
        if share <= _LEAST_CATEGORY_FRACTION:
            continue
        before = [_first_seen(one, counts) / max(_values(one), 1) for one in past]
        bounds = mad_bounds(before, width=checks.width)
        if share > max(bounds.upper, _LEAST_CATEGORY_FRACTION):
            listed = ", ".join(f"{value!r} ({rows:,} rows)" for value, rows in _largest(new))
            off.append(_Off(name, share, bounds.centre, share, f"{name} has values that no batch had: {listed}"))
    return _finding(off, "no column has new values in more rows than usual")


def check_vanished_categories(batch: FeedProfile, history: FeedHistory, checks: FeedChecks) -> Finding | Undecided:
    """Whether a value is gone that, going by its past, should be there."""
    silent = _silent(batch, history, checks)
    if silent is not None:
        return silent
    off: list[_Off] = []
    for name, column in batch.columns.items():
        sums = _sums(column, name, history)
        past = sums.past
        if column.kind != "category" or len(past) < checks.least_history:
            continue
        for value, times in sorted(sums.times.items()):
            # Where most batches lack it, none is as usual as can be.
            if value in column.categories or 2 * times < len(past):
                continue
            rows = [one.categories.get(value, 0) for one in past]
            bounds = _usual_rows(rows, checks)
            if bounds.lower > 0 or never_few(rows, checks):
                told = f"{name} has no {value!r}, usual {bounds.centre:,.0f} rows"
                off.append(_Off(f"{name}={value}", bounds.centre, bounds.centre, bounds.centre, told))
    return _finding(off, "no value that is always there is gone", count=True)


def counts_up(sums: ColumnSums) -> bool:
    """Whether a column of whole numbers, such as a receipt number or a week, rises from batch to batch."""
    means = sums.means
    if len(means) < len(sums.past) or means[-1] <= means[0]:
        return False
    rising = sum(after >= before for before, after in pairwise(means))
    return rising >= _RISING_FRACTION * (len(means) - 1)


def _off_count(name: str, column: ColumnProfile, means: Sequence[float]) -> list[_Off]:
    # Its values are new in every batch, so distributions say nothing; going back or leaping ahead does.
    (now,) = _means([column])
    last, span = means[-1], max(means) - min(means)
    if median(means) <= now <= max(means) + span:
        return []
    where = "went back" if now < last else "leapt ahead"
    told = f"{name} counts up from batch to batch, but {where}: mean {now:,.0f} after {last:,.0f}"
    return [_Off(name, now, last, abs(now - last) / span, told)]


def _means(columns: Sequence[ColumnProfile]) -> list[float]:
    return [one.total / _values(one) for one in columns if one.total is not None and _values(one)]


def _usual_rows(rows: Sequence[int], checks: FeedChecks) -> Bounds:
    return mad_bounds(rows, width=checks.width * _CATEGORY_WIDTH, least_spread=_LEAST_SPREAD, scale="sqrt")


def _silent(batch: FeedProfile, history: FeedHistory, checks: FeedChecks) -> Undecided | None:
    if not batch.rows:
        return Undecided("the batch has no rows")
    filled = sum(one.rows > 0 for one in history)
    if filled < checks.least_history:
        return Undecided(f"{filled} good batches so far; {checks.least_history} are needed")
    return None


def _finding(off: list[_Off], fine: str, *, count: bool = False) -> Finding:
    if not off:
        return Finding(False, 0.0, 0.0, fine)
    worst = sorted(off, key=lambda one: -one.far)
    more = f"; and {len(worst) - _TOLD} more" if len(worst) > _TOLD else ""
    told = "; ".join(one.told for one in worst[:_TOLD]) + more
    value, expected = (float(len(worst)), 0.0) if count else (worst[0].value, worst[0].expected)
    return Finding(True, value, expected, told, {one.name: one.value for one in worst})


def _null_fraction(one: FeedProfile, name: str) -> float:
    # A column that a batch did not have was null in all its rows.
    column = one.columns.get(name)
    return 1.0 if column is None else column.nulls / one.rows


def _sums(column: ColumnProfile, name: str, history: FeedHistory) -> ColumnSums:
    return history.column(name, column.kind) if column.kind in ("number", "category") else _NO_SUMS


def _values(column: ColumnProfile) -> int:
    return sum(column.bins.values()) or sum(column.categories.values())


def _shift(column: ColumnProfile, sums: ColumnSums) -> float:
    """Distance of the column from all of the past together."""
    numeric = column.kind == "number"
    now: Mapping[Any, int] = column.bins if numeric else column.categories
    order = sorted({*sums.counts, *now})
    counts = np.array([[sums.counts.get(bin, 0) for bin in order], [now.get(bin, 0) for bin in order]], np.float64)
    if not numeric:
        return float(jensen_shannon(counts[:1], counts[1:])[0])
    groups = equal_groups(counts[0])
    expected, actual = (np.bincount(groups, weights=row).astype(np.float64) for row in counts)
    return float(stability_index(expected[None], actual[None])[0])


def _shifts(column: ColumnProfile, past: Sequence[ColumnProfile]) -> Array:
    """Distance of the column from all of the past together, then of each past one from all the others."""
    numeric = column.kind == "number"
    of: list[Mapping[int, int] | Mapping[str, int]] = [
        one.bins if numeric else one.categories for one in (column, *past)
    ]
    counts = _table(of)
    total = counts[1:].sum(axis=0)
    others = np.vstack([total, total - counts[1:]])
    if not numeric:
        return jensen_shannon(others, counts)
    groups = equal_groups(total)
    member = np.eye(int(groups.max()) + 1)[groups]
    return stability_index(others @ member, counts @ member)


def _table(counted: Sequence[Mapping[int, int] | Mapping[str, int]]) -> Array:
    bins: set[Any] = {bin for counts in counted for bin in counts}
    places = {bin: at for at, bin in enumerate(sorted(bins))}
    table = np.zeros((len(counted), len(places)))
    for row, counts in enumerate(counted):
        table[row, [places[bin] for bin in counts]] = list(counts.values())
    return table


def _first_seen(one: ColumnProfile, times: Mapping[str, int]) -> int:
    return sum(rows for value, rows in one.categories.items() if times[value] == 1)


def _largest(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: -pair[1])[:_TOLD]
