"""Alerts: at most one open for each monitor and slice, from firing to resolved."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, Row, insert, select, update

from steek.kernel.errors import NotFoundError
from steek.kernel.records import content_hash
from steek.kernel.state_machine import transition
from steek.kernel.windows import Window
from steek.monitoring.monitor import Monitor, Severity
from steek.monitoring.points import Judged
from steek.monitoring.tables import WHOLE, alerts

AlertState = Literal["firing", "acknowledged", "resolved"]
AlertAction = Literal["acknowledge", "resolve"]

TRANSITIONS: dict[tuple[AlertState, AlertAction], AlertState] = {
    ("firing", "acknowledge"): "acknowledged",
    ("firing", "resolve"): "resolved",
    ("acknowledged", "resolve"): "resolved",
}


@dataclass(frozen=True, slots=True)
class Alert:
    """A value that left its bounds.

    `window`, `value`, `lower` and `upper` are those it fired with; `last_window_end_at` is the end of the latest window
    that still failed. `onset` is the interval in which it began. `slice` is None for the whole.
    """

    id: str
    monitor: str
    subject: str
    slice: str | None
    window: Window
    value: float | None
    lower: float | None
    upper: float | None
    onset: Window
    state: AlertState
    severity: Severity
    evidence: dict[str, object]
    declare: Severity | None
    opened_at: datetime
    last_window_end_at: datetime
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    resolved_at: datetime | None = None
    resolution: str | None = None


def new_alert(
    monitor: Monitor, judged: Judged, *, window: Window, onset: Window, key: str, opened_at: datetime
) -> Alert:
    """An alert about to be written; the same evaluation always gives it the same id."""
    measurement, judgement = judged.measurement, judged.judgement
    identity = [monitor.name, measurement.slice, window.start_at, key]
    return Alert(
        id=content_hash(identity)[:12],
        monitor=monitor.name,
        subject=monitor.subject,
        slice=measurement.slice,
        window=window,
        value=measurement.value,
        lower=judgement.lower,
        upper=judgement.upper,
        onset=onset,
        state="firing",
        severity=monitor.severity,
        evidence={"reason": judgement.reason, "rows": measurement.rows, **measurement.evidence},
        declare=monitor.declare,
        opened_at=opened_at,
        last_window_end_at=window.end_at,
    )


def write_alert(connection: Connection, alert: Alert) -> None:
    """Store a new alert."""
    plain = {field.name: getattr(alert, field.name) for field in fields(alert)}
    window, onset = plain.pop("window"), plain.pop("onset")
    spans = {"window_start_at": window.start_at, "window_end_at": window.end_at}
    spans |= {"onset_start_at": onset.start_at, "onset_end_at": onset.end_at}
    connection.execute(insert(alerts).values({**plain, **spans, "slice": alert.slice or WHOLE}))


def still_failing(connection: Connection, alert: Alert, window: Window) -> None:
    """Note that an open alert failed again in `window`."""
    end_at = max(alert.last_window_end_at, window.end_at)
    connection.execute(update(alerts).where(alerts.c.id == alert.id).values(last_window_end_at=end_at))


def acknowledge_alert(connection: Connection, alert: Alert, *, actor: str, at: datetime) -> None:
    """Raises IllegalTransitionError when the alert is not firing."""
    state = transition(TRANSITIONS, alert.state, "acknowledge", what=f"alert {alert.id}")
    values = {"state": state, "acknowledged_by": actor, "acknowledged_at": at}
    connection.execute(update(alerts).where(alerts.c.id == alert.id).values(values))


def resolve_alert(connection: Connection, alert: Alert, *, reason: str, at: datetime) -> None:
    """Raises IllegalTransitionError when the alert is resolved already."""
    state = transition(TRANSITIONS, alert.state, "resolve", what=f"alert {alert.id}")
    values = {"state": state, "resolved_at": at, "resolution": reason[:500]}
    connection.execute(update(alerts).where(alerts.c.id == alert.id).values(values))


def read_alerts(
    connection: Connection,
    *,
    state: AlertState | None = None,
    monitor: str | None = None,
    ids: Sequence[str] | None = None,
    open_only: bool = False,
    subject: str | None = None,
) -> list[Alert]:
    """Alerts that fit all the given conditions, latest first."""
    query = select(alerts)
    if state is not None:
        query = query.where(alerts.c.state == state)
    if monitor is not None:
        query = query.where(alerts.c.monitor == monitor)
    if ids is not None:
        query = query.where(alerts.c.id.in_(ids))
    if open_only:
        query = query.where(alerts.c.state != "resolved")
    if subject is not None:
        query = query.where(alerts.c.subject == subject)
    ordered = query.order_by(alerts.c.opened_at.desc(), alerts.c.monitor, alerts.c.slice, alerts.c.id)
    return [_alert(row) for row in connection.execute(ordered)]


def read_alert(connection: Connection, alert_id: str) -> Alert:
    """One alert. Raises NotFoundError when there is none of that id."""
    found = read_alerts(connection, ids=[alert_id])
    if not found:
        known = connection.execute(select(alerts.c.id).order_by(alerts.c.opened_at.desc()).limit(20)).scalars()
        raise NotFoundError.among("alert", alert_id, known)
    return found[0]


def _alert(row: Row[tuple[object, ...]]) -> Alert:
    return Alert(
        id=row.id,
        monitor=row.monitor,
        subject=row.subject,
        slice=row.slice or None,
        window=Window(row.window_start_at, row.window_end_at),
        value=row.value,
        lower=row.lower,
        upper=row.upper,
        onset=Window(row.onset_start_at, row.onset_end_at),
        state=row.state,
        severity=row.severity,
        evidence=row.evidence,
        declare=row.declare,
        opened_at=row.opened_at,
        last_window_end_at=row.last_window_end_at,
        acknowledged_by=row.acknowledged_by,
        acknowledged_at=row.acknowledged_at,
        resolved_at=row.resolved_at,
        resolution=row.resolution,
    )
