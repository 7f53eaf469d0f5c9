"""Series of measured windows, judged by the functions of production; no database, no alerts, no ledger.

What is left out against `Monitoring.evaluate`: points, states, alerts, incidents that freeze bounds, and the change
point that says when an alert began. Bounds are learned before each window and on each schedule as there, and an alert
is a slice that fails after it did not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from benchmarks.detection.days import DAY, start_of, window_of
from numpy.typing import NDArray

from steek.kernel.verdict import Verdict
from steek.monitoring import LearnedThreshold, Monitor
from steek.monitoring.indicators.registry import indicator_of
from steek.monitoring.judgement import Judgement, Measurement, Rule
from steek.monitoring.thresholds.calendar import ExpectedChange, special_of
from steek.monitoring.thresholds.drift import drift_span
from steek.monitoring.thresholds.judging_many import judge_rows
from steek.monitoring.thresholds.learning import Lesson, learn_frame, untaught
from steek.monitoring.thresholds.series_frame import Now, SeriesFrame
from steek.monitoring.thresholds.usual_many import UsualMany

Floats = NDArray[np.float64]
Day = Sequence[Measurement]


@dataclass(frozen=True, slots=True)
class Fired:
    """An alert, as far as it is counted: the day it was seen on, by which rule, about what, for which slice."""

    day: int
    monitor: str
    subject: str
    slice: str | None
    value: float | None
    lower: float | None
    upper: float | None
    reason: str


@dataclass(slots=True)
class Series:
    """All measurements of one monitor, by number of the business day that they are of."""

    monitor: Monitor
    days: dict[int, Day] = field(default_factory=dict[int, Day])

    def with_days(self, days: Mapping[int, Day]) -> "Series":
        """The same with other measurements on some days."""
        return Series(self.monitor, {**self.days, **days})


def completed(series: Series) -> Series:
    """With empty slices as the service writes them: of a slice that had rows in the windows it looks back to.

    Only of indicators whose missing slices are empty ones.
    """
    monitor = series.monitor
    if not indicator_of(monitor.indicator).missing_is_zero or not isinstance(monitor.threshold, LearnedThreshold):
        return series
    windows = monitor.threshold.sized(DAY).windows
    last_seen: dict[str | None, int] = {}
    found: dict[int, Day] = {}
    for day in sorted(series.days):
        present = series.days[day]
        names = {one.slice for one in present}
        readable = bool(present) and all(one.value is not None for one in present)
        gone = [name for name, at in last_seen.items() if name not in names and day - at <= windows] if readable else []
        found[day] = (*present, *(Measurement(name, 0.0, 0) for name in gone))
        last_seen.update({one.slice: day for one in present if one.value})
    return Series(monitor, found)


def delay_days(monitor: Monitor) -> int:
    """How many days before the evaluated one the measured one lies."""
    return round(monitor.indicator.delay_s / DAY.total_seconds())


class Walk:
    """A monitor that is evaluated on one day after the other, beginning with no alert open.

    Args:
        series: Measurements, back to as far as its threshold learns.
        days: The days it will be evaluated on, in order.
        expected: Announced changes.
    """

    def __init__(self, series: Series, days: range, expected: Sequence[ExpectedChange] = ()) -> None:
        self._monitor = series.monitor
        self._delay = delay_days(series.monitor)
        self._indicator = indicator_of(series.monitor.indicator)
        self._expected = expected
        self._open: set[str | None] = set()
        threshold = series.monitor.threshold
        reach = 28
        if isinstance(threshold, LearnedThreshold):
            reach = max(threshold.sized(DAY).windows, round(drift_span(threshold) / DAY))
        self._reach = reach
        self._first = days.start - self._delay - 2 * reach
        self._read(series, days.stop - 1 - self._delay)

    def _read(self, series: Series, last: int) -> None:
        known = {day: one for day, one in series.days.items() if self._first <= day <= last}
        slices = sorted({each.slice for one in known.values() for each in one}, key=lambda name: name or "")
        places = {name: number for number, name in enumerate(slices)}
        shape = (len(slices), last - self._first + 1)
        self._slices, self._values, self._rows = slices, np.full(shape, np.nan), np.zeros(shape)
        self._day = known
        for day, one in known.items():
            for each in one:
                at = (places[each.slice], day - self._first)
                self._rows[at] = each.rows
                if each.value is not None:
                    self._values[at] = each.value

    def step(self, day: int) -> list[Fired]:
        """Evaluate one day; its values are known to later ones."""
        day -= self._delay
        present = self._complete(day)
        if not present:
            return []
        fired: list[Fired] = []
        for one, judgement in zip(present, self._judge(day, present), strict=True):
            if judgement.verdict is Verdict.FAIL and one.slice not in self._open:
                self._open.add(one.slice)
                monitor = self._monitor
                lower, upper, why = judgement.lower, judgement.upper, judgement.reason
                seen = day + self._delay
                fired.append(Fired(seen, monitor.name, monitor.subject, one.slice, one.value, lower, upper, why))
            elif judgement.verdict is Verdict.PASS:
                self._open.discard(one.slice)
        return fired

    def _complete(self, day: int) -> list[Measurement]:
        """Slices that were there before and are not now count as empty."""
        present = {one.slice: one for one in self._day.get(day, ())}
        unreadable = any(one.value is None for one in present.values())
        if self._indicator.missing_is_zero and present and not unreadable:
            end = day - self._first
            before = np.nan_to_num(self._values[:, max(0, end - self._windows()) : end])
            for number in np.flatnonzero(before.any(axis=1)):
                name = self._slices[number]
                if name not in present:
                    present[name] = Measurement(name, 0.0, 0)
                    self._values[number, end] = 0.0
        return sorted(present.values(), key=lambda one: one.slice or "")

    def _windows(self) -> int:
        threshold = self._monitor.threshold
        return threshold.sized(DAY).windows if isinstance(threshold, LearnedThreshold) else self._reach

    def _judge(self, day: int, present: Sequence[Measurement]) -> list[Judgement]:
        threshold, window = self._monitor.threshold, window_of(day)
        minimum = self._monitor.indicator.parameters.get("minimum_expected", 0.0)
        assert isinstance(minimum, int | float)
        usual, drifts, special = None, dict[str | None, str](), None
        past = self._frame(day)
        if isinstance(threshold, LearnedThreshold):
            kind = self._indicator.kind
            lesson = Lesson(self._monitor.name, kind, threshold, window, float(minimum), (), self._expected)
            calm = past.without(untaught(past, lesson))
            usual, drifts = _learn(calm, lesson, [one.slice for one in present])
            past, special = calm, special_of(window, threshold, self._expected)
        shared = 0.0 if usual is None else usual.shared_width
        rule = Rule(
            self._indicator.kind, threshold, float(minimum), max(len(present), 1), DAY, shared, special
        )  # fmt: skip
        places = {name: number for number, name in enumerate(past.slices)}
        judged = judge_rows(
            usual, Now.of(present, window.start_at), rule,
            lambda index: _counts(past, places, present[index].slice, self._windows()),
        )  # fmt: skip
        if special is not None:
            return judged
        return [
            replace(verdict, verdict=Verdict.FAIL, reason=drifts[one.slice])
            if one.slice in drifts and one.value is not None and verdict.verdict is not Verdict.FAIL
            else verdict
            for one, verdict in zip(present, judged, strict=True)
        ]

    def _frame(self, day: int) -> SeriesFrame:
        end = day - self._first
        first = max(0, end - self._reach)
        starts = tuple(start_of(self._first + number) for number in range(first, end))
        return SeriesFrame(tuple(self._slices), starts, self._values[:, first:end], self._rows[:, first:end])


def _learn(calm: SeriesFrame, lesson: Lesson, names: Sequence[str | None]) -> tuple[UsualMany, dict[str | None, str]]:
    # A slice without any value before is no part of what was learned, as where points are read from a table.
    seen = np.flatnonzero(np.isfinite(calm.values).any(axis=1))
    rows = None if calm.rows is None else calm.rows[seen]
    frame = SeriesFrame(tuple(calm.slices[number] for number in seen), calm.starts, calm.values[seen], rows)
    usual, drifts = learn_frame(frame, lesson)
    return usual.lined_up(names), {frame.slices[index]: reason for index, reason in drifts.items()}


def _counts(past: SeriesFrame, places: Mapping[str | None, int], name: str | None, windows: int) -> list[float]:
    if name not in places:
        return []
    values = past.values[places[name]][-windows:]
    return values[np.isfinite(values)].tolist()
