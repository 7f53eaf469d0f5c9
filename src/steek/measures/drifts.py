"""Slow drift: a level that leaves its old place by steps too small for any single window to show."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steek.measures.robust import MEDIAN_VARIANCE
from steek.measures.robust_rows import Floats, row_counts, row_medians, row_spreads

# The weeks that may have drifted; those before them are the reference. A decay over six weeks fills them.
RECENT_WEEKS = 6
LEAST_REFERENCE_WEEKS = 4
# Shift to be found quickly is one standard deviation of a week; half of it is allowed for free (Page, 1954).
_ALLOWANCE = 0.5
# At 6, measured on a year of daily lines of a grocery chain: none in all, under one a year for a single store.
_LIMIT = 6.0
_MOST_CORRELATION = 0.6


@dataclass(frozen=True, slots=True)
class Drifts:
    """The cumulative sums of many series, and the levels they compare.

    `before` is the median of the reference weeks, `now` the median of the last three weeks, on the scale of the
    values; `sums` is the larger of the two sums, negative where the level fell; NaN where too little is known.
    """

    before: Floats
    now: Floats
    sums: Floats

    def limit(self, slices: int) -> float:
        """The sum at which a series has drifted, when so many share one allowance of false alarms."""
        return drift_limit(slices)


def drift_limit(slices: int) -> float:
    """How far a sum may go: in-control time grows as exp(2 k h), so that ln(slices) / (2 k) keeps the allowance.

    >>> drift_limit(1), round(drift_limit(457), 1)
    (6.0, 12.1)
    """
    return _LIMIT + math.log(max(slices, 1)) / (2 * _ALLOWANCE)


def drifts(values: Floats, week: int, *, slices: int = 1, least_spread: float | Floats = 0.0) -> Drifts:
    """Cumulative sums of weekly medians against the median of the weeks before them.

    A weekly median holds no weekday and no single odd day. Each week counts at most half of the limit, so that no one
    or two odd weeks, such as a holiday with its aftermath, are a drift; three in the same direction may be.
    The noise of a week is the larger of what the reference weeks show and what the days within them imply, widened
    for correlation of neighbouring weeks as (1 + r) / (1 - r).

    Args:
        values: Series x windows, oldest first, on a scale on which the spread is even; NaN where there is no value.
        week: How many windows a week has.
        slices: How many series share one allowance of false alarms.
        least_spread: Of one window by chance alone; one number, or one for each series as a column.

    Source: Page, "Continuous inspection schemes" (1954); winsorised as in Lucas and Crosier, "Robust CUSUM" (1982);
    correlation as in Hamed and Rao, "A modified Mann-Kendall trend test for autocorrelated data" (1998).
    """
    weeks = values.shape[1] // week
    series = len(values)
    unknown = np.full(series, np.nan)
    if weeks < RECENT_WEEKS + LEAST_REFERENCE_WEEKS:
        return Drifts(unknown, unknown, unknown)
    cut = _without_season(np.ascontiguousarray(values[:, -weeks * week :]).reshape(series, weeks, week))
    cut = cut.reshape(series * weeks, week)
    medians = row_medians(cut)
    medians[row_counts(cut) * 2 < week] = np.nan
    medians = medians.reshape(series, weeks)
    reference, recent = medians[:, :-RECENT_WEEKS], medians[:, -RECENT_WEEKS:]
    before, known = row_medians(reference), row_counts(reference)
    daily = row_spreads(cut - medians.reshape(-1, 1)).reshape(series, weeks)
    typical = row_medians(daily[:, :-RECENT_WEEKS])[:, None]
    within = np.maximum(typical, least_spread)[:, 0] * math.sqrt(MEDIAN_VARIANCE / week)
    between = row_spreads(reference - before[:, None])
    noise = np.maximum(within, between) * np.sqrt(_inflation(reference - before[:, None]))
    noise = noise * np.sqrt(1 + MEDIAN_VARIANCE / np.maximum(known, 1))
    sums = _sums((recent - before[:, None]) / np.where(noise > 0, noise, np.nan)[:, None], drift_limit(slices) / 2)
    enough = (known >= LEAST_REFERENCE_WEEKS) & (row_counts(recent) >= RECENT_WEEKS // 2)
    return Drifts(before, row_medians(recent[:, -3:]), np.where(enough & (noise > 0), sums, np.nan))


def _without_season(values: Floats) -> Floats:
    """Series x weeks x places in the week, each place brought to the level of the middle one."""
    series, weeks, week = values.shape
    places = np.ascontiguousarray(values.transpose(0, 2, 1)).reshape(series * week, weeks)
    usual = row_medians(places).reshape(series, week)
    return values - (usual - row_medians(usual)[:, None])[:, None, :]


def _sums(shifts: Floats, most: float) -> Floats:
    up, down = np.zeros(len(shifts)), np.zeros(len(shifts))
    for number in range(shifts.shape[1]):
        shift = np.nan_to_num(np.clip(shifts[:, number], -most, most))
        up, down = np.maximum(up + shift - _ALLOWANCE, 0.0), np.maximum(down - shift - _ALLOWANCE, 0.0)
    return np.where(up >= down, up, -down)


def _inflation(deviations: Floats) -> Floats:
    clean = np.nan_to_num(deviations)
    total = (clean**2).sum(axis=1)
    shared: NDArray[np.float64] = (clean[:, 1:] * clean[:, :-1]).sum(axis=1)
    correlation = np.clip(np.divide(shared, total, out=np.zeros_like(total), where=total > 0), 0.0, _MOST_CORRELATION)
    return (1 + correlation) / (1 - correlation)
