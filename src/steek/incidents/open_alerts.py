"""Alerts as evidence: those somebody names, those of the same cause, and those that are open on some systems."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from steek.incidents.desk import Desk
from steek.incidents.tables import alerts as attached
from steek.incidents.types import AlertEvidence, Span
from steek.kernel.errors import NotFoundError
from steek.monitoring.alerting.systems import system_of
from steek.monitoring.alerts import Alert, read_alert, read_alerts
from steek.monitoring.tables import alerts

_PAGE = 10_000


def evidence_of(alert: Alert, event_id: str, *, attached_at: datetime) -> AlertEvidence:
    """An alert of monitoring, pinned as it is now."""
    return AlertEvidence(
        alert_id=alert.id,
        event_id=event_id,
        monitor=alert.monitor,
        subject=alert.subject,
        slice=alert.slice,
        value=alert.value,
        lower=alert.lower,
        upper=alert.upper,
        onset=Span(alert.onset.start_at, alert.onset.end_at),
        opened_at=alert.opened_at,
        attached_at=attached_at,
    )


def read_evidence(desk: Desk, alert_id: str) -> tuple[Alert, AlertEvidence]:
    """One alert with its evidence. Raises NotFoundError for no such alert, or one without its event."""
    with desk.database.reading() as connection:
        alert = read_alert(connection, alert_id)
    found = as_evidence(desk, [alert])
    if not found:
        raise NotFoundError(f"alert {alert_id} has no event in the ledger", next_step="Run 'steek ledger verify'.")
    return alert, found[0]


def as_evidence(desk: Desk, found: Sequence[Alert]) -> list[AlertEvidence]:
    """Alerts as evidence, oldest first; one whose event is not in the ledger is left out."""
    events = _fired(desk, found)
    now = desk.clock.now()
    evidence = [evidence_of(alert, events[alert.id], attached_at=now) for alert in found if alert.id in events]
    return sorted(evidence, key=lambda one: (one.opened_at, one.alert_id))


def open_on_systems(
    desk: Desk, systems: Sequence[str], *, group: str | None = None, limit: int | None = None
) -> list[Alert]:
    """Open alerts of no incident, not kept quiet, that are on one of these systems or of one group, oldest first."""
    touched = frozenset(systems)
    mine = select(attached.c.alert_id)
    query = (
        select(alerts.c.id, alerts.c.subject, alerts.c.group_id)
        .where(alerts.c.state != "resolved", alerts.c.silence_id.is_(None), alerts.c.id.not_in(mine))
        .order_by(alerts.c.opened_at, alerts.c.monitor, alerts.c.slice, alerts.c.id)
    )
    with desk.database.reading() as connection:
        fitting = [
            row.id
            for row in connection.execute(query)
            if system_of(row.subject) in touched or (group is not None and row.group_id == group)
        ][:limit]
        found = {alert.id: alert for alert in _read(connection, fitting)}
    return [found[alert] for alert in fitting if alert in found]


def noticed_with(desk: Desk, ids: Sequence[str]) -> list[Alert]:
    """Alerts by their ids, with every other open one of the same monitor and subject; only those of no incident.

    A storm of slices is one source of a prompt, and all of it is evidence.
    """
    if not ids:
        return []
    with desk.database.reading() as connection:
        named = read_alerts(connection, ids=list(ids))
        found = {alert.id: alert for alert in named}
        for monitor in dict.fromkeys(alert.monitor for alert in named):
            subjects = {alert.subject for alert in named if alert.monitor == monitor}
            fires = read_alerts(connection, monitor=monitor, open_only=True)
            found |= {one.id: one for one in fires if one.subject in subjects and one.silence is None}
        return free(connection, list(found.values()))


def _read(connection: Connection, ids: Sequence[str]) -> list[Alert]:
    pages = (ids[start : start + _PAGE] for start in range(0, len(ids), _PAGE))
    return [alert for page in pages for alert in read_alerts(connection, ids=page)]


def free(connection: Connection, found: Sequence[Alert]) -> list[Alert]:
    """Those that belong to no incident."""
    owned = owned_of(connection, [alert.id for alert in found])
    return [alert for alert in found if alert.id not in owned]


def owned_of(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Which of these alerts belong to an incident."""
    owned: set[str] = set()
    for start in range(0, len(ids), _PAGE):
        some = attached.c.alert_id.in_(ids[start : start + _PAGE])
        owned |= set(connection.execute(select(attached.c.alert_id).where(some)).scalars())
    return owned


def _fired(desk: Desk, told: Sequence[Alert]) -> dict[str, str]:
    """Event that told of each alert, by the alert's id."""
    wanted = {alert.id for alert in told}
    found: dict[str, str] = {}
    since, after = min((alert.opened_at for alert in told), default=None), 0
    while wanted - found.keys():
        page = desk.ledger.events(kinds=["alert.fired"], since=since, after_sequence=after, limit=_PAGE)
        found |= {alert: one.id for one in page if (alert := str(one.payload.get("alert"))) in wanted}
        if len(page) < _PAGE:
            break
        after = page[-1].sequence
    return found
