"""Is a measured value well? A pure decision from a measurement, its past and a threshold, with its reasons."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from steek.kernel.verdict import Verdict
from steek.measures.robust import median
from steek.monitoring.kinds import Kind, Limits
from steek.monitoring.silence import before_silence, silent_windows_needed
from steek.monitoring.thresholds.declared import DAY, ExplicitThreshold, LearnedThreshold, SizedThreshold, Threshold
from steek.monitoring.thresholds.usual import NOTHING_KNOWN, Usual, learn_one, usual_limits

# How much wider the bounds are while a change that was announced lasts.
EXPECTED_WIDENING = 3.0


@dataclass(frozen=True, slots=True)
class Measurement:
    """One value of an indicator in one window.

    Args:
        slice: Which rows, e.g. "store_id=367"; None for all.
        value: In the indicator's unit; None when there was nothing to measure.
        rows: How many rows the value stands on.
        evidence: Further facts, JSON-serialisable, carried by an alert. A "standard_deviation" of one row makes the
            bounds of an amount wide enough for a mean of few rows.
        broken_because: Set when no threshold is needed to know that this is broken.
        unreadable: Set when the indicator could not be measured at all; the value is None then.
    """

    slice: str | None
    value: float | None
    rows: int
    evidence: dict[str, object] = field(default_factory=dict[str, object])
    broken_because: str | None = None
    unreadable: str | None = None

    @property
    def deviation(self) -> float | None:
        """Standard deviation of one row, where the indicator tells it."""
        found = self.evidence.get("standard_deviation")
        return float(found) if isinstance(found, int | float) and found >= 0 else None


@dataclass(frozen=True, slots=True)
class Past:
    """A value of an earlier window."""

    window_start_at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Special:
    """A day that is not like others: a holiday, which is not judged, or an announced change, which has more room."""

    holiday: bool
    name: str


@dataclass(frozen=True, slots=True)
class Rule:
    """How to judge.

    Args:
        kind: Of the indicator.
        threshold: Of the monitor.
        minimum_expected: For counts, the smallest expectation whose size is judged.
        slices: How many slices are judged together; they share one allowance of false alarms.
        window: Length of a window.
        shared_width: Least half-width in spreads that keeps this allowance; see `shared_width`.
        special: What is special about the window; None on an ordinary day.
    """

    kind: Kind
    threshold: Threshold
    minimum_expected: float = 0.0
    slices: int = 1
    window: timedelta = DAY
    shared_width: float = 0.0
    special: Special | None = None

    @property
    def least(self) -> int:
        """How many earlier windows it needs."""
        return self.threshold.sized(self.window).min_history if isinstance(self.threshold, LearnedThreshold) else 0

    def width(self, *, own_deviation: bool) -> float:
        """Half-width in spreads: the declared one, widened for many slices and for announced changes.

        A value that brings its own standard deviation has chance counted in already.
        """
        assert isinstance(self.threshold, LearnedThreshold)
        shared = 0.0 if own_deviation else self.shared_width
        return max(self.threshold.width, shared) * (1.0 if self.special is None else EXPECTED_WIDENING)


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
        window_start_at: The window of the measurement; gives the part of the season.
    """
    usual = NOTHING_KNOWN
    threshold = rule.threshold
    if isinstance(threshold, LearnedThreshold):
        recent = past[-threshold.sized(rule.window).windows :]
        values, starts = [one.value for one in recent], [one.window_start_at for one in recent]
        usual = learn_one(values, starts, rule.kind, threshold.season, window_start_at)
    return judge_by(measurement, usual, [one.value for one in past], rule)


def judge_by(measurement: Measurement, usual: Usual, counts: Sequence[float], rule: Rule) -> Judgement:
    """`judge` with bounds that were learned before; `counts` are the past values, for a slice that is silent now."""
    limits, why_not = _limits(measurement, usual, rule)
    if measurement.broken_because is not None:
        return Judgement(Verdict.FAIL, limits.lower, limits.upper, measurement.broken_because)
    if measurement.value is None:
        reason = measurement.unreadable or "nothing to measure in this window"
        return Judgement(Verdict.UNDECIDED, limits.lower, limits.upper, reason)
    if is_silent(measurement, rule) and len(counts) >= rule.least:
        return judge_silence(counts, limits, rule)
    if why_not:
        return Judgement(Verdict.UNDECIDED, limits.lower, limits.upper, why_not)
    return _compare(measurement.value, limits, rule.special)


