"""The robust statistics of `robust`, for many series at once: one row a series, NaN where a window has no value."""

import math

import numpy as np
from numpy.typing import NDArray

from steek.measures.robust import NORMAL, SMALL_SAMPLE, USUAL_DEVIATION, USUAL_FRACTION

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


def row_counts(values: Floats) -> Counts:
    """Values in each row that are not NaN."""
    counts: Counts = np.isfinite(values).sum(axis=1)
    return counts


def known_windows(values: Floats) -> NDArray[np.bool_]:
    """Which columns have a value in any row."""
    counts: Counts = np.isfinite(values).sum(axis=0)
    return counts > 0


def row_medians(values: Floats) -> Floats:
    """Median of each row over what is not NaN; NaN where there is nothing.

    >>> row_medians(np.array([[3.0, 900.0, 1.0], [np.nan, 2.0, 4.0]])).tolist()
    [3.0, 3.0]
    """
    if values.shape[1] == 0:
        return np.full(len(values), np.nan)
    return sorted_medians(np.sort(values, axis=1), row_counts(values))


def sorted_medians(ordered: Floats, counts: Counts) -> Floats:
    """As `row_medians`, of rows that are sorted with NaN last, and the number of values in each."""
    last = np.maximum(counts, 1) - 1
    low, high = _pick(ordered, last // 2), _pick(ordered, (last + 1) // 2)
    return np.where(low == high, low, (low + high) / 2)


def row_spreads(residuals: Floats) -> Floats:
    """`spread` of each row of deviations from a centre; NaN where there is nothing.

    >>> row_spreads(np.array([[0.0, 0, 0, 0, 3, 4, 490]])).round(2).tolist()
    [3.12]
    """
    ordered, counts = np.sort(np.abs(residuals), axis=1), row_counts(residuals)
    usual = _pick(ordered, np.maximum(np.ceil(USUAL_FRACTION * counts).astype(np.int64) - 1, 0))
    mad = _small_sample_factors(counts) * NORMAL * sorted_medians(ordered, counts)
    return np.maximum(mad, usual / USUAL_DEVIATION)


def last_values(values: Floats, most: int) -> Floats:
    """Rows with all but their last `most` values made NaN."""
    if values.shape[1] <= most:
        return values
    following = np.cumsum(np.isfinite(values)[:, ::-1], axis=1)[:, ::-1]
    return np.where(following <= most, values, np.nan)


def _small_sample_factors(counts: Counts) -> Floats:
    most = int(counts.max(initial=0))
    table = [1.0, *(SMALL_SAMPLE.get(count, count / (count - 0.8)) for count in range(1, most + 1))]
    return np.array(table)[counts]


def _pick(ordered: Floats, places: Counts) -> Floats:
    if ordered.shape[1] == 0:
        return np.full(len(ordered), math.nan)
    return np.take_along_axis(ordered, places[:, None], axis=1)[:, 0]
