"""What a rule would have done: played over past windows as it would have judged them then, writing nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import numpy as np

from steek.kernel.verdict import Verdict
from steek.kernel.windows import Window
from steek.measures.robust_rows import Floats, known_windows
from steek.monitoring.judgement import Judgement, Rule
from steek.monitoring.thresholds.calendar import special_of
from steek.monitoring.thresholds.declared import LearnedThreshold, Threshold
from steek.monitoring.thresholds.drift import drift_span
from steek.monitoring.thresholds.judging_many import judge_rows
from steek.monitoring.thresholds.learning import Lesson, learn_frame, untaught
from steek.monitoring.thresholds.series_frame import Now, SeriesFrame
from steek.monitoring.thresholds.usual_many import UsualMany

WEEK = timedelta(weeks=1)
_DAYS_NAMED = 6


@dataclass(frozen=True, slots=True)
class Firing:
    """An alert that would have been: the first window in which a slice failed, until one passes again."""

    day: date
    window: Window
    slice: str | None
    value: float | None
    lower: float | None
    upper: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class BackTest:
    """What a rule would have done.

    Args:
        monitor: Its name.
        since_at: Start of the first window that was asked for.
        until_at: End of the last one.
        days: How many days that is.
        windows: Windows in which any slice could be judged; the others had too little before them.
        measured: How many windows were measured anew, because no point was kept of them.
        fired: The alerts, oldest first.
        per_week: Alerts in a week of judged windows.
        budget_per_week: What was declared to be bearable; None for no budget.
        within_budget: Whether it is kept; an untested rule keeps it.
        sentence: What a person wants to know before the rule may wake anybody.
    """

    monitor: str
    since_at: datetime
    until_at: datetime
    days: int
    windows: int
    measured: int
    fired: tuple[Firing, ...]
    per_week: float
    budget_per_week: float | None
    within_budget: bool
    sentence: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sentence", self._said())

    def _said(self) -> str:
        if not self.windows:
            return f"nothing to test on: no window of the last {self.days} days had enough history before it"
        times = {0: "never", 1: "once"}.get(len(self.fired), f"{len(self.fired)} times")
        said = f"over the last {self.days} days this rule would have fired {times}"
        if self.fired:
            said += f", on {_days_text([one.day for one in self.fired])}"
        if self.budget_per_week is None:
            return said
        way = "within" if self.within_budget else "more than"
        return f"{said}; {self.per_week:.2g} a week, {way} the {self.budget_per_week:g} that are bearable"


@dataclass(frozen=True, slots=True)
class Play:
    """How a back-test judges; `lesson` is that of the last window, `threshold` may be explicit."""

    lesson: Lesson
    threshold: Threshold
    missing_is_zero: bool


def back_test(frame: SeriesFrame, play: Play, *, days: int, measured: int = 0) -> BackTest:
    """Play a rule over the last days of a frame, learning on its schedule from what lay before each window.

    Args:
        frame: Points of all slices up to the end of the test, and before it as far as bounds reach back.
        play: How to judge.
        days: How many days at the end of the frame are judged.
        measured: How many windows of the frame were measured for this test.
    """
    length = play.lesson.length
    size = len(frame.starts)
    first = max(0, size - max(1, round(timedelta(days=days) / length)))
    until_at = play.lesson.window.end_at
    filled = _filled(frame, play, first) if play.missing_is_zero else frame
    taught = filled.without(untaught(filled, play.lesson))
    walk = _Walk(filled, taught, play)
    fired: list[Firing] = []
    for index in range(first, size):
        fired += walk.step(index)
    weeks = walk.judged * length / WEEK
    per_week = len(fired) / weeks if weeks else 0.0
    threshold = play.threshold
    budget = threshold.budget_per_week if isinstance(threshold, LearnedThreshold) else None
    within = budget is None or per_week <= budget
    since_at = until_at - (size - first) * length
    return BackTest(
        play.lesson.monitor, since_at, until_at, days, walk.judged, measured, tuple(fired), per_week, budget, within
    )


class _Walk:
    """Windows in order, with the bounds that were in force and the alerts that were open."""

    def __init__(self, frame: SeriesFrame, taught: SeriesFrame, play: Play) -> None:
        self._frame = frame
        self._taught = taught
        self._play = play
        self._open: set[int] = set()
        self._learned_at: datetime | None = None
        self._usual: UsualMany | None = None
        self._drifts: dict[int, str] = {}
        self.judged = 0

    def step(self, index: int) -> list[Firing]:
        play, frame = self._play, self._frame
        start_at = frame.starts[index]
        window = Window(start_at, start_at + play.lesson.length)
        if isinstance(play.threshold, LearnedThreshold):
            self._learn(index, window, play.threshold)
        judgements = self._judge(index, window)
        values = frame.values[:, index]
        if any(one.verdict is not Verdict.UNDECIDED for one in judgements):
            self.judged += 1
        fired: list[Firing] = []
        for number, judgement in enumerate(judgements):
            failed = judgement.verdict is Verdict.FAIL
            if failed and number not in self._open:
                self._open.add(number)
                value = float(values[number])
                day, name = start_at.date(), frame.slices[number]
                fired.append(Firing(day, window, name, value, judgement.lower, judgement.upper, judgement.reason))
            elif judgement.verdict is Verdict.PASS:
                self._open.discard(number)
        return fired

    def _learn(self, index: int, window: Window, threshold: LearnedThreshold) -> None:
        at = self._learned_at
        if at is not None and (window.start_at - at).total_seconds() < threshold.recompute_s:
            return
        length = window.end_at - window.start_at
        reach = max(threshold.sized(length).windows * length, drift_span(threshold))
        calm = self._taught.between(max(0, index - round(reach / length)), index)
        already = {calm.slices[number] or "" for number in self._drifts}
        self._usual, self._drifts = learn_frame(calm, replace(self._play.lesson, window=window), already)
        self._learned_at = window.start_at

    def _judge(self, index: int, window: Window) -> list[Judgement]:
        play, lesson = self._play, self._play.lesson
        special = None
        if isinstance(play.threshold, LearnedThreshold):
            special = special_of(window, play.threshold, lesson.expected)
        slices = max(1, int(np.isfinite(self._frame.values[:, index]).sum()))
        shared = 0.0 if self._usual is None else self._usual.shared_width
        rule = Rule(lesson.kind, play.threshold, lesson.minimum_expected, slices, lesson.length, shared, special)
        past = self._taught.values
        reach = round(lesson.threshold.sized(lesson.length).windows)

        def counts(number: int) -> Sequence[float]:
            before = past[number, max(0, index - reach) : index]
            return before[np.isfinite(before)].tolist()

        now: Now = self._frame.window(index)
        judged = judge_rows(self._usual, now, rule, counts)
        if special is not None:
            return judged
        for number, reason in self._drifts.items():
            if judged[number].verdict is not Verdict.FAIL and np.isfinite(now.values[number]):
                judged[number] = replace(judged[number], verdict=Verdict.FAIL, reason=reason)
        return judged


def _filled(frame: SeriesFrame, play: Play, first: int) -> SeriesFrame:
    """With 0 where a slice that was there in the windows before is missing while others are there."""
    reach = play.lesson.threshold.sized(play.lesson.length).windows
    there = np.isfinite(frame.values)
    some = known_windows(frame.values)
    lively = np.cumsum(np.nan_to_num(frame.values) > 0, axis=1)
    values: Floats = frame.values.copy()
    for index in range(max(1, first - reach), len(frame.starts)):
        before = lively[:, index - 1] - (lively[:, index - reach - 1] if index > reach else 0)
        values[(before > 0) & ~there[:, index] & some[index], index] = 0.0
    return replace(frame, values=values)


def _days_text(days: Sequence[date]) -> str:
    counted: dict[date, int] = {}
    for day in days:
        counted[day] = counted.get(day, 0) + 1
    named = [f"{day.isoformat()}" + (f" ({times})" if times > 1 else "") for day, times in counted.items()]
    if len(named) <= _DAYS_NAMED:
        return ", ".join(named)
    return f"{', '.join(named[:_DAYS_NAMED])} and {len(named) - _DAYS_NAMED} more days"
