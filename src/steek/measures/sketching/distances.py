"""How far apart two distributions are, for many pairs at once."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
GROUPS = 10


def equal_groups(counts: NDArray[Any], groups: int = GROUPS) -> NDArray[np.int64]:
    """The group of each bin, so that groups of neighbouring bins hold about the same number of values.

    Bins without any value in the reference are a group of their own: what was never there must not pass for its
    neighbour.

    Args:
        counts: Values per bin of the reference, bins in the order of their numbers.
        groups: At most so many; fewer where one bin holds more than its share.

    >>> equal_groups(np.array([5, 5, 5, 5]), 2).tolist()
    [0, 0, 1, 1]
    """
    total = max(float(counts.sum()), 1.0)
    middle = (np.cumsum(counts) - counts / 2) / total
    wanted = np.where(counts > 0, np.minimum((middle * groups).astype(np.int64), groups - 1), groups)
    # Groups without a bin are no groups: they would count as values that are missing.
    return np.unique(wanted, return_inverse=True)[1]


def stability_index(expected: Array, actual: Array) -> Array:
    """Population stability index: sum of (a - e) ln(a / e) over groups, 0 for equal shares.

    Half a value is added to each group, so that an empty one gives a finite index. Of n and m values of one
    distribution in B groups the index is about (1/n + 1/m) times a chi-square with B - 1 degrees of freedom.
    Sources: Siddiqi, "Credit Risk Scorecards" (2006), who calls 0.1 a small and 0.25 a major shift; Yurdakul,
    "Statistical properties of the population stability index" (2018).

    Args:
        expected: Values per group, pairs x groups.
        actual: The same shape.

    Returns:
        One index a pair.

    >>> round(float(stability_index(np.array([[50.0, 50.0]]), np.array([[90.0, 10.0]]))[0]), 2)
    0.85
    """
    e = (expected + 0.5) / (expected + 0.5).sum(axis=1, keepdims=True)
    a = (actual + 0.5) / (actual + 0.5).sum(axis=1, keepdims=True)
    return ((a - e) * np.log(a / e)).sum(axis=1)


def jensen_shannon(expected: Array, actual: Array) -> Array:
    """Jensen-Shannon distance, base 2: 0 for equal shares, 1 for distributions that share no category.

    Sources: Lin, "Divergence measures based on the Shannon entropy" (1991); the root is a metric: Endres and
    Schindelin, "A new metric for probability distributions" (2003).

    Args:
        expected: Values per category, pairs x categories; a pair without values has the distance 0 from all.
        actual: The same shape.

    >>> float(jensen_shannon(np.array([[1.0, 0.0]]), np.array([[0.0, 4.0]]))[0])
    1.0
    """
    e, a = _shares(expected), _shares(actual)
    middle = (e + a) / 2
    divergence = (_entropy_terms(e, middle) + _entropy_terms(a, middle)).sum(axis=1) / 2
    empty = (expected.sum(axis=1) == 0) | (actual.sum(axis=1) == 0)
    return np.where(empty, 0.0, np.sqrt(np.maximum(divergence, 0.0)))


def _shares(counts: Array) -> Array:
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)


def _entropy_terms(shares: Array, middle: Array) -> Array:
    ratio = np.divide(shares, middle, out=np.ones_like(shares), where=shares > 0)
    return shares * np.log2(ratio)
