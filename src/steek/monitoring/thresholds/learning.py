"""When bounds are learned again, and from which windows: on schedule, never from incidents or special days."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import Connection

from steek.kernel.records import content_hash
from steek.kernel.windows import Window
from steek.measures.robust_rows import known_windows
from steek.monitoring.holds import Hold, history_start
from steek.monitoring.kinds import Kind
from steek.monitoring.points import read_frame
from steek.monitoring.thresholds.calendar import ExpectedChange, special_windows
from steek.monitoring.thresholds.declared import LearnedThreshold
from steek.monitoring.thresholds.drift import drift_span, find_drifts, judged_by_size, week_of
from steek.monitoring.thresholds.learnings import Learning, read_learning, write_learning
from steek.monitoring.thresholds.series_frame import SeriesFrame
from steek.monitoring.thresholds.usual_many import UsualMany, learn_many, shared_width


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is learned for whom, and what must not be learned from.

    Args:
        monitor: Its name.
        kind: Of its indicator.
        threshold: Its rule.
        window: The window that is judged next.
        minimum_expected: For counts, the smallest expectation whose size is judged.
        holds: Incidents on the monitor's subject.
        expected: Announced changes on it.
    """

    monitor: str
    kind: Kind
    threshold: LearnedThreshold
    window: Window
    minimum_expected: float
    holds: Sequence[Hold]
    expected: Sequence[ExpectedChange]

    @property
    def length(self) -> timedelta:
        """Of a window."""
        return self.window.end_at - self.window.start_at

    @property
    def rule(self) -> str:
        """Hash of everything declared that bounds depend on."""
        identity = [self.threshold, self.kind, self.length, self.minimum_expected]
        return content_hash(identity)[:32]


def learning_for(connection: Connection, lesson: Lesson, now: datetime) -> Learning:
    """The bounds in force for a window: those learned before while they last, else learned now and kept."""
    found = read_learning(connection, lesson.monitor, lesson.window.start_at)
    why = why_learn(found, lesson)
    if found is not None and not why:
        return found
    learned = learn(connection, lesson, why, now, already=() if found is None else tuple(found.drifts))
    write_learning(connection, learned)
    return learned


def why_learn(found: Learning | None, lesson: Lesson) -> str:
    """Why bounds must be learned again; empty when those in force are to be used.

    While an incident is open they stand still, whatever their age.
    """
    if found is None:
        return "the first time"
    if found.rule != lesson.rule:
        return "the rule was changed"
    if found.stale:
        return "windows that it was learned from were measured again"
    late = _incident_found_late(found, lesson)
    if late is not None:
        return f"incident {late} turned out to reach into the windows it was learned from"
    frozen = found.windows and any(hold.until_at is None for hold in lesson.holds)
    age = lesson.window.start_at - found.in_force_at
    return "" if frozen or age.total_seconds() < lesson.threshold.recompute_s else "on schedule"


def _incident_found_late(found: Learning, lesson: Lesson) -> str | None:
    first, last = found.first_window_at, found.last_window_at
    if first is None or last is None:
        return None
    new = (hold for hold in lesson.holds if hold.incident not in found.incidents)
    return next((hold.incident for hold in new if hold.covers(first, last + lesson.length)), None)


def learn(
    connection: Connection, lesson: Lesson, why: str, now: datetime, *, already: Collection[str] = ()
) -> Learning:
    """Learn from the calm windows before the lesson's window; `already` are the slices that drifted so far."""
    frame = calm_history(connection, lesson)
    usual, drifts = learn_frame(frame, lesson, already)
    used = [frame.starts[index] for index in np.flatnonzero(known_windows(frame.values))]
    return Learning(
        monitor=lesson.monitor,
        in_force_at=lesson.window.start_at,
        rule=lesson.rule,
        learned_at=now,
        first_window_at=used[0] if used else None,
        last_window_at=used[-1] if used else None,
        windows=len(used),
        incidents=tuple(hold.incident for hold in lesson.holds),
        reason=why,
        usual=usual,
        drifts={frame.slices[index] or "": reason for index, reason in drifts.items()},
    )


def learn_frame(frame: SeriesFrame, lesson: Lesson, already: Collection[str] = ()) -> tuple[UsualMany, dict[int, str]]:
    """Bounds and drifts of the slices of a frame whose special windows are taken out already."""
    threshold, kind = lesson.threshold, lesson.kind
    reach = threshold.sized(lesson.length).windows
    recent = _recent(frame, reach)
    usual = learn_many(recent, kind, threshold, lesson.length)
    width = shared_width(recent, usual, kind, threshold, lesson.length, lesson.minimum_expected)
    usual = UsualMany(usual.slices, usual.windows, usual.expected, usual.seasons, width)
    if threshold.drift_weeks is None:
        return usual, {}
    week = week_of(lesson.length)
    span = frame.between(max(0, len(frame.starts) - threshold.drift_weeks * week), len(frame.starts))
    large = np.flatnonzero(judged_by_size(usual, kind, lesson.minimum_expected))
    rows = None if span.rows is None else span.rows[large]
    drifting = [place for place, index in enumerate(large) if (frame.slices[index] or "") in already]
    slices = max(len(large), 1)
    found = find_drifts(span.values[large], kind, week=week, slices=slices, rows=rows, already=drifting)
    return usual, {int(large[index]): drift.reason for index, drift in found.items()}


def calm_history(connection: Connection, lesson: Lesson) -> SeriesFrame:
    """Windows before the lesson's, as far back as any check needs, without those inside incidents and special days."""
    reach = lesson.threshold.sized(lesson.length).windows * lesson.length
    span = max(reach, drift_span(lesson.threshold))
    since = history_start(lesson.window.start_at, span, lesson.holds)
    until = lesson.window.start_at
    frame = read_frame(connection, lesson.monitor, since=since, until=until, window=lesson.length)
    return frame.without(untaught(frame, lesson))


def untaught(frame: SeriesFrame, lesson: Lesson) -> np.ndarray:
    """Which windows of a frame teach nothing: inside an incident, on a holiday, during an announced change."""
    windows = [Window(start, start + lesson.length) for start in frame.starts]
    held = [any(hold.covers(one.start_at, one.end_at) for hold in lesson.holds) for one in windows]
    return np.array(held, dtype=bool) | special_windows(windows, lesson.threshold, lesson.expected)


def _recent(frame: SeriesFrame, windows: int) -> SeriesFrame:
    """The last windows that hold at least so many taught ones, so that long drift spans are not sorted through."""
    taught = known_windows(frame.values)
    following = np.cumsum(taught[::-1])[::-1]
    first = int(np.argmax(following <= windows)) if len(taught) else 0
    return frame.between(first, len(frame.starts))
