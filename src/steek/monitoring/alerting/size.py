"""How far a value is from what was expected, with an interval: 2 rows of 40 are not told like 2,000 of 40,000."""

import math
from dataclasses import dataclass
from typing import Literal

from steek.measures.estimate import Estimate
from steek.measures.intervals import poisson, wilson
from steek.measures.robust import MEDIAN_VARIANCE
from steek.monitoring.kinds import Kind
from steek.monitoring.thresholds.usual import Usual

_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Size:
    """The change that an alert is about.

    `value`, with its 95% interval from `low` to `high`, is a part of what was expected where `relative` (-0.83: 83%
    less), else a difference in the unit of the indicator, for shares in points of 1. The ends are None where chance
    has no known law. `against` is "usual", the middle of comparable windows, or "bound", the bound that was left.
    """

    value: float
    low: float | None
    high: float | None
    relative: bool
    expected: float
    against: Literal["usual", "bound"]
    text: str


def size_of(
    value: float | None,
    kind: Kind,
    *,
    rows: int,
    usual: Usual | None = None,
    bounds: tuple[float | None, float | None] = (None, None),
    deviation: float | None = None,
    unit: str | None = None,
) -> Size | None:
    """The size of a change; None without a value or anything to compare it with.

    Args:
        value: What was measured.
        kind: Of the indicator.
        rows: Rows behind the value.
        usual: What was learned for this part of the season; None, or with no windows, compares with the bound.
        bounds: Lower and upper, one of which the value left.
        deviation: Standard deviation of one row of an amount, where known.
        unit: Instead of that of the kind.

    The interval of the value is Byar's for counts and ratios of counts, Wilson's for shares, the normal one for means;
    that of the expectation is of a median of its windows. The two are joined by MOVER: Newcombe (1998), method 10, for
    differences; Donner and Zou (2012), "Closed-form confidence intervals for functions of the normal mean and
    standard deviation", for ratios.

    >>> usual = Usual(28, 40.0, 40.0 ** 0.5, 4, 0.6)
    >>> size_of(7.0, Kind.COUNT, rows=7, usual=usual).text
    '82% below what is usual (62% to 93%)'
    """
    if value is None:
        return None
    expected = _expected(usual, kind)
    if expected is not None:
        against: Literal["usual", "bound"] = "usual"
    else:
        bound = _left(value, bounds)
        if bound is None:
            return None
        expected, against = Estimate(bound, bound, bound, 0), "bound"
    found = _value(value, kind, rows, deviation)
    assert expected.value is not None
    relative = kind in (Kind.COUNT, Kind.RATIO, Kind.AMOUNT) and expected.value > 0 and value >= 0
    change, low, high = _relative(found, expected) if relative else _difference(found, expected)
    said = _text(change, low, high, kind, relative=relative, against=against, unit=unit)
    return Size(change, low, high, relative, expected.value, against, said)


def _expected(usual: Usual | None, kind: Kind) -> Estimate | None:
    if usual is None or not usual.windows or not usual.known or not math.isfinite(usual.centre):
        return None
    half = _Z * math.sqrt(MEDIAN_VARIANCE / usual.known) * (usual.spread if math.isfinite(usual.spread) else 0.0)
    low, high = usual.centre - half, usual.centre + half
    if kind.scale == "sqrt":
        return Estimate(usual.centre**2, max(low, 0.0) ** 2, high**2, usual.windows)
    return Estimate(usual.centre, low, high, usual.windows)


def _left(value: float, bounds: tuple[float | None, float | None]) -> float | None:
    lower, upper = bounds
    if lower is not None and value < lower:
        return lower
    return upper if upper is not None and value > upper else None


def _value(value: float, kind: Kind, rows: int, deviation: float | None) -> Estimate:
    if kind is Kind.COUNT and value >= 0:
        return poisson(round(value))
    if kind is Kind.SHARE and 0 <= value <= 1 and rows:
        return wilson(round(value * rows), rows)
    if kind is Kind.RATIO and value >= 0 and rows:
        # A ratio of sums goes up and down as the count of rows that it stands on.
        counted = poisson(rows)
        assert counted.low is not None
        assert counted.high is not None
        return Estimate(value, value * counted.low / rows, value * counted.high / rows, rows)
    if kind is Kind.AMOUNT and deviation is not None and rows:
        half = _Z * deviation / math.sqrt(rows)
        return Estimate(value, value - half, value + half, rows)
    return Estimate(value, None, None, rows)


def _relative(found: Estimate, expected: Estimate) -> tuple[float, float | None, float | None]:
    value, usual = found.value or 0.0, expected.value or 1.0
    change = value / usual - 1
    if found.low is None or found.high is None or expected.low is None or expected.high is None:
        return change, None, None
    product = value * usual
    below, above = expected.high * (2 * usual - expected.high), expected.low * (2 * usual - expected.low)
    least = product**2 - found.low * (2 * value - found.low) * below
    most = product**2 - found.high * (2 * value - found.high) * above
    if below <= 0 or above <= 0 or least < 0 or most < 0:
        # So little is known of the expectation that only the outermost ends are safe to name.
        top = math.inf if expected.low <= 0 else found.high / expected.low - 1
        return change, found.low / expected.high - 1, top if math.isfinite(top) else None
    return change, (product - math.sqrt(least)) / below - 1, (product + math.sqrt(most)) / above - 1


def _difference(found: Estimate, expected: Estimate) -> tuple[float, float | None, float | None]:
    value, usual = found.value or 0.0, expected.value or 0.0
    change = value - usual
    if found.low is None or found.high is None or expected.low is None or expected.high is None:
        return change, None, None
    low = change - math.hypot(value - found.low, expected.high - usual)
    return change, low, change + math.hypot(found.high - value, usual - expected.low)


def _text(
    change: float, low: float | None, high: float | None, kind: Kind, *, relative: bool, against: str, unit: str | None
) -> str:
    compared = "what is usual" if against == "usual" else "its bound"
    word = "below" if change < 0 else "above"
    nearest, farthest = (high, low) if change < 0 else (low, high)

    def said(number: float) -> str:
        if relative and number >= 1 and change > 0:
            return f"{number + 1:.3g} times"
        if relative:
            return f"{100 * number:.0f}%"
        if kind is Kind.SHARE:
            return f"{100 * number:.3g} points"
        return f"{number:,.3g} {unit or kind.unit}".rstrip()

    # "5 times what is usual", since "400% above" has to be worked out.
    times = relative and change >= 1
    main = f"{said(change)} {compared}" if times else f"{said(abs(change))} {word} {compared}"
    if nearest is None or farthest is None:
        return main
    sign = -1 if change < 0 else 1
    first, last = said(max(sign * nearest, 0.0)), said(sign * farthest)
    word = last.partition(" ")[2]
    return f"{main} ({first.removesuffix(f' {word}')} to {last})"
