"""95% intervals: Wilson's for shares, the bootstrap for everything else."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steek.measures.estimate import Estimate

Floats = NDArray[np.float64]

_Z = 1.959963984540054
_RESAMPLES = 400
# Beyond this many blocks the interval no longer changes in a digit that anybody shows; the cost would.
_MOST_BLOCKS = 1000


def wilson(successes: int, rows: int) -> Estimate:
    """A share and its Wilson score interval, which stays inside 0..1 and is right for few rows too.

    Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference".

    >>> estimate = wilson(8, 10)
    >>> estimate.value, round(estimate.low, 3), round(estimate.high, 3)
    (0.8, 0.49, 0.943)
    >>> wilson(0, 0).value is None
    True
    """
    if rows == 0:
        return Estimate(None, None, None, 0)
    share = successes / rows
    square = _Z * _Z
    centre = (share + square / (2 * rows)) / (1 + square / rows)
    half = _Z / (1 + square / rows) * math.sqrt(share * (1 - share) / rows + square / (4 * rows * rows))
    return Estimate(share, max(0.0, centre - half), min(1.0, centre + half), rows)


def poisson(events: int) -> Estimate:
    """A number of events and Byar's interval for its expectation; `rows` is the number itself.

    Nearer than 1% to the exact one from 5 events up; for none the exact upper end, 3.69.

    Source: Breslow and Day 1987, "Statistical Methods in Cancer Research", volume 2, formulas 2.10 and 2.11.

    >>> estimate = poisson(20)
    >>> round(estimate.low, 2), round(estimate.high, 2)
    (12.21, 30.89)
    >>> poisson(0).low, round(poisson(0).high, 2)
    (0.0, 3.69)
    """
    above = events + 1
    high = above * (1 - 1 / (9 * above) + _Z / (3 * math.sqrt(above))) ** 3
    if events == 0:
        return Estimate(0.0, 0.0, -math.log(0.025), 0)
    low = events * max(0.0, 1 - 1 / (9 * events) - _Z / (3 * math.sqrt(events))) ** 3
    return Estimate(float(events), low, high, events)


@dataclass(frozen=True, slots=True)
class Resampled:
    """A figure and what it was on each resample; two of one `Bootstrap` can be subtracted.

    `value` is None when there is none; `draws` holds one number per resample (NaN: no value there), or nothing when
    there is one unit only, of which nothing can be drawn.
    """

    value: float | None
    draws: Floats
    rows: int

    def estimate(self) -> Estimate:
        """The value with the middle 95% of the draws; no interval when half of them or more have no value."""
        finite = self.draws[np.isfinite(self.draws)]
        if self.value is None or not math.isfinite(self.value) or 2 * finite.size <= self.draws.size:
            return Estimate(self.value, None, None, self.rows)
        low, high = np.quantile(finite, (0.025, 0.975))
        return Estimate(self.value, float(low), float(high), self.rows)

    def minus(self, other: "Resampled") -> "Resampled":
        """The paired difference: both figures on the same resamples."""
        value = None if self.value is None or other.value is None else self.value - other.value
        return Resampled(value, self.draws - other.draws, self.rows)


class Bootstrap:
    """Resamples of the same units, so that two figures over one object are compared on the same resamples.

    A unit is what was drawn independently: a query for rankings (its candidates hang together), else a row. Above
    1,000 units, units are put into 1,000 blocks by turn and blocks are drawn.

    Args:
        units: How many units there are.
        generator: Source of chance; the same one gives the same intervals.

    Source: Efron 1979, "Bootstrap methods: another look at the jackknife"; percentile intervals, 400 resamples.
    """

    def __init__(self, units: int, generator: np.random.Generator) -> None:
        self.units = units
        self.blocks = min(units, _MOST_BLOCKS)
        draws = _RESAMPLES if units > 1 else 0
        shares = np.full(self.blocks, 1 / self.blocks) if draws else np.empty(0)
        drawn = generator.multinomial(self.blocks, shares, size=draws) if draws else np.empty((0, self.blocks))
        self.weights: Floats = drawn.astype(np.float64)

    def ratio(self, numerators: Floats, denominators: Floats, *, rows: int | None = None) -> Resampled:
        """Sum of `numerators` over sum of `denominators`, one entry per unit each.

        Args:
            numerators: Per unit, e.g. the sum of losses of a query.
            denominators: Per unit, e.g. its number of rows. A total of zero gives no value, a NaN gives none either.
            rows: Rows behind the figure when that is not the number of units.

        >>> bootstrap = Bootstrap(3, np.random.default_rng(1))
        >>> bootstrap.ratio(np.array([1.0, 2.0, 3.0]), np.ones(3)).value
        2.0
        """
        total = float(denominators.sum())
        value = float(numerators.sum()) / total if total else math.nan
        above, below = self.by_block(numerators), self.by_block(denominators)
        with np.errstate(divide="ignore", invalid="ignore"):
            draws = (self.weights @ above) / (self.weights @ below)
        return Resampled(None if math.isnan(value) else value, draws, self.units if rows is None else rows)

    def by_block(self, per_unit: Floats) -> Floats:
        """Sums of a per-unit array per block; unit `i` belongs to block `i % blocks`."""
        if self.blocks == self.units:
            return per_unit
        padded = np.zeros(-(-self.units // self.blocks) * self.blocks)
        padded[: self.units] = per_unit
        return padded.reshape(-1, self.blocks).sum(axis=0)
