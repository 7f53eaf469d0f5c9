"""Mean and central sums of second, third and fourth powers, which merge without losing digits.

Sums of parts are joined by the formulas of Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for
computing sample variances" (1979), for higher powers by Pébay, "Formulas for robust, one-pass parallel computation of
covariances and arbitrary-order statistical moments" (Sandia, 2008), here of any number of parts at once.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
# Blocks stay in the cache of the processor, and below the size at which products of vectors start threads.
_BLOCK = 8192


@dataclass(frozen=True, slots=True)
class Moments:
    """Moments of groups of values; every array has one entry a group.

    Args:
        count: Values.
        mean: NaN where there is no value.
        m2, m3, m4: Sums of the second, third and fourth powers of the distances from the mean; 0 without values.
            Infinite or NaN where values are so large that their powers are not representable.
    """

    count: Counts
    mean: Floats
    m2: Floats
    m3: Floats
    m4: Floats

    def variance(self) -> Floats:
        """Sample variance, NaN for fewer than two values."""
        enough = self.count > 1
        return np.divide(self.m2, self.count - 1, out=np.full(len(self.mean), np.nan), where=enough)

    def skewness(self) -> Floats:
        """Third standardised moment, NaN without spread."""
        with np.errstate(all="ignore"):
            return np.sqrt(self.count) * self.m3 / self.m2**1.5

    def kurtosis(self) -> Floats:
        """Fourth standardised moment less 3 (0 for a normal distribution), NaN without spread."""
        with np.errstate(all="ignore"):
            return self.count * self.m4 / self.m2**2 - 3.0


def moments_of(values: Floats) -> Moments:
    """Moments of one array as one group.

    Args:
        values: Finite numbers, any order.

    >>> moments_of(np.array([1.0, 2.0, 3.0])).variance().tolist()
    [1.0]
    """
    parts = [_of_block(values[at : at + _BLOCK]) for at in range(0, len(values), _BLOCK)]
    table = np.array(parts, dtype=np.float64).reshape(-1, 5)
    count = table[:, 0].astype(np.int64)
    blocks = Moments(count, table[:, 1], table[:, 2], table[:, 3], table[:, 4])
    return merge_moments(blocks, np.zeros(len(parts), np.int64), 1)


def grouped_moments(values: Floats, starts: Counts) -> Moments:
    """Moments of groups that lie one after the other.

    Args:
        values: Finite numbers, group by group.
        starts: Where each group starts; none is empty.
    """
    count = np.diff(np.append(starts, len(values))).astype(np.int64)
    if not len(count):
        nothing = np.zeros(0)
        return Moments(count, nothing, nothing, nothing, nothing)
    with np.errstate(all="ignore"):
        mean = np.add.reduceat(values, starts) / count
        off = values - np.repeat(mean, count)
        square = off * off
        m2 = np.add.reduceat(square, starts)
        m3 = np.add.reduceat(square * off, starts)
        m4 = np.add.reduceat(square * square, starts)
    return Moments(count, mean, m2, m3, m4)


def merge_moments(parts: Moments, group: Counts, groups: int) -> Moments:
    """Moments of unions of parts.

    Args:
        parts: Of any number of parts; parts without values change nothing.
        group: The union that each part belongs to, from 0.
        groups: Number of unions.

    >>> parts = moments_of(np.array([1.0, 2.0])), moments_of(np.array([6.0]))
    >>> stacked = Moments(*(np.concatenate([getattr(one, name) for one in parts]) for name in Moments.__slots__))
    >>> merge_moments(stacked, np.array([0, 0]), 1).mean.tolist()
    [3.0]
    """
    kept = parts.count > 0
    if not kept.all():
        parts = Moments(parts.count[kept], parts.mean[kept], parts.m2[kept], parts.m3[kept], parts.m4[kept])
        group = group[kept]
    n = parts.count.astype(np.float64)

    def total(values: Floats) -> Floats:
        return np.bincount(group, weights=values, minlength=groups).astype(np.float64, copy=False)

    with np.errstate(all="ignore"):
        whole = total(n)
        # Means are summed as distances from one of them, so that large means lose no digits.
        near = np.zeros(groups)
        near[group] = parts.mean
        mean = near + total(n * (parts.mean - near[group])) / whole
        off = parts.mean - mean[group]
        square = off * off
        m2 = total(parts.m2 + n * square)
        m3 = total(parts.m3 + 3.0 * off * parts.m2 + n * square * off)
        m4 = total(parts.m4 + 4.0 * off * parts.m3 + 6.0 * square * parts.m2 + n * square * square)
    return Moments(whole.astype(np.int64), mean, m2, m3, m4)


def _of_block(values: Floats) -> tuple[float, float, float, float, float]:
    with np.errstate(all="ignore"):
        mean = float(values.mean())
        off = values - mean
        square = off * off
        return len(values), mean, float(off @ off), float(square @ off), float(square @ square)
