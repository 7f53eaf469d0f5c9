"""Did a mitigation help? The indicators that showed the incident answer, before and after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

# By judgement: less than these changes of the distance from the bounds is within what indicators do by themselves.
_CLOSER, _FARTHER = 0.5, 1.25


class EffectVerdict(StrEnum):
    """`UNDECIDED`: the windows that would show it are not in, or nothing showed the incident."""

    HELPED = "helped"
    NO_CHANGE = "no change"
    WORSE = "worse"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class IndicatorWindows:
    """Values of one indicator around a mitigation.

    `before` is the last value measured before it began, None when there was none. `whole` are windows that began after
    it ended, oldest first; `partial` the windows measured after it that began before, so they show it in part. A side
    of the bounds that is None is open.
    """

    name: str
    lower: float | None
    upper: float | None
    before: float | None
    partial: tuple[float, ...]
    whole: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class IndicatorEffect:
    """What one indicator says, with the sentence that explains it; `after` is None while no window is in."""

    name: str
    before: float | None
    after: float | None
    verdict: EffectVerdict
    sentence: str


@dataclass(frozen=True, slots=True)
class Effect:
    """The verdict on one mitigation, how sure it is, and what each indicator says."""

    verdict: EffectVerdict
    confidence: str
    indicators: tuple[IndicatorEffect, ...]


def judge_effect(windows: Sequence[IndicatorWindows]) -> Effect:
    """The verdict of all indicators: worse if one is worse, undecided while one is missing, helped if one is better.

    >>> judge_effect([IndicatorWindows("joins", 0.9, None, 0.0, (), (0.97,))]).verdict.value
    'helped'
    >>> judge_effect([]).verdict.value
    'undecided'
    """
    indicators = tuple(_judge(one) for one in windows)
    said = {one.verdict for one in indicators}
    for verdict in (EffectVerdict.WORSE, EffectVerdict.UNDECIDED, EffectVerdict.HELPED):
        if verdict in said:
            return Effect(verdict, _confidence(verdict, windows), indicators)
    verdict = EffectVerdict.NO_CHANGE if indicators else EffectVerdict.UNDECIDED
    return Effect(verdict, _confidence(verdict, windows), indicators)


def _judge(one: IndicatorWindows) -> IndicatorEffect:
    seen = one.whole or one.partial
    after = seen[-1] if seen else None
    verdict, why = _compare(one, after)
    was = "not measured" if one.before is None else f"{one.before:,.4g}"
    now = "not measured yet" if after is None else f"{after:,.4g}"
    return IndicatorEffect(one.name, one.before, after, verdict, f"{one.name}: {was} before, {now} after; {why}")


def _compare(one: IndicatorWindows, after: float | None) -> tuple[EffectVerdict, str]:
    if after is None:
        return EffectVerdict.UNDECIDED, "the next window is not in"
    now = _distance(one, after)
    if not one.whole and now > 0:
        return EffectVerdict.UNDECIDED, "its window began before the mitigation"
    if one.before is None:
        known = now == 0
        return (EffectVerdict.HELPED, "within its bounds now") if known else (EffectVerdict.UNDECIDED, "unknown before")
    return _compare_distances(_distance(one, one.before), now)


def _compare_distances(was: float, now: float) -> tuple[EffectVerdict, str]:
    if was == 0:
        same = EffectVerdict.NO_CHANGE, "within its bounds before and after"
        return same if now == 0 else (EffectVerdict.WORSE, "it left its bounds")
    ratio = now / was
    if ratio == 0:
        return EffectVerdict.HELPED, "back within its bounds"
    if ratio <= _CLOSER:
        return EffectVerdict.HELPED, f"outside its bounds by {1 - ratio:.0%} less"
    if ratio >= _FARTHER:
        return EffectVerdict.WORSE, f"outside its bounds by {ratio - 1:.0%} more"
    return EffectVerdict.NO_CHANGE, "as far outside its bounds as before, within what it does by itself"


def _distance(one: IndicatorWindows, value: float) -> float:
    below = 0.0 if one.lower is None else one.lower - value
    above = 0.0 if one.upper is None else value - one.upper
    return max(below, above, 0.0)


def _confidence(verdict: EffectVerdict, windows: Sequence[IndicatorWindows]) -> str:
    if not windows:
        return "none: no indicator showed this incident"
    if verdict is EffectVerdict.UNDECIDED:
        return "none: the windows that would show it are not in"
    fewest = min(len(one.whole) for one in windows)
    if fewest == 0:
        return "low: the windows that show it began before the mitigation"
    level = "moderate" if fewest >= 3 else "low"
    return f"{level}: {fewest} whole window{'s' if fewest > 1 else ''} after it; other things may have changed too"
