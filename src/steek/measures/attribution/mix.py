"""A ratio moves because its slices moved, or because their shares did; the two are told apart exactly."""

from dataclasses import dataclass

import numpy as np

from steek.measures.attribution.table import Floats


@dataclass(frozen=True, slots=True)
class Mixture:
    """How the slices of one dimension make the change of a ratio: `rate` + `mix` sum to it.

    `rate` holds the part of each slice's own ratio, at its mean share; `mix` the part of its changed share, at its mean
    distance from the whole. Both in the unit of the ratio.
    """

    rate: Floats
    mix: Floats

    @property
    def total_rate(self) -> float:
        return float(self.rate.sum())

    @property
    def total_mix(self) -> float:
        return float(self.mix.sum())


def mixture(numerator: Floats, denominator: Floats) -> Mixture:
    """Split the change of sum(numerator) / sum(denominator) by slice, into rate and mix.

    Args:
        numerator: [slices x 2], before and after.
        denominator: The same, not negative, and not zero in all of either column. A slice without denominator on one
            side has no ratio there: its ratio is taken to be what it is on the other, so all it does is mix.

    Source: Kitagawa, "Components of a difference between two rates" (J. Am. Stat. Assoc. 50, 1955).

    >>> import numpy as np
    >>> rows = mixture(np.array([[9.0, 18.0], [1.0, 0.5]]), np.array([[10.0, 20.0], [10.0, 5.0]]))
    >>> round(rows.total_rate, 6), round(rows.total_mix, 6)
    (0.0, 0.24)
    """
    share = denominator / denominator.sum(axis=0)
    known = denominator > 0
    ratio = np.where(known, numerator, 0.0) / np.where(known, denominator, 1.0)
    ratio = np.where(known, ratio, ratio[:, ::-1])
    whole = numerator.sum(axis=0) / denominator.sum(axis=0)
    rate = share.mean(axis=1) * (ratio[:, 1] - ratio[:, 0])
    return Mixture(rate, (share[:, 1] - share[:, 0]) * (ratio.mean(axis=1) - whole.mean()))
