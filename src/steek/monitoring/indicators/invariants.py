"""What no measurement may be, whatever it measures: then the indicator is broken, not the world. Pure."""

from collections.abc import Sequence
from math import isclose, isfinite

from steek.monitoring.judgement import Measurement
from steek.monitoring.kinds import Kind

# Sums of shares over millions of rows do not come out at exactly 1.
_ROUNDING = 1e-9


def broken_invariant(kind: Kind, measurements: Sequence[Measurement], *, is_additive: bool = False) -> str | None:
    """The first thing that cannot be, as a sentence; None when all is possible.

    A value is finite; a share is between 0 and 1, a count, a ratio and an age are not negative; rows are not
    negative; no slice comes twice; slices of a whole that is known add up to it.

    >>> broken_invariant(Kind.SHARE, [Measurement("store_id=3", 1.2, 10)])
    'store_id=3: a share of 1.2 is outside 0 to 1'
    """
    for one in measurements:
        said = _impossible(kind, one)
        if said is not None:
            return f"{one.slice or 'the whole'}: {said}"
    names = [one.slice for one in measurements]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        return f"{twice or 'the whole'} was measured twice"
    return _does_not_add_up(measurements) if is_additive else None


def _impossible(kind: Kind, one: Measurement) -> str | None:
    value = one.value
    if one.rows < 0:
        return f"{one.rows} rows"
    if value is None:
        return None
    return f"a value of {value}" if not isfinite(value) else _out_of_range(kind, value)


def _out_of_range(kind: Kind, value: float) -> str | None:
    if kind is Kind.SHARE and not -_ROUNDING <= value <= 1 + _ROUNDING:
        return f"a share of {value:g} is outside 0 to 1"
    if kind in (Kind.COUNT, Kind.RATIO) and value < 0:
        return f"a {kind.value} of {value:g} is negative"
    if kind is Kind.HOURS and value < -_ROUNDING:
        return f"an age of {value:.3g} h lies in the future"
    return None


def _does_not_add_up(measurements: Sequence[Measurement]) -> str | None:
    parts = [one for one in measurements if one.slice is not None and one.value is not None]
    said = next((one.evidence["whole"] for one in parts if "whole" in one.evidence), None)
    whole = next((one.value for one in measurements if one.slice is None), said)
    if not parts or not isinstance(whole, int | float):
        return None
    total = sum(one.value or 0.0 for one in parts)
    if isclose(total, whole, rel_tol=1e-6, abs_tol=1e-6):
        return None
    return f"slices add up to {total:,.6g}, the whole is {whole:,.6g}"
