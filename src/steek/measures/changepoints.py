"""Where a level changed: the best cut of a series into stretches of one level each, robust against single spikes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from steek.measures.robust_rows import Floats, row_medians

# A value counts as at most three spreads from the middle, so that one spike costs less than a new stretch.
_MOST = 3.0
# For a location known to a likelihood ratio: -2 ln(0.05).
_CREDIBLE = 2 * math.log(20)
_LEAST_PENALTY = _MOST**2 + 1
_DIFFERENCE = math.sqrt(2)
_NORMAL = 1.4826


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """A change of level before window `index`; with 95% likelihood before one of `low` to `high`.

    `before` and `after` are the levels of the stretches on both sides, in the unit of the values. `confidence` is how
    sure it is that there is a change at all, 0 to 1.
    """

    index: int
    low: int
    high: int
    before: float
    after: float
    confidence: float


def change_points(values: Sequence[float]) -> tuple[ChangePoint, ...]:
    """Changes of level, oldest first; a stretch of one window at the end or of two in the middle is no change.

    The cut with the least sum of squares about the stretches' means plus a penalty for each stretch, found exactly
    by dynamic programming. Values are first brought to within three spreads of the median, which bounds what
    an outlier can do. The spread is taken from the differences of neighbours, which a change of level hardly touches.

    Args:
        values: One finite number per window, oldest first, without season.

    Source: Jackson et al., "An algorithm for optimal partitioning of data on an interval" (2005), whose optimum PELT
    (Killick, Fearnhead and Eckley, 2012) finds with pruning; bounded loss after Fearnhead and Rigaill, "Changepoint
    detection in the presence of outliers" (2019); the interval is a likelihood-ratio set (Siegmund, 1988).

    >>> [(point.index, point.after) for point in change_points([5, 6, 5, 4, 5, 6, 5, 9, 10, 9, 11, 10])]
    [(7, 10.0)]
    """
    array = np.asarray(values, dtype=np.float64)[None, :]
    if array.shape[1] < 4:
        return ()
    scaled = _scaled(array)
    if scaled is None:
        return ()
    starts = _starts(best_cuts(scaled)[0])
    edges = [*starts, array.shape[1]]
    sums = _sums(scaled)
    levels = [float(np.median(array[0, one:two])) for one, two in pairwise(edges)]
    found: list[ChangePoint] = []
    for number in range(1, len(starts)):
        first, cut, end = edges[number - 1], edges[number], edges[number + 1]
        low, high, gain = _located(sums, first, cut, end)
        sure = max(0.0, 1 - (end - first) * math.exp(-gain / 2))
        found.append(ChangePoint(cut, low, high, levels[number - 1], levels[number], round(sure, 4)))
    return tuple(found)


def last_changes(values: Floats, *, chunk: int = 2048) -> NDArray[np.int64]:
    """For each row of series x windows the index of the last change of level; 0 where there is none.

    Gaps (NaN) take the value before them. The same cuts as `change_points`.
    """
    found = np.zeros(len(values), dtype=np.int64)
    if values.shape[1] < 4:
        return found
    filled = _filled(values)
    for start in range(0, len(values), chunk):
        part = filled[start : start + chunk]
        found[start : start + chunk] = best_cuts(_scaled_rows(part))[:, -1]
    return found


def best_cuts(scaled: Floats) -> NDArray[np.int64]:
    """Where the last stretch begins when a series ends after window t: series x windows."""
    series, windows = scaled.shape
    penalty = np.float32(max(_LEAST_PENALTY, 3 * math.log(windows)))
    # Single precision holds sums of so few values of at most three to a thousandth, far below any penalty.
    total = np.hstack([np.zeros((series, 1)), np.cumsum(scaled, axis=1)]).astype(np.float32)
    cost = np.full((series, windows + 1), -penalty, dtype=np.float32)
    begins = np.zeros((series, windows), dtype=np.int64)
    rows = np.arange(series, dtype=np.int64)
    # The sum of all squares is the same for every cut, so a stretch costs less by its sum squared over its length.
    for end in range(1, windows + 1):
        candidates = total[:, end : end + 1] - total[:, :end]
        candidates *= candidates
        candidates *= 1 / np.arange(end, 0, -1, dtype=np.float32)
        np.subtract(cost[:, :end], candidates, out=candidates)
        best = candidates.argmin(axis=1)
        begins[:, end - 1] = best
        cost[:, end] = candidates[rows, best] + penalty
    return begins


def _scaled(array: Floats) -> Floats | None:
    scaled = _scaled_rows(array)
    return scaled if bool(np.any(scaled)) else None


def _scaled_rows(values: Floats) -> Floats:
    centred = values - row_medians(values)[:, None]
    spreads = _NORMAL * row_medians(np.abs(np.diff(values, axis=1))) / _DIFFERENCE
    plain = _NORMAL * row_medians(np.abs(centred))
    size = np.abs(centred).max(axis=1)
    # A series that is mostly constant has no spread of its own: a thousandth of its size stands for it.
    spreads = np.where(spreads > 0, spreads, np.where(plain > 0, plain, size) / 10)
    safe = np.where(spreads > 0, spreads, 1.0)[:, None]
    return np.clip(centred / safe, -_MOST, _MOST)


def _filled(values: Floats) -> Floats:
    known = np.isfinite(values)
    numbers = np.arange(values.shape[1], dtype=np.int64)
    places = np.maximum.accumulate(np.where(known, numbers, -1), axis=1)
    first = np.argmax(known, axis=1)
    places = np.where(places < 0, first[:, None], places)
    return np.nan_to_num(np.take_along_axis(values, places, axis=1))


def _starts(begins: NDArray[np.int64]) -> list[int]:
    starts: list[int] = []
    end = len(begins)
    while end > 0:
        end = int(begins[end - 1])
        starts.append(end)
    return starts[::-1]


def _sums(scaled: Floats) -> Floats:
    return np.concatenate([[0.0], np.cumsum(scaled[0])])


def _located(sums: Floats, first: int, cut: int, end: int) -> tuple[int, int, float]:
    """First and last cut between two neighbours that fit nearly as well, and what the best one gains."""
    cuts = np.arange(first + 1, end)
    left = (sums[cuts] - sums[first]) ** 2 / (cuts - first)
    right = (sums[end] - sums[cuts]) ** 2 / (end - cuts)
    gains = left + right - (sums[end] - sums[first]) ** 2 / (end - first)
    best = float(gains[cut - first - 1])
    near = cuts[gains >= best - _CREDIBLE]
    return min(int(near.min()), cut), max(int(near.max()), cut), best
