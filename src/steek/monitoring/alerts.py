"""Alerts: at most one open for each monitor and slice, from firing to resolved."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, Row, insert, select, update

from steek.kernel.errors import NotFoundError
from steek.kernel.records import content_hash
from steek.kernel.state_machine import transition
from steek.kernel.windows import Window
from steek.monitoring.alerting.size import Size
from steek.monitoring.monitor import Monitor, Severity
from steek.monitoring.points import Judged
from steek.monitoring.tables import WHOLE, alerts

_AT_ONCE = 500

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
    that still failed. `onset` is the interval in which it began. `slice` is None for the whole. `group` is the group of
    alerts with the same cause, `silence` what keeps it quiet, `affected` the URNs of the trained models and versions of
    data in use when it began, `size` how far the value is from what was expected. `flapping_since_at` is set when the
    series went in and out of its bounds before; such an alert stays open until it is calm for several windows.
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
    group: str | None = None
    silence: str | None = None
    flapping_since_at: datetime | None = None
    affected: tuple[str, ...] = ()
    size: Size | None = None


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


def write_alerts(connection: Connection, new: Iterable[Alert]) -> None:
    """Store new alerts."""
    rows = [_row(alert) for alert in new]
    if rows:
        connection.execute(insert(alerts), rows)


def still_failing(connection: Connection, failing: Sequence[Alert], window: Window) -> None:
    """Note that open alerts failed again in `window`."""
    ids = [alert.id for alert in failing if alert.last_window_end_at < window.end_at]
    for first in range(0, len(ids), _AT_ONCE):
        chosen = alerts.c.id.in_(ids[first : first + _AT_ONCE])
        connection.execute(update(alerts).where(chosen).values(last_window_end_at=window.end_at))


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
    group: str | None = None,
    since: datetime | None = None,
    limit: int | None = None,
) -> list[Alert]:
    """Alerts that fit all the given conditions, opened at `since` or later, latest first; at most `limit`."""
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
    if group is not None:
        query = query.where(alerts.c.group_id == group)
    if since is not None:
        query = query.where(alerts.c.opened_at >= since)
    ordered = query.order_by(alerts.c.opened_at.desc(), alerts.c.monitor, alerts.c.slice, alerts.c.id).limit(limit)
    return [_alert(row) for row in connection.execute(ordered)]


def read_alert(connection: Connection, alert_id: str) -> Alert:
    """One alert. Raises NotFoundError when there is none of that id."""
    found = read_alerts(connection, ids=[alert_id])
    if not found:
        known = connection.execute(select(alerts.c.id).order_by(alerts.c.opened_at.desc()).limit(20)).scalars()
        raise NotFoundError.among("alert", alert_id, known)
    return found[0]


def _row(alert: Alert) -> dict[str, object]:
    plain = {field.name: getattr(alert, field.name) for field in fields(alert)}
    for name in ("window", "onset"):
        span = plain.pop(name)
        plain |= {f"{name}_start_at": span.start_at, f"{name}_end_at": span.end_at}
    plain |= {"group_id": plain.pop("group"), "silence_id": plain.pop("silence"), "slice": alert.slice or WHOLE}
    plain |= {"affected": list(alert.affected), "size": None if alert.size is None else asdict(alert.size)}
    return plain


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
        group=row.group_id,
        silence=row.silence_id,
        flapping_since_at=row.flapping_since_at,
        affected=tuple(row.affected or ()),
        size=None if row.size is None else Size(**row.size),
    )
