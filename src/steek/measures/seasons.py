"""What is usual at an hour or on a weekday: a centre for each part of the season, one spread about them all.

A season is given as levels, finest first: an array that names the part in which each window lies. A part that has
been seen fewer than three times borrows its centre from the coarser level, and at last from all windows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steek.measures.robust import ENOUGH_OF_A_PHASE
from steek.measures.robust_rows import Floats, row_counts, row_medians, row_spreads

Parts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Seasons:
    """What is usual for many series, by part of the finest level.

    `centres` and `known` are series x parts: the centre of a part, and how many windows it was taken from. `spreads` is
    one number a series; all NaN, 0 and NaN for a series without values. A season without levels has one part.
    """

    centres: Floats
    known: NDArray[np.int64]
    spreads: Floats


def learn_seasons(values: Floats, levels: Sequence[Parts], coarser: Sequence[Parts]) -> Seasons:
    """Centres of all parts and the spread about them.

    Args:
        values: Series x windows, on their scale; NaN where there is no value.
        levels: For each level, finest first, the part of each window; empty for no season.
        coarser: For each level, the part of it in which each part of the finest level lies; the first is 0, 1, 2...
    """
    parts = len(coarser[0]) if coarser else 1
    centres = np.repeat(row_medians(values)[:, None], parts, axis=1)
    known = np.repeat(row_counts(values)[:, None], parts, axis=1)
    for level, place in zip(reversed(levels), reversed(coarser), strict=True):
        for part in range(int(place.max()) + 1):
            inside = values[:, level == part]
            counts = row_counts(inside)
            enough = counts >= ENOUGH_OF_A_PHASE
            if not enough.any():
                continue
            middle = row_medians(inside)
            for column in np.flatnonzero(place == part):
                centres[enough, column], known[enough, column] = middle[enough], counts[enough]
    return Seasons(centres, known, row_spreads(residuals(values, centres, levels)))


def residuals(values: Floats, centres: Floats, levels: Sequence[Parts]) -> Floats:
    """Values less the centre of their part: series x windows."""
    return values - (centres[:, levels[0]] if levels else centres)


def season_of_one(
    values: Sequence[float], levels: Sequence[Sequence[int]], at: Sequence[int]
) -> tuple[float, int, list[float]]:
    """Centre of the part `at` (one number for each level), windows behind it, and deviations of all values.

    The plain form of `learn_seasons` for one series without gaps.

    >>> season_of_one([1.0, 5.0, 1.0, 5.0, 2.0, 6.0], [[0, 1, 0, 1, 0, 1]], [1])
    (5.0, 3, [0.0, 0.0, 0.0, 0.0, 1.0, 1.0])
    """

    def usual(parts: Sequence[int]) -> tuple[float, int]:
        for level, part in zip(levels, parts, strict=True):
            inside = [value for value, other in zip(values, level, strict=True) if other == part]
            if len(inside) >= ENOUGH_OF_A_PHASE:
                return float(np.median(inside)), len(inside)
        return float(np.median(values)), len(values)

    places = list(zip(*levels, strict=True)) if levels else [()] * len(values)
    known = {place: usual(place) for place in {*places, tuple(at)}}
    centre, windows = known[tuple(at)]
    return centre, windows, [value - known[place][0] for value, place in zip(values, places, strict=True)]
