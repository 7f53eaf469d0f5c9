"""The second verdict of a learned threshold, on series that leave their place by small steps."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from steek.measures.drifts import Drifts, drift_limit, drifts
from steek.measures.robust_rows import Floats, row_counts
from steek.monitoring.kinds import Kind, chance_spreads
from steek.monitoring.thresholds.declared import LearnedThreshold
from steek.monitoring.thresholds.usual_many import UsualMany, on_scale

WEEK = timedelta(weeks=1)
_LEAST_FRACTION = 0.02


@dataclass(frozen=True, slots=True)
class Drift:
    """A level that moved by small steps.

    Args:
        before: Median of the weeks before the last six, in the unit of the values.
        now: Median of the last three weeks.
        fraction: Change relative to `before`; None when that is 0.
        total: The cumulative sum, in spreads of a week, negative where the level fell.
        limit: The sum from which it counts as a drift.
    """

    before: float
    now: float
    fraction: float | None
    total: float
    limit: float

    @property
    def reason(self) -> str:
        """One sentence."""
        size = "" if self.fraction is None else f"{abs(self.fraction):.0%} "
        way = "below" if self.total < 0 else "above"
        return (
            f"slow drift: the last three weeks lie at {self.now:.6g}, {size}{way} the {self.before:.6g} of the weeks"
            f" before; cumulative sum {abs(self.total):.1f}, {self.limit:.1f} allowed"
        )


def drift_check(values: Sequence[float], kind: Kind = Kind.AMOUNT, *, week: int = 7, slices: int = 1) -> Drift | None:
    """The drift of one series; None when it shows none, or has fewer than ten weeks.

    Args:
        values: One number per window, oldest first, NaN where there is none, or where nothing is to be learned.
        kind: Of the indicator; counts are compared by their square roots.
        week: How many windows a week has.
        slices: How many series share one allowance of false alarms.

    >>> steady = [100.0 + day * 7 % 5 for day in range(70)]
    >>> drift_check(steady) is None
    True
    >>> slow = steady + [100.0 + day * 7 % 5 - day / 2 for day in range(42)]
    >>> drift_check(slow).reason.split(";")[0]
    'slow drift: the last three weeks lie at 86.75, 15% below the 101.75 of the weeks before'
    """
    rows = np.asarray(values, dtype=np.float64)[None, :]
    return find_drifts(rows, kind, week=week, slices=slices).get(0)


def find_drifts(
    values: Floats,
    kind: Kind,
    *,
    week: int,
    slices: int,
    rows: Floats | None = None,
    already: Collection[int] = (),
) -> Mapping[int, Drift]:
    """Drifts of many series, by row. A shift of less than 2% is nobody's incident; a falling age is no harm.

    Those that drift `already` do so until their sum has fallen below half of the limit, so that none comes and goes
    with every day.
    """
    scaled = on_scale(values, kind)
    found = drifts(scaled, week, slices=slices, least_spread=_least(values, kind, rows))
    limit = drift_limit(slices)
    drifted: dict[int, Drift] = {}
    limits = np.full(len(values), limit)
    limits[list(already)] = limit / 2
    for index in np.flatnonzero(np.abs(np.nan_to_num(found.sums)) >= limits):
        one = _drift(found, int(index), kind, limit)
        large = one.fraction is None or abs(one.fraction) >= _LEAST_FRACTION
        same_way = (one.now - one.before) * one.total > 0
        if large and same_way and not (kind is Kind.HOURS and one.total < 0):
            drifted[int(index)] = one
    return drifted


def drift_span(threshold: LearnedThreshold) -> timedelta:
    """How far back the check looks; nothing where it is switched off."""
    return timedelta() if threshold.drift_weeks is None else threshold.drift_weeks * WEEK


def week_of(window: timedelta) -> int:
    """Windows in a week, at least one."""
    return max(1, round(WEEK / window))


def judged_by_size(usual: UsualMany, kind: Kind, minimum_expected: float) -> np.ndarray:
    """Which slices are large enough for their level to be followed."""
    return usual.expected >= minimum_expected if kind is Kind.COUNT else usual.windows > 0


def _least(values: Floats, kind: Kind, rows: Floats | None) -> Floats | float:
    if kind in (Kind.COUNT, Kind.HOURS):
        return 0.5 if kind is Kind.COUNT else 1.0
    if rows is None:
        return 0.0
    typical = np.maximum(_medians(rows), 1.0)
    return chance_spreads(kind, centres=_medians(values), rows=typical)[:, None]


def _medians(values: Floats) -> Floats:
    known = row_counts(values) > 0
    medians = np.full(len(values), np.nan)
    medians[known] = np.nanmedian(values[known], axis=1)
    return medians


def _drift(found: Drifts, index: int, kind: Kind, limit: float) -> Drift:
    before, now = float(found.before[index]), float(found.now[index])
    if kind.scale == "sqrt":
        before, now = before**2, now**2
    fraction = (now - before) / abs(before) if before else None
    return Drift(before, now, fraction, round(float(found.sums[index]), 3), limit)
