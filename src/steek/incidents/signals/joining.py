"""Signals become evidence of an incident."""

from collections.abc import Sequence

from sqlalchemy import Connection

from steek.incidents.desk import Desk
from steek.incidents.signals.signal_rows import decide_signals
from steek.incidents.signals.types import Signal, SignalState
from steek.incidents.types import Incident
from steek.ledger import Draft


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
