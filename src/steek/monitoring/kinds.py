"""What sort of number an indicator gives: its unit, the scale it varies on, and how far chance alone moves it."""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from steek.measures.robust import Scale
from steek.measures.robust_rows import Floats

# A mean of thousands of scores hardly varies; a change below width x 0.5% is nobody's incident.
_AMOUNT_FRACTION = 0.005
_MOST_ROOM = 3.0


class Kind(StrEnum):
    """COUNT: rows. SHARE: fraction of rows, 0 to 1. RATIO: of two sums, 0 up. AMOUNT: any number. HOURS: an age."""

    COUNT = "count"
    SHARE = "share"
    RATIO = "ratio"
    AMOUNT = "amount"
    HOURS = "hours"

    @property
    def unit(self) -> str:
        """Unit for axes and sentences; empty for a bare number."""
        return {Kind.COUNT: "rows", Kind.SHARE: "fraction", Kind.HOURS: "h"}.get(self, "")

    @property
    def scale(self) -> Scale:
        return "sqrt" if self in (Kind.COUNT, Kind.RATIO) else "linear"


def chance_spread(kind: Kind, *, centre: float, rows: int) -> float:
    """One standard deviation that chance alone gives a value near `centre` over `rows` rows, on the kind's scale.

    Counts: 1/2, the spread of the square root of a Poisson number (Bartlett, 1936). Shares: the binomial one, with the
    share pulled towards the middle by one row each way so that "always 0" keeps room. Ratios: that of a count of
    `rows` over its own expectation. Amounts: 0.5% of the centre. Hours: 1.

    >>> round(chance_spread(Kind.SHARE, centre=0.4, rows=600), 3)
    0.02
    """
    if kind is Kind.COUNT:
        return 0.5
    if kind is Kind.SHARE:
        share = (centre * rows + 1) / (rows + 2)
        return math.sqrt(max(share * (1 - share), 0.0) / max(rows, 1))
    if kind is Kind.RATIO:
        return 0.5 / math.sqrt(max(rows, 1))
    return _AMOUNT_FRACTION * abs(centre) if kind is Kind.AMOUNT else 1.0


def chance_spreads(kind: Kind, *, centres: Floats, rows: Floats) -> Floats:
    """`chance_spread` of many slices at once; rows are at least 1."""
    if kind is Kind.COUNT:
        return np.full(np.shape(centres), 0.5)
    if kind is Kind.SHARE:
        shares = (centres * rows + 1) / (rows + 2)
        return np.sqrt(np.maximum(shares * (1 - shares), 0.0) / rows)
    if kind is Kind.RATIO:
        return 0.5 / np.sqrt(rows)
    return _AMOUNT_FRACTION * np.abs(centres) if kind is Kind.AMOUNT else np.ones(np.shape(centres))


def with_own_error(spread: float, rows: int, deviation: float | None) -> float:
    """The spread of a mean of `rows`, at least its standard error where the `deviation` of one row is known.

    Fewer rows than usual leave a mean more room, but at most three times: the fault that moves a mean often makes its
    rows differ wildly, and must not excuse itself by that.

    >>> with_own_error(8.0, 100, 120.0), with_own_error(8.0, 100, 15000.0), with_own_error(8.0, 100, None)
    (12.0, 24.0, 8.0)
    """
    own = 0.0 if deviation is None else deviation / math.sqrt(max(rows, 1))
    return max(spread, min(own, _MOST_ROOM * spread))


def with_own_errors(spreads: Floats, rows: Floats, deviations: Floats | None) -> Floats:
    """`with_own_error` of many slices at once; a deviation of NaN is not known, rows are at least 1."""
    if deviations is None:
        return spreads
    return np.fmax(spreads, np.minimum(deviations / np.sqrt(rows), _MOST_ROOM * spreads))


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that a value of this kind can break; None where it cannot."""

    lower: float | None
    upper: float | None


def reachable(kind: Kind, lower: float, upper: float) -> Limits:
    """Drop bounds that no value of the kind can cross, such as a share below 0, or that are no harm: being young.

    >>> reachable(Kind.SHARE, -0.2, 0.31)
    Limits(lower=None, upper=0.31)
    """
    floor = {Kind.AMOUNT: -math.inf, Kind.HOURS: math.inf}.get(kind, 0.0)
    ceiling = 1.0 if kind is Kind.SHARE else None
    return Limits(
        None if lower <= floor else lower,
        None if ceiling is not None and upper >= ceiling else upper,
    )
