"""One monitor, one window: from measurements to points, state, alerts and events, in the caller's transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select

from steek.kernel.verdict import Verdict
from steek.kernel.windows import Window
from steek.ledger import Draft
from steek.monitoring.alerting.moving import Looking, Verdicts, move_alerts
from steek.monitoring.alerting.size import Size, size_of
from steek.monitoring.alerts import Alert, read_alerts
from steek.monitoring.holds import Hold, history_start, read_holds
from steek.monitoring.indicators.cardinality import OTHER
from steek.monitoring.indicators.indicator import Indicator
from steek.monitoring.judgement import Measurement, Rule, is_silent
from steek.monitoring.monitor import Monitor
from steek.monitoring.onset import changed_onset, deseasoned
from steek.monitoring.points import Judged, Point, apart, read_known, read_slices, write_points
from steek.monitoring.states import read_latest_window, summarise, write_state
from steek.monitoring.tables import evaluations
from steek.monitoring.thresholds.arming import arm
from steek.monitoring.thresholds.calendar import ExpectedChange, read_expected, special_of
from steek.monitoring.thresholds.declared import LearnedThreshold
from steek.monitoring.thresholds.judging_many import judge_rows
from steek.monitoring.thresholds.learning import Lesson, learning_for
from steek.monitoring.thresholds.learnings import Learning, mark_stale
from steek.monitoring.thresholds.phases import finest_part
from steek.monitoring.thresholds.series_frame import Now

_WINDOWS_FOR_ONSET = 28
_ONSET_SPAN = timedelta(days=70)


@dataclass(frozen=True, slots=True)
class Step:
    """What is evaluated, under which key, at which processing time."""

    monitor: Monitor
    indicator: Indicator
    window: Window
    key: str
    now: datetime

    @property
    def length(self) -> timedelta:
        """Of the window."""
        return self.window.end_at - self.window.start_at

    @property
    def minimum_expected(self) -> float:
        """For counts, the smallest expectation whose size is judged."""
        minimum = self.monitor.indicator.parameters.get("minimum_expected", 0.0)
        assert isinstance(minimum, int | float)
        return float(minimum)


@dataclass(frozen=True, slots=True)
class Before:
    """What is known before the window: since when, the slices that were there, incidents, what was announced, bounds.

    `known` says of each slice since then whether it was ever anything but empty; `learning` is None for explicit
    thresholds.
    """

    since: datetime
    known: Mapping[str | None, bool]
    holds: Sequence[Hold]
    expected: Sequence[ExpectedChange]
    learning: Learning | None


def evaluated_alerts(connection: Connection, key: str, monitor: str) -> list[str] | None:
    """Ids of the alerts that an evaluation changed; None when it was not done yet."""
    query = select(evaluations.c.alerts).where(evaluations.c.key == key, evaluations.c.monitor == monitor)
    return connection.execute(query).scalar_one_or_none()


def apply(connection: Connection, step: Step, measurements: Sequence[Measurement]) -> tuple[list[str], list[Draft]]:
    """Write everything that follows from the measurements of one window.

    Only the latest window of a monitor moves its alerts and its state; an older one that is measured again
    only replaces its points, and what was learned from it is learned again when it is next needed.

    Returns:
        Ids of the alerts that fired or were resolved, and the events to append in the same transaction.
    """
    before = _read_before(connection, step)
    present, gone = _complete(measurements, before.known, step.indicator)
    judged = _judge(connection, step, present, before)
    write_points(connection, step.monitor.name, step.window, judged, step.now)
    mark_stale(connection, step.monitor.name, step.window.start_at)
    changed: list[Alert] = []
    drafts: list[Draft] = []
    latest = read_latest_window(connection, step.monitor.name)
    if latest is None or latest.start_at <= step.window.start_at:
        told = [one.told for one in judged]
        changed, drafts = _move_alerts(connection, step, told, gone, before)
        still_open = len(read_alerts(connection, monitor=step.monitor.name, open_only=True))
        row = summarise(step.monitor, told, still_open=still_open, window=step.window, evaluated_at=step.now)
        write_state(connection, step.monitor.name, row)
    ids = [alert.id for alert in changed]
    values = {"window_start_at": step.window.start_at, "window_end_at": step.window.end_at, "alerts": ids}
    done = insert(evaluations).values(key=step.key, monitor=step.monitor.name, evaluated_at=step.now, **values)
    connection.execute(done)
    return ids, drafts


def _read_before(connection: Connection, step: Step) -> Before:
    monitor, threshold, start_at = step.monitor, step.monitor.threshold, step.window.start_at
    subject_holds = read_holds(connection, monitor.subject)
    expected = read_expected(connection, [monitor.subject, str(monitor.indicator.target)])
    windows, learning = _WINDOWS_FOR_ONSET, None
    if isinstance(threshold, LearnedThreshold):
        windows = threshold.sized(step.length).windows
        minimum = step.minimum_expected
        kind = step.indicator.kind
        lesson = Lesson(monitor.name, kind, threshold, step.window, minimum, subject_holds, expected)
        learning = learning_for(connection, lesson, step.now)
        if learning.in_force_at == start_at:
            arm(connection, lesson, missing_is_zero=step.indicator.missing_is_zero, now=step.now)
    since = history_start(start_at, windows * step.length, subject_holds)
    known = read_known(connection, monitor.name, since=since, until=start_at)
    return Before(since, known, subject_holds, expected, learning)


def _complete(
    measurements: Sequence[Measurement], known: Mapping[str | None, bool], indicator: Indicator
) -> tuple[list[Measurement], list[str | None]]:
    """Add the slices that should have been there; name those that were empty throughout their history, and are gone."""
    present = {one.slice: one for one in measurements}
    gone: list[str | None] = []
    unreadable = any(one.value is None for one in measurements)
    if indicator.missing_is_zero and not unreadable:
        for name, anything in known.items():
            if name in present or name == OTHER:
                continue
            if anything:
                present[name] = Measurement(name, 0.0, 0)
            else:
                gone.append(name)
    return sorted(present.values(), key=lambda one: one.slice or ""), gone


def _judge(connection: Connection, step: Step, present: Sequence[Measurement], before: Before) -> list[Judged]:
    threshold, learning = step.monitor.threshold, before.learning
    special = None
    if isinstance(threshold, LearnedThreshold):
        special = special_of(step.window, threshold, before.expected)
    names = [one.slice for one in present]
    usual = None if learning is None else learning.usual.lined_up(names)
    shared = 0.0 if usual is None else usual.shared_width
    kind, slices = step.indicator.kind, max(len(present), 1)
    rule = Rule(kind, threshold, step.minimum_expected, slices, step.length, shared, special)
    silent = [one.slice for one in present if is_silent(one, rule)]
    past = _past_counts(connection, step, silent, before)
    now = Now.of(present, step.window.start_at)
    judgements = judge_rows(usual, now, rule, lambda index: past[names[index]])
    drifts = {} if learning is None or special is not None else learning.drifts
    return [
        Judged(one, judgement, drifts.get(one.slice or "") if one.value is not None else None)
        for one, judgement in zip(present, judgements, strict=True)
    ]


def _past_counts(
    connection: Connection, step: Step, silent: Sequence[str | None], before: Before
) -> dict[str | None, list[float]]:
    """Past values of the slices that are silent now, without windows inside incidents."""
    if not silent:
        return {}

    def taught(point: Point) -> bool:
        end_at = point.window_start + step.length
        return not any(hold.covers(point.window_start, end_at) for hold in before.holds)

    since, until = before.since, step.window.start_at
    found = read_slices(connection, step.monitor.name, silent, since=since, until=until)
    starts = {point.window_start for points in found.values() for point in points if taught(point)}
    used = apart(starts, until, step.length)
    return {
        name: [one.value for one in points if one.value is not None and one.window_start in used]
        for name, points in found.items()
    }


def _move_alerts(
    connection: Connection, step: Step, judged: Sequence[Judged], gone: Sequence[str | None], before: Before
) -> tuple[list[Alert], list[Draft]]:
    since = min(before.since, step.window.start_at - _ONSET_SPAN)
    points: dict[str | None, list[Point]] = {}

    def past(names: Sequence[str | None]) -> dict[str | None, list[Verdict]]:
        points.update(read_slices(connection, step.monitor.name, names, since=since, until=step.window.start_at))
        return {name: [Verdict.FAIL if one.drift else one.verdict for one in points[name]] for name in names}

    looking = Looking(
        past=past,
        began=lambda one: _onset(one, points.get(one.measurement.slice, ()), step, before),
        size=_sizes(step, before),
    )
    found = Verdicts(step.monitor, step.indicator, step.window, step.key, step.now, judged, gone)
    return move_alerts(connection, found, looking)


def _sizes(step: Step, before: Before) -> Callable[[Judged], Size | None]:
    """How far values are from the middle of comparable windows, or without one from the bound that they left."""
    threshold, indicator = step.monitor.threshold, step.indicator
    known = before.learning.usual if before.learning is not None else None
    places = {} if known is None else {name: index for index, name in enumerate(known.slices)}
    season = threshold.season if isinstance(threshold, LearnedThreshold) else None
    part = finest_part(season, step.window.start_at)

    def size(judged: Judged) -> Size | None:
        measurement = judged.measurement
        return size_of(
            measurement.value,
            indicator.kind,
            rows=measurement.rows,
            usual=None if known is None else known.of(places.get(measurement.slice, -1), part),
            bounds=(judged.judgement.lower, judged.judgement.upper),
            deviation=measurement.deviation,
            unit=indicator.unit,
        )

    return size


def _onset(judged: Judged, points: Sequence[Point], step: Step, before: Before) -> tuple[Window, Judged]:
    """When it began, and the evidence with the change of level that shows it."""
    threshold, learning = step.monitor.threshold, before.learning
    season = threshold.season if isinstance(threshold, LearnedThreshold) else None
    usual = None if learning is None else learning.usual
    values = deseasoned(points, judged, step.window, usual, step.indicator.kind, season)
    onset, change = changed_onset(points, step.window, judged, values, step.indicator.kind)
    if change is None:
        return onset, judged
    evidence = {**judged.measurement.evidence, "change_point": {"confidence": change.confidence}}
    return onset, replace(judged, measurement=replace(judged.measurement, evidence=evidence))
