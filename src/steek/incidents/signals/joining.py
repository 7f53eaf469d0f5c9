"""Signals and alerts become evidence of an incident."""

from collections.abc import Sequence

from sqlalchemy import Connection

from steek.incidents.declaring import attach_alert, evidence_of
from steek.incidents.desk import Desk
from steek.incidents.rows import incident_of
from steek.incidents.signals.signal_rows import decide_signals
from steek.incidents.signals.types import Signal, SignalState
from steek.incidents.types import Incident
from steek.ledger import Draft
from steek.monitoring.alerts import read_alerts


def join(
    desk: Desk, connection: Connection, incident: Incident, found: Sequence[Signal], *, actor: str
) -> list[Signal]:
    """Take open signals into an incident, each with an event; returns those that were taken now."""
    new = sorted((one for one in found if one.state is SignalState.OPEN), key=lambda one: (one.filed_at, one.id))
    if not new:
        return []
    decide_signals(connection, [one.id for one in new], SignalState.JOINED, actor=actor, incident_id=incident.id)
    drafts = [
        Draft(
            "signal.joined",
            incident.urn,
            actor,
            {
                "incident": incident.id,
                "signal": one.id,
                "kind": one.kind,
                "text": one.text,
                "source": one.source,
                "system": one.system,
                "filed_at": one.filed_at,
                "said_at": one.said_at,
            },
        )
        for one in new
    ]
    desk.ledger.append(connection, *drafts)
    return new


def attach_alerts(desk: Desk, incident: Incident, ids: Sequence[str]) -> None:
    """Pin alerts that belong to no incident yet to this one."""
    if not ids:
        return
    with desk.database.reading() as connection:
        alerts = read_alerts(connection, ids=list(ids))
    fired = {
        alert.id: next(
            (
                event.id
                for event in desk.ledger.events(kinds=["alert.fired"], subject=alert.subject, since=alert.opened_at)
                if event.payload.get("alert") == alert.id
            ),
            None,
        )
        for alert in alerts
    }
    with desk.database.transaction() as connection:
        for alert in alerts:
            event_id = fired[alert.id]
            if event_id is not None and incident_of(connection, alert.id) is None:
                evidence = evidence_of(alert, event_id, attached_at=desk.clock.now())
                attach_alert(desk, connection, incident, evidence)
