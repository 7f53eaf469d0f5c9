"""One window's verdicts move the alerts of a monitor: fire, go on, resolve; in the caller's transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from steek.kernel.verdict import Verdict
from steek.kernel.windows import Window
from steek.ledger import Draft
from steek.monitoring import alert_events
from steek.monitoring.alerting.affected import versions_in_use
from steek.monitoring.alerting.flapping import Flapping, flapping_of
from steek.monitoring.alerting.grouping import place
from steek.monitoring.alerting.groups import resolve_groups
from steek.monitoring.alerting.silences import read_silences, silence_of
from steek.monitoring.alerting.size import Size
from steek.monitoring.alerting.systems import Systems, read_systems
from steek.monitoring.alerts import Alert, new_alert, read_alerts, resolve_alert, still_failing, write_alerts
from steek.monitoring.indicators.indicator import Indicator
from steek.monitoring.monitor import Monitor
from steek.monitoring.points import Judged

_GONE = "empty throughout its history; taken as gone for good"


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What one window of a monitor came to.

    Args:
        monitor: Which.
        indicator: Its indicator.
        window: Event time.
        key: Of the evaluation.
        now: Processing time.
        judged: Every slice.
        gone: Slices that were empty throughout their history.
    """

    monitor: Monitor
    indicator: Indicator
    window: Window
    key: str
    now: datetime
    judged: Sequence[Judged]
    gone: Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Looking:
    """What is looked up only for slices that need it.

    Args:
        past: Verdicts of the windows before, oldest first, of some slices.
        began: When a failing slice began to fail, and the measurement with the evidence for it.
        size: How far a failing slice is from what was expected.
    """

    past: Callable[[Sequence[str | None]], Mapping[str | None, Sequence[Verdict]]]
    began: Callable[[Judged], tuple[Window, Judged]]
    size: Callable[[Judged], Size | None]


def move_alerts(connection: Connection, found: Verdicts, looking: Looking) -> tuple[list[Alert], list[Draft]]:
    """Fire for slices that fail and have no open alert, go on with those that have, resolve what is back.

    An alert is back with the first window that passes, unless its series flaps: then after several in a row.

    Returns:
        Alerts that fired or were resolved, and the events to append in the same transaction.
    """
    monitor = found.monitor
    if monitor.purpose == "chart":
        return [], []
    opened = {alert.slice: alert for alert in read_alerts(connection, monitor=monitor.name, open_only=True)}
    failing = [one for one in found.judged if one.judgement.verdict is Verdict.FAIL]
    still_failing(
        connection, [opened[one.measurement.slice] for one in failing if one.measurement.slice in opened], found.window
    )
    fired, drafts = _fire(connection, found, [one for one in failing if one.measurement.slice not in opened], looking)
    ended = _back(found, opened, looking)
    for alert, reason in ended:
        resolve_alert(connection, alert, reason=reason, at=found.now)
        drafts.append(alert_events.resolved(alert, reason=reason))
    resolve_groups(connection, [alert.group for alert, _ in ended], at=found.now)
    return [*fired, *(replace(alert, state="resolved") for alert, _ in ended)], drafts


def _fire(
    connection: Connection, found: Verdicts, failing: Sequence[Judged], looking: Looking
) -> tuple[list[Alert], list[Draft]]:
    if not failing:
        return [], []
    monitor = found.monitor
    past = looking.past([one.measurement.slice for one in failing])
    systems = read_systems(connection, now=found.now)
    active = read_silences(connection, at=found.now)
    in_use: dict[Window, tuple[str, ...]] = {}
    new: list[Alert] = []
    for one in failing:
        slice = one.measurement.slice
        onset, evident = looking.began(one)
        flapping = flapping_of([*past.get(slice, ()), Verdict.FAIL])
        alert = new_alert(monitor, evident, window=found.window, onset=onset, key=found.key, opened_at=found.now)
        if onset not in in_use:
            in_use[onset] = _in_use(connection, alert, systems, found.now)
        changes = {"affected": in_use[onset], "size": looking.size(one), "silence": silence_of(active, monitor, slice)}
        new.append(_flapping(replace(alert, **changes), flapping, found.now))
    placed = place(connection, new, now=found.now, systems=systems)
    write_alerts(connection, placed.alerts)
    told = [alert_events.fired(alert, found.indicator.kind, found.indicator.unit) for alert in placed.alerts]
    return list(placed.alerts), [*told, *placed.drafts]


def _in_use(connection: Connection, alert: Alert, systems: Systems, now: datetime) -> tuple[str, ...]:
    over = Window(min(alert.onset.start_at, alert.window.start_at), alert.window.end_at)
    return versions_in_use(connection, alert.subject, over, systems=systems, now=now)


def _flapping(alert: Alert, flapping: Flapping, now: datetime) -> Alert:
    if not flapping.is_flapping:
        return alert
    return replace(alert, flapping_since_at=now, evidence={**alert.evidence, "flapping": flapping.text})


def _back(found: Verdicts, opened: Mapping[str | None, Alert], looking: Looking) -> list[tuple[Alert, str]]:
    """Open alerts that are over, with the reason."""
    well = {one.measurement.slice: one for one in found.judged if one.judgement.verdict is not Verdict.FAIL}
    calm = [alert for slice, alert in opened.items() if slice in well and _is_back(alert, well[slice])]
    flapping = [alert.slice for alert in calm if alert.flapping_since_at is not None]
    past = looking.past(flapping)
    ended: list[tuple[Alert, str]] = []
    for alert in calm:
        reason = well[alert.slice].judgement.reason
        if alert.flapping_since_at is not None:
            state = flapping_of([*past.get(alert.slice, ()), Verdict.PASS])
            if not state.is_over:
                continue
            reason = f"{reason}, for {state.calm} windows in a row after it flapped"
        ended.append((alert, reason))
    named = {alert.slice for alert, _ in ended}
    return [*ended, *((opened[name], _GONE) for name in found.gone if name in opened and name not in named)]


def _is_back(alert: Alert, judged: Judged) -> bool:
    """Passed; or, where it fired by a rule before there were any bounds, measured and no longer against the rule."""
    if judged.judgement.verdict is Verdict.PASS:
        return True
    by_rule = alert.lower is None and alert.upper is None
    return by_rule and judged.measurement.value is not None
