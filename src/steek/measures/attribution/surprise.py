"""Adtributor's two figures for a slice: how much of the change it explains, and how surprising its share is."""

import math


def contribution(after: float, expected: float, whole_after: float, whole_expected: float) -> float | None:
    """The part of the change of a sum that a slice makes; above 1 where others move against it. None without a change.

    Source: "explanatory power", Bhagwan et al., "Adtributor: revenue debugging in advertising systems" (NSDI 2014).

    >>> contribution(20, 60, 150, 200)
    0.8
    """
    change = whole_after - whole_expected
    return None if abs(change) <= 1e-12 * max(abs(whole_after), abs(whole_expected)) else (after - expected) / change


def ratio_contribution(
    numerator: tuple[float, float], denominator: tuple[float, float], whole: tuple[float, float, float, float]
) -> float | None:
    """The same for a ratio of sums, by partial derivatives; the slices of one dimension sum to 1.

    Args:
        numerator: Of the slice, before and after.
        denominator: As numerator.
        whole: Numerator before and after, denominator before and after, of everything.

    Source: section 4.2 of the same paper: (dN x D - dD x N) / (D x (D + dD)), normalised over the slices.

    >>> ratio_contribution((10, 10), (20, 40), (20, 20, 40, 60))
    1.0
    """
    above, below = numerator[1] - numerator[0], denominator[1] - denominator[0]
    before, after, base, base_after = whole
    change = (after - before) * base - (base_after - base) * before
    return None if change == 0 else (above * base - below * before) / change


def surprise(after: float, expected: float, whole_after: float, whole_expected: float) -> float | None:
    """The slice's term of the Jensen-Shannon divergence between shares before and after, in nats, 0 up.

    None where shares have no meaning: an amount is negative or a total is not positive.

    Source: equation 5 of the same paper.

    >>> surprise(50, 50, 100, 100)
    0.0
    """
    if min(after, expected) < 0 or min(whole_after, whole_expected) <= 0:
        return None
    p, q = expected / whole_expected, after / whole_after
    middle = (p + q) / 2
    terms = (part * math.log(part / middle) for part in (p, q) if part > 0)
    return max(0.0, sum(terms) / 2)
