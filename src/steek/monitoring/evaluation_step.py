"""One monitor, one window: from measurements to points, state, alerts and events, in the caller's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, insert, select

from steek.kernel.verdict import Verdict
from steek.kernel.windows import Window
from steek.ledger import Draft
from steek.monitoring import alert_events
from steek.monitoring.alerts import Alert, new_alert, read_alerts, resolve_alert, still_failing, write_alert
from steek.monitoring.holds import history_start, read_holds
from steek.monitoring.indicators.indicator import Indicator
from steek.monitoring.judgement import Measurement, Past, Rule, judge
from steek.monitoring.monitor import Monitor
from steek.monitoring.onset import onset_interval
from steek.monitoring.points import Judged, Point, read_history, write_points
from steek.monitoring.states import read_latest_window, summarise, write_state
from steek.monitoring.tables import evaluations
from steek.monitoring.thresholds.declared import LearnedThreshold

_WINDOWS_FOR_ONSET = 28


@dataclass(frozen=True, slots=True)
class Step:
    """What is evaluated, under which key, at which processing time."""

    monitor: Monitor
    indicator: Indicator
    window: Window
    key: str
    now: datetime


@dataclass(frozen=True, slots=True)
class History:
    """Earlier points of all slices: `everything`, and `past` to learn from, without windows inside incidents."""

    everything: Mapping[str | None, Sequence[Point]]
    past: Mapping[str | None, Sequence[Past]]


def evaluated_alerts(connection: Connection, key: str, monitor: str) -> list[str] | None:
    """Ids of the alerts that an evaluation changed; None when it was not done yet."""
    query = select(evaluations.c.alerts).where(evaluations.c.key == key, evaluations.c.monitor == monitor)
    return connection.execute(query).scalar_one_or_none()


def apply(connection: Connection, step: Step, measurements: Sequence[Measurement]) -> tuple[list[str], list[Draft]]:
    """Write everything that follows from the measurements of one window.

    Only the latest window of a monitor moves its alerts and its state; an older one that is measured again
    only replaces its points.

    Returns:
        Ids of the alerts that fired or were resolved, and the events to append in the same transaction.
    """
    history = _read_history(connection, step)
    present, gone = _complete(measurements, history, step.indicator)
    rule = _rule(step, len(present))
    judged = [
        Judged(one, judge(one, history.past.get(one.slice, ()), rule, window_start_at=step.window.start_at))
        for one in present
    ]
    write_points(connection, step.monitor.name, step.window, judged, step.now)
    changed: list[Alert] = []
    drafts: list[Draft] = []
    latest = read_latest_window(connection, step.monitor.name)
    if latest is None or latest.start_at <= step.window.start_at:
        changed, drafts = _move_alerts(connection, step, judged, gone, history)
        still_open = len(read_alerts(connection, monitor=step.monitor.name, open_only=True))
        row = summarise(step.monitor, judged, still_open=still_open, window=step.window, evaluated_at=step.now)
        write_state(connection, step.monitor.name, row)
    ids = [alert.id for alert in changed]
    values = {"window_start_at": step.window.start_at, "window_end_at": step.window.end_at, "alerts": ids}
    done = insert(evaluations).values(key=step.key, monitor=step.monitor.name, evaluated_at=step.now, **values)
    connection.execute(done)
    return ids, drafts


def _read_history(connection: Connection, step: Step) -> History:
    threshold = step.monitor.threshold
    length = step.window.end_at - step.window.start_at
    windows = threshold.sized(length).windows if isinstance(threshold, LearnedThreshold) else _WINDOWS_FOR_ONSET
    subject_holds = read_holds(connection, step.monitor.subject)
    since = history_start(step.window.start_at, windows * length, subject_holds)
    everything = read_history(connection, step.monitor.name, since=since, until=step.window.start_at)

    def inside_incident(point: Point) -> bool:
        return any(hold.covers(point.window_start, point.window_start + length) for hold in subject_holds)

    past = {
        name: [
            Past(one.window_start, one.value) for one in points if one.value is not None and not inside_incident(one)
        ]
        for name, points in everything.items()
    }
    return History(everything, past)


def _complete(
    measurements: Sequence[Measurement], history: History, indicator: Indicator
) -> tuple[list[Measurement], list[str | None]]:
    """Add the slices that should have been there; name those that were empty throughout their history, and are gone."""
    present = {one.slice: one for one in measurements}
    gone: list[str | None] = []
    unreadable = any(one.value is None for one in measurements)
    if indicator.missing_is_zero and not unreadable:
        for name, points in history.everything.items():
            if name in present:
                continue
            if any(point.value for point in points):
                present[name] = Measurement(name, 0.0, 0)
            else:
                gone.append(name)
    return sorted(present.values(), key=lambda one: one.slice or ""), gone


def _rule(step: Step, slices: int) -> Rule:
    minimum = step.monitor.indicator.parameters.get("minimum_expected", 0.0)
    assert isinstance(minimum, int | float)
    return Rule(
        step.indicator.kind,
        step.monitor.threshold,
        float(minimum),
        max(slices, 1),
        step.window.end_at - step.window.start_at,
    )


def _move_alerts(
    connection: Connection, step: Step, judged: Sequence[Judged], gone: Sequence[str | None], history: History
) -> tuple[list[Alert], list[Draft]]:
    if step.monitor.purpose == "chart":
        return [], []
    open_alerts = {alert.slice: alert for alert in read_alerts(connection, monitor=step.monitor.name, open_only=True)}
    changed: list[Alert] = []
    drafts: list[Draft] = []
    for one in judged:
        alert = open_alerts.get(one.measurement.slice)
        verdict = one.judgement.verdict
        if verdict is Verdict.FAIL and alert is not None:
            still_failing(connection, alert, step.window)
        elif verdict is Verdict.FAIL:
            before = history.everything.get(one.measurement.slice, ())
            onset = onset_interval(before, step.window)
            alert = new_alert(step.monitor, one, window=step.window, onset=onset, key=step.key, opened_at=step.now)
            write_alert(connection, alert)
            changed.append(alert)
            drafts.append(alert_events.fired(alert, step.indicator.kind))
        elif alert is not None and _is_back(alert, one):
            _resolve(connection, step, alert, one.judgement.reason, changed, drafts)
    for name in gone:
        if name in open_alerts:
            reason = "empty throughout its history; taken as gone for good"
            _resolve(connection, step, open_alerts[name], reason, changed, drafts)
    return changed, drafts


def _is_back(alert: Alert, judged: Judged) -> bool:
    """Passed; or, where it fired by a rule before there were any bounds, measured and no longer against the rule."""
    if judged.judgement.verdict is Verdict.PASS:
        return True
    by_rule = alert.lower is None and alert.upper is None
    return by_rule and judged.measurement.value is not None


def _resolve(
    connection: Connection, step: Step, alert: Alert, reason: str, changed: list[Alert], drafts: list[Draft]
) -> None:
    resolve_alert(connection, alert, reason=reason, at=step.now)
    changed.append(replace(alert, state="resolved"))
    drafts.append(alert_events.resolved(alert, reason=reason))
