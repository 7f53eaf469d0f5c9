"""What a sample says about the whole it was drawn from, with 95% intervals.

Units (baskets, households) are drawn independently of each other, each with its own known chance, and all rows of a
unit by one draw: Poisson sampling of clusters. A row's weight is one over its chance.

Sources: Horvitz and Thompson 1952, "A generalization of sampling without replacement from a finite universe", for
totals; Hajek 1971, comment on Basu's "An essay on the logical foundations of survey sampling", for means;
Sarndal, Swensson and Wretman 1992, "Model Assisted Survey Sampling", 3.5 (Poisson), 5.6 and 5.7 (ratio, mean).
"""

import math

import numpy as np
from numpy.typing import NDArray

from steek.measures.estimate import Estimate

Floats = NDArray[np.float64]
Units = NDArray[np.int64]

_Z = 1.959963984540054


def estimate_total(values: Floats, rates: Floats, units: Units | None = None) -> Estimate:
    """The sum over all rows, of which only a sample is at hand; with ones as values, their number.

    Args:
        values: Per row of the sample. NaN gives no value.
        rates: Chance with which each row was drawn, above 0 and at most 1. All 1: no sampling, an interval of no
            width.
        units: Number of the unit each row was drawn with; None where every row was drawn for itself.

    Without rows the total is 0 and has no interval: nothing can be said about what was not drawn.

    >>> estimate = estimate_total(np.array([2.0, 4.0]), np.array([0.5, 1.0]))
    >>> estimate.value, round(estimate.high, 2)
    (8.0, 13.54)
    """
    value = float((values / rates).sum())
    return _interval(value, values / rates, rates, units)


def estimate_mean(values: Floats, rates: Floats, units: Units | None = None) -> Estimate:
    """The mean over all rows, of which only a sample is at hand; as `estimate_total`. None without rows.

    >>> estimate_mean(np.array([2.0, 4.0]), np.array([0.5, 1.0])).value
    2.6666666666666665
    """
    return estimate_ratio(values, np.ones_like(values), rates, units)


def estimate_ratio(above: Floats, below: Floats, rates: Floats, units: Units | None = None) -> Estimate:
    """The total of `above` over the total of `below` in the whole; None where the latter is estimated as 0.

    The interval is by linearisation: it is right for many units, too narrow for a handful.

    >>> estimate_ratio(np.array([1.0, 0.0]), np.array([2.0, 2.0]), np.array([0.5, 0.5])).value
    0.25
    """
    total = float((below / rates).sum())
    if total == 0 or math.isnan(total):
        return Estimate(None, None, None, above.size)
    value = float((above / rates).sum()) / total
    return _interval(value, (above - value * below) / total / rates, rates, units)


def _interval(value: float, expanded: Floats, rates: Floats, units: Units | None) -> Estimate:
    """Value and interval, from what each row of the sample adds to it, already divided by its rate."""
    if math.isnan(value):
        return Estimate(None, None, None, expanded.size)
    if expanded.size < 2:
        return Estimate(value, None, None, expanded.size)
    half = _Z * math.sqrt(_variance(expanded, rates, units))
    return Estimate(value, value - half, value + half, expanded.size)


def _variance(expanded: Floats, rates: Floats, units: Units | None) -> float:
    """Sum over pairs i, j of a unit of a_i a_j (1 - max(p_i, p_j)).

    The draw of a unit is one number between 0 and 1, and a row is in where its rate is above it, so both rows of a
    pair are in with the smaller of their rates: the Horvitz-Thompson variance of a pair becomes the term above.
    With one rate per unit it is (1 - p) times the square of the unit's sum.
    """
    if units is None:
        return float(((1 - rates) * expanded**2).sum())
    order = np.lexsort((rates, units))
    a, p, unit = expanded[order], rates[order], units[order]
    starts = np.concatenate(([True], unit[1:] != unit[:-1]))
    running = np.cumsum(a)
    before_unit = np.maximum.accumulate(np.where(starts, np.arange(a.size), 0))
    upto = running - (running[before_unit] - a[before_unit])
    previous = upto - a
    return max(0.0, float(((1 - p) * (upto**2 - previous**2)).sum()))
