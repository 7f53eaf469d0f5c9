"""Is a measured value well? A pure decision from a measurement, its past and a threshold, with its reasons."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from steek.kernel.verdict import Verdict
from steek.measures.robust import Bounds, mad_bounds, median, weekday_bounds
from steek.monitoring.kinds import Kind, Limits, chance_spread, reachable
from steek.monitoring.silence import before_silence, silent_windows_needed
from steek.monitoring.thresholds.declared import DAY, ExplicitThreshold, LearnedThreshold, Threshold


@dataclass(frozen=True, slots=True)
class Measurement:
    """One value of an indicator in one window.

    Args:
        slice: Which rows, e.g. "store_id=367"; None for all.
        value: In the indicator's unit; None when there was nothing to measure.
        rows: How many rows the value stands on.
        evidence: Further facts, JSON-serialisable, carried by an alert.
        broken_because: Set when no threshold is needed to know that this is broken.
        unreadable: Set when the indicator could not be measured at all; the value is None then.
    """

    slice: str | None
    value: float | None
    rows: int
    evidence: dict[str, object] = field(default_factory=dict[str, object])
    broken_because: str | None = None
    unreadable: str | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """A value of an earlier window."""

    window_start_at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Rule:
    """How to judge: the indicator's kind, the monitor's threshold, and for counts the smallest expectation to judge.

    `slices` is the number of slices judged together, which share one allowance of false alarms. `window` is the length
    of a window.
    """

    kind: Kind
    threshold: Threshold
    minimum_expected: float = 0.0
    slices: int = 1
    window: timedelta = DAY

    @property
    def least(self) -> int:
        """How many earlier windows it needs."""
        return self.threshold.sized(self.window).min_history if isinstance(self.threshold, LearnedThreshold) else 0


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with the bounds it was made with (None: unbounded, or not known) and one sentence why."""

    verdict: Verdict
    lower: float | None
    upper: float | None
    reason: str


def judge(measurement: Measurement, past: Sequence[Past], rule: Rule, *, window_start_at: datetime) -> Judgement:
    """Compare a value with its threshold.

    Args:
        measurement: What was measured.
        past: Earlier values of the same slice, oldest first, without windows inside incidents.
        rule: How to judge.
        window_start_at: The window of the measurement; gives the weekday.
    """
    limits, why_not = _limits(measurement, past, rule, window_start_at)
    if measurement.broken_because is not None:
        return Judgement(Verdict.FAIL, limits.lower, limits.upper, measurement.broken_because)
    if measurement.value is None:
        reason = measurement.unreadable or "nothing to measure in this window"
        return Judgement(Verdict.UNDECIDED, limits.lower, limits.upper, reason)
    judged_by_silence = rule.kind is Kind.COUNT and isinstance(rule.threshold, LearnedThreshold)
    if judged_by_silence and measurement.value == 0 and len(past) >= rule.least:
        return _judge_silence(past, limits, rule)
    if why_not:
        return Judgement(Verdict.UNDECIDED, limits.lower, limits.upper, why_not)
    return _compare(measurement.value, limits)


def _limits(
    measurement: Measurement, past: Sequence[Past], rule: Rule, window_start_at: datetime
) -> tuple[Limits, str]:
    threshold = rule.threshold
    if isinstance(threshold, ExplicitThreshold):
        return Limits(threshold.lower, threshold.upper), ""
    sized = threshold.sized(rule.window)
    if len(past) < sized.min_history:
        return Limits(None, None), f"only {len(past)} of the {sized.min_history} earlier windows it needs"
    recent = past[-sized.windows :]
    expected = median([point.value for point in recent])
    if rule.kind is Kind.COUNT and expected < rule.minimum_expected:
        short = f"too small to judge its size: {expected:g} rows in the middle window, {rule.minimum_expected:g} needed"
        return Limits(None, None), short
    bounds = _bounds(recent, rule, threshold, window_start_at, max(measurement.rows, 1))
    return reachable(rule.kind, bounds.lower, bounds.upper), ""


def _bounds(
    past: Sequence[Past], rule: Rule, threshold: LearnedThreshold, window_start_at: datetime, rows: int
) -> Bounds:
    values = [point.value for point in past]
    least = chance_spread(rule.kind, centre=median(values), rows=rows)
    scale = rule.kind.scale
    if threshold.season is None:
        return mad_bounds(values, width=threshold.width, least_spread=least, scale=scale)
    weekdays = [point.window_start_at.weekday() for point in past]
    day = window_start_at.weekday()
    return weekday_bounds(values, weekdays, day, width=threshold.width, least_spread=least, scale=scale)


def _judge_silence(past: Sequence[Past], limits: Limits, rule: Rule) -> Judgement:
    counts = [point.value for point in past]
    known = before_silence(counts)
    silent = len(counts) - len(known) + 1
    # A slice that was seen once and not again has no habit that it could have broken.
    needed = silent_windows_needed(known, slices=rule.slices) if len(known) >= rule.least else None
    if (needed is not None and silent >= needed) or (limits.lower is not None and limits.lower > 0):
        usual = f"{median(known):g} rows in the middle window before" if known else "never empty"
        return Judgement(Verdict.FAIL, max(limits.lower or 0.0, 1.0), limits.upper, f"no rows at all; {usual}")
    more = "too little is known of this slice" if needed is None else f"{needed} empty windows in a row would show it"
    return Judgement(Verdict.UNDECIDED, limits.lower, limits.upper, f"no rows, which chance can do here: {more}")


def _compare(value: float, limits: Limits) -> Judgement:
    if limits.lower is not None and value < limits.lower:
        reason = f"{value:.6g} is below the lower bound {limits.lower:.6g}"
        return Judgement(Verdict.FAIL, limits.lower, limits.upper, reason)
    if limits.upper is not None and value > limits.upper:
        reason = f"{value:.6g} is above the upper bound {limits.upper:.6g}"
        return Judgement(Verdict.FAIL, limits.lower, limits.upper, reason)
    return Judgement(Verdict.PASS, limits.lower, limits.upper, "within its bounds")
