"""How much wilder than chance are slices of a size? Learned from the windows that are compared with."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from steek.measures.attribution.table import Amounts, Floats

# Half of all squared standard normal numbers are below the first, nineteen in twenty below the second.
_HALF, _NINETEEN_OF_TWENTY = 0.4549, 3.8415
_IN_BIN, _MOST_BINS = 24, 12
# With fewer deviations than these a dimension's own figure is only trusted upwards, and with fewest not at all.
_FEW, _FEWEST = 60, 6
_SLICES_IF_ALONE = 20
_SIZES = np.array([3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10000.0])


@dataclass(frozen=True, slots=True)
class Dispersion:
    """Variance over that of rows coming one by one, at least 1, by size in rows.

    Between `sizes` it is straight over their logarithms, beyond them level. It was learned from so many `deviations`.
    """

    sizes: Floats
    factors: Floats
    deviations: int

    def at(self, rows: Floats, floor: "Dispersion | None" = None) -> Floats:
        """The factor for groups of so many rows; not below `floor` when this one was learned from few deviations."""
        place = np.log(np.maximum(rows, 1e-9))
        own = np.interp(place, np.log(self.sizes), self.factors)
        if floor is None or self.deviations >= _FEW:
            return own
        return np.maximum(own, np.interp(place, np.log(floor.sizes), floor.factors))


# What is taken where no dimension tells: baskets of a few rows, and a tenth up and down whatever the size.
UNKNOWN = Dispersion(_SIZES, 2.0 + 0.01 * _SIZES, 0)


def dispersion_of(groups: Amounts) -> Dispersion | None:
    """How far the groups of one dimension go up and down against each other; None when that cannot be told.

    Each window is compared with the mean of the windows, scaled to its own total: what all groups do together does not
    count. The squared deviation, in units of the variance that rows coming one by one would have, is 1 in the mean if
    there is nothing but chance; rows that come together (baskets, files) and groups that rise and fall
    raise it, the more the larger the group. In bins of groups of like size, the larger of two robust figures is taken:
    the median and the 95% point, each over what it is for normal numbers. It never falls with size. With one
    window only to compare with, that window and the one in question are taken, and the median alone, which a change in
    fewer than half of the groups does not move.

    Args:
        groups: Amounts of every group of a dimension or of a pair.

    Source: overdispersion from the median of squared deviates, Devlin and Roeder, "Genomic control for association
    studies" (Biometrics 55, 1999); quasi-likelihood, McCullagh and Nelder, "Generalized Linear Models" (1989), ch. 9.
    """
    windows = groups.amount.shape[1] - 1
    first = 1 if windows > 1 else 0
    amount, squares, weight = (each[:, first:] for each in (groups.amount, groups.squares, groups.weight))
    known = (amount.sum(axis=1) > 0) & (weight.sum(axis=1) > 0) & (squares.sum(axis=1) > 0)
    if windows == 1 and int(known.sum()) < _SLICES_IF_ALONE:
        return None
    amount, squares, weight = amount[known], squares[known], weight[known]
    level = amount.sum(axis=1, keepdims=True) / weight.sum(axis=1, keepdims=True) * weight
    expected = level * (amount.sum(axis=0) / np.maximum(level.sum(axis=0), 1e-300))
    unit = squares.sum(axis=1, keepdims=True) / amount.sum(axis=1, keepdims=True)
    count = amount.shape[1]
    rows = expected / unit
    kept = rows >= 1
    deviation = ((amount - expected) ** 2)[kept] / (unit * expected)[kept] * (count / (count - 1))
    if len(deviation) < _FEWEST:
        return None
    return _by_size(rows[kept], deviation, with_tail=windows > 1)


def pooled(known: Sequence[Dispersion | None]) -> Dispersion:
    """The middle of the dimensions that were learned from enough, else the widest of them; a guess without any."""
    learned = [one for one in known if one is not None]
    enough = [one.at(_SIZES) for one in learned if one.deviations >= _FEW]
    if enough:
        return Dispersion(_SIZES, np.median(enough, axis=0), _FEW)
    if learned:
        return Dispersion(_SIZES, np.max([one.at(_SIZES) for one in learned], axis=0), _FEW)
    return UNKNOWN


def _by_size(rows: Floats, deviation: Floats, *, with_tail: bool) -> Dispersion:
    order = np.argsort(rows, kind="stable")
    bins = max(1, min(_MOST_BINS, len(order) // _IN_BIN))
    sizes: list[float] = []
    factors: list[float] = []
    for places in np.array_split(order, bins):
        factor = float(np.median(deviation[places])) / _HALF
        if with_tail and len(places) >= _IN_BIN - 4:
            factor = max(factor, float(np.quantile(deviation[places], 0.95)) / _NINETEEN_OF_TWENTY)
        sizes.append(float(np.median(rows[places])))
        factors.append(max(1.0, factor))
    return Dispersion(np.array(sizes), np.maximum.accumulate(np.array(factors)), len(deviation))