def is_silent(measurement: Measurement, rule: Rule) -> bool:
    """Whether a slice is empty in a way that its own past decides on; on a holiday nothing does."""
    on_holiday = rule.special is not None and rule.special.holiday
    counted = rule.kind is Kind.COUNT and isinstance(rule.threshold, LearnedThreshold)
    return counted and measurement.value == 0 and not on_holiday


def why_not_judged(usual: Usual, rows: int, rule: Rule, sized: SizedThreshold) -> str:
    """Why a value cannot be compared with what was learned; empty when it can."""
    if rule.special is not None and rule.special.holiday:
        return f"not judged on {rule.special.name}, which is like no ordinary day"
    if usual.windows < sized.min_history:
        return f"only {usual.windows} of the {sized.min_history} earlier windows it needs"
    if rule.kind is Kind.COUNT and usual.expected < rule.minimum_expected:
        needed = f"{rule.minimum_expected:g} needed"
        return f"too small to judge its size: {usual.expected:g} rows in the middle window, {needed}"
    if rule.kind is not Kind.COUNT and rows < sized.rule.min_volume:
        return f"too little volume to judge: {rows} rows, {sized.rule.min_volume:g} needed"
    if rule.kind is Kind.COUNT and usual.expected < sized.rule.min_volume:
        return f"too little volume to judge: {usual.expected:g} rows expected, {sized.rule.min_volume:g} needed"
    return ""


def judge_silence(past: Sequence[float], limits: Limits, rule: Rule) -> Judgement:
    """Whether an empty window, after these counts, shows that the slice is gone."""
    counts = list(past)
    known = before_silence(counts)
    silent = len(counts) - len(known) + 1
    least = rule.threshold.min_volume if isinstance(rule.threshold, LearnedThreshold) else 0.0
    if known and median(known) < least:
        reason = f"too little volume to judge: {median(known):g} rows in the middle window before, {least:g} needed"
        return Judgement(Verdict.UNDECIDED, limits.lower, limits.upper, reason)
    # A slice that was seen once and not again has no habit that it could have broken.
    needed = silent_windows_needed(known, slices=rule.slices) if len(known) >= rule.least else None
    if (needed is not None and silent >= needed) or (limits.lower is not None and limits.lower > 0):
        usual = f"{median(known):g} rows in the middle window before" if known else "never empty"
        return Judgement(Verdict.FAIL, max(limits.lower or 0.0, 1.0), limits.upper, f"no rows at all; {usual}")
    more = "too little is known of this slice" if needed is None else f"{needed} empty windows in a row would show it"
    return Judgement(Verdict.UNDECIDED, limits.lower, limits.upper, f"no rows, which chance can do here: {more}")


def _limits(measurement: Measurement, usual: Usual, rule: Rule) -> tuple[Limits, str]:
    threshold = rule.threshold
    if isinstance(threshold, ExplicitThreshold):
        return Limits(threshold.lower, threshold.upper), ""
    why_not = why_not_judged(usual, measurement.rows, rule, threshold.sized(rule.window))
    if why_not:
        return Limits(None, None), why_not
    deviation = measurement.deviation
    width = rule.width(own_deviation=deviation is not None)
    return usual_limits(usual, rule.kind, width=width, rows=measurement.rows, deviation=deviation), ""


def _compare(value: float, limits: Limits, special: Special | None) -> Judgement:
    if limits.lower is not None and value < limits.lower:
        reason = f"{value:.6g} is below the lower bound {limits.lower:.6g}"
        return Judgement(Verdict.FAIL, limits.lower, limits.upper, reason)
    if limits.upper is not None and value > limits.upper:
        reason = f"{value:.6g} is above the upper bound {limits.upper:.6g}"
        return Judgement(Verdict.FAIL, limits.lower, limits.upper, reason)
    room = "" if special is None else f", which have more room during {special.name}"
    return Judgement(Verdict.PASS, limits.lower, limits.upper, f"within its bounds{room}")
