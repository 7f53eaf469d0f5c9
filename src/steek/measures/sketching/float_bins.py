"""Bins that never change: any two batches, of any time, are counted in the same ones.

A bin is the sign, the exponent and the first three bits of the mantissa of a 64-bit float: eight bins for each power
of two, at most an eighth wide. Taking them is a shift of bits, not a logarithm, so counting is nearly free and
counts of chunks add up exactly. The idea of bins with bounded relative width: Masson, Rim and Lee, "DDSketch" (2019);
of cutting them from the bits of the number: Tene, HdrHistogram.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_KEPT_BITS = 15
_SHIFT = 64 - _KEPT_BITS
_BLOCK = 1 << 15
_SIGN = 1 << (_KEPT_BITS - 1)


def bin_counts(values: NDArray[Any]) -> dict[int, int]:
    """Values per bin, for the bins that have any; the bins are ordered as the numbers are, 0.0 has the bin 0.

    Args:
        values: Finite numbers, any order; read as 64-bit floats.

    >>> bin_counts(np.array([0.0, 1.0, 1.05, -3.0]))
    {-8197: 1, 0: 1, 8184: 2}
    """
    if not len(values):
        return {}
    first, counts = _count(values)
    taken = np.flatnonzero(counts)
    found = taken + first
    ordered = np.where(found < _SIGN, found, _SIGN - found - 1)
    pairs = sorted(zip(ordered.tolist(), counts[taken].tolist(), strict=True))
    return dict(pairs)


def _count(values: NDArray[Any]) -> tuple[int, NDArray[np.int64]]:
    """The first place that has a value, and the values at it and at each place after it."""
    if len(values) > _BLOCK:
        # Blocks stay in the cache of the processor.
        whole = np.zeros(1 << _KEPT_BITS, np.int64)
        for at in range(0, len(values), _BLOCK):
            first, counts = _count(values[at : at + _BLOCK])
            whole[first : first + len(counts)] += counts
        return 0, whole
    # Adding zero turns -0.0 into 0.0.
    bits = (values.astype(np.float64, copy=False) + 0.0).view(np.uint64) >> np.uint64(_SHIFT)
    places = bits.view(np.int64)
    # Numbers of one column are near each other: a few bins are counted then, not all there are.
    first = int(places.min())
    return first, np.bincount(places - first).astype(np.int64, copy=False)


def lower_edge(bin: int) -> float:
    """The number of the bin that is nearest to zero.

    >>> lower_edge(8184), lower_edge(-8197)
    (1.0, -3.0)
    """
    bits = bin if bin >= 0 else _SIGN - bin - 1
    return float(np.array([bits << _SHIFT], dtype=np.uint64).view(np.float64)[0])
