"""When does an empty window prove that a slice is gone? When its own past makes emptiness improbable."""

import math
from collections.abc import Sequence

from steek.measures.robust import median, spread

# Windows' worth of "as irregular as Poisson" that a history must outweigh before it counts as steadier than that.
_PRIOR_WINDOWS = 3
# Nearer to 1 than this the binomial law is the Poisson one, and its formula divides by almost nothing.
_STEADY = 0.999
# False alarms by silence, per monitor and window, shared by all its slices: one in a hundred windows.
FALSE_ALARM_FRACTION = 0.01


def empty_probability(counts: Sequence[float]) -> float:
    """Probability that a window without any fault is empty, from the counts of past windows.

    Rows are read as coming one by one, or in bursts of geometric size (baskets, files) when they vary more than that:
    a Poisson or Polya-Aeppli law, whose empty windows have probability exp(-2 m / (f + 1)) with m the median and f
    the variance over the mean; steadier than chance, a binomial one, f ** (m / (1 - f)). The variance comes from the
    square roots, where it is f / 4 and wild windows hardly count. The result is at least the share seen, e empty
    windows of n, and at most (e + 1) / (n + 2), Laplace's rule of succession, unless that is less than the share.

    Args:
        counts: Rows per window, at least one, in any order.

    Source: Johnson, Kemp and Kotz, "Univariate Discrete Distributions" (2005), sections 3.4 and 9.7.

    >>> round(empty_probability([7, 9, 5, 8, 6, 7, 10, 4]), 4)
    0.0006
    >>> empty_probability([0, 0, 3, 0, 1, 0, 0]) > 0.5
    True
    """
    empty = sum(count == 0 for count in counts)
    least, most = empty / len(counts), (empty + 1) / (len(counts) + 2)
    return max(min(_law_empty(counts), most), least)


def _law_empty(counts: Sequence[float]) -> float:
    mean = median(counts)
    if mean == 0:
        return 1.0
    measured = 4 * spread([math.sqrt(count) for count in counts]) ** 2
    dispersion = (len(counts) * measured + _PRIOR_WINDOWS) / (len(counts) + _PRIOR_WINDOWS)
    if dispersion < _STEADY:
        return dispersion ** (mean / (1 - dispersion))
    return math.exp(-2 * mean / (max(dispersion, 1.0) + 1))


def silent_windows_needed(counts: Sequence[float], *, slices: int) -> int | None:
    """How many empty windows in a row it takes until a slice counts as gone; None when no number of them would do.

    Args:
        counts: Rows per window of the slice before it fell silent; empty means nothing is known.
        slices: How many slices share the monitor's allowance of false alarms.

    >>> silent_windows_needed([40, 36, 44, 41, 39, 45, 38], slices=200)
    1
    """
    if not counts:
        return None
    probability = empty_probability(counts)
    if probability <= 0:
        return 1
    if probability >= 1:
        return None
    return max(1, math.ceil(math.log(FALSE_ALARM_FRACTION / max(slices, 1)) / math.log(probability)))


def before_silence(counts: Sequence[float]) -> Sequence[float]:
    """The counts, oldest first, without the empty windows at their end.

    >>> before_silence([4, 0, 7, 0, 0])
    [4, 0, 7]
    """
    end = len(counts)
    while end and counts[end - 1] == 0:
        end -= 1
    return counts[:end]
