"""Alerts that people attach to an incident or let go of: what shows it is what its end is verified by."""

from sqlalchemy import Connection, delete

from steek.incidents.declaring import attach_alerts
from steek.incidents.declaring_by_person import KEY_CHARACTERS, checked_actor
from steek.incidents.desk import Desk
from steek.incidents.lifecycle import State
from steek.incidents.open_alerts import open_on_systems, read_evidence
from steek.incidents.rows import attached, change, find, find_seen, incident_of, remember, request
from steek.incidents.tables import alerts
from steek.incidents.text import NOTE_CHARACTERS, checked
from steek.incidents.types import AlertEvidence, Incident
from steek.kernel.errors import ConflictError, NotFoundError
from steek.ledger import Draft
from steek.monitoring.alerts import Alert

_MOST_NAMED = 20


class Attaching:
    """Attaches alerts and lets them go; every writing method is idempotent by `key`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def attached(self, incident: str) -> tuple[AlertEvidence, ...]:
        """Alerts of an incident, oldest first. Raises NotFoundError when there is no such incident."""
        with self._desk.database.reading() as connection:
            return attached(connection, find(connection, incident).id)

    def candidates(self, incident: str, *, limit: int = 20) -> tuple[Alert, ...]:
        """Open alerts on the systems of an open incident that belong to none, oldest first; () when it is over."""
        with self._desk.database.reading() as connection:
            found = find(connection, incident)
        if not found.state.is_open:
            return ()
        return tuple(open_on_systems(self._desk, found.systems, limit=limit))

    def attach(
        self, incident: str, alert: str, actor: str, *, key: str, expected_version: int | None = None
    ) -> tuple[AlertEvidence, ...]:
        """Make an alert evidence of an incident; returns all of its alerts. One that is there already stays.

        Raises:
            NotFoundError: no alert, or no incident, by that id.
            ConflictError: the alert belongs to another incident, or this one is closed.
        """
        by, at_key = checked_actor(actor), checked(key, what="key", most=KEY_CHARACTERS)
        _, evidence = read_evidence(self._desk, alert)
        with self._desk.database.transaction() as connection:
            if request(connection, at_key, "attach alert", incident_id=incident) is None:
                present = find_seen(connection, incident, seen=expected_version)
                if _permit_attaching(connection, present, alert):
                    event = attach_alerts(self._desk, connection, present, [evidence], actor=by)[0]
                    remember(connection, at_key, "attach alert", incident_id=incident, event_id=event.id)
            return attached(connection, incident)

    def detach(
        self, incident: str, alert: str, reason: str, actor: str, *, key: str, expected_version: int | None = None
    ) -> tuple[AlertEvidence, ...]:
        """Say that an alert does not belong to an open incident; it counts no more for onset, slices and resolution.

        Raises:
            NotFoundError: it is no alert of this incident.
            ConflictError: the incident is over; what it was resolved by stays.
        """
        by, at_key = checked_actor(actor), checked(key, what="key", most=KEY_CHARACTERS)
        why = checked(reason, what="reason", most=NOTE_CHARACTERS)
        with self._desk.database.transaction() as connection:
            if request(connection, at_key, "detach alert", incident_id=incident) is not None:
                return attached(connection, incident)
            present = find_seen(connection, incident, seen=expected_version)
            if not present.state.is_open:
                message = f"incident {present.id} is over ({present.state.value}); its alerts stay as they are"
                raise ConflictError(message, next_step="Write a correction, or reopen it first.")
            mine = {one.alert_id: one for one in attached(connection, incident)}
            if alert not in mine:
                raise NotFoundError.among(f"alert of incident {present.id}", alert, list(mine)[:_MOST_NAMED])
            gone = mine[alert]
            connection.execute(delete(alerts).where(alerts.c.alert_id == alert))
            after = change(connection, present, actor=by)
            payload: dict[str, object] = {
                "incident": present.id,
                "alert": alert,
                "monitor": gone.monitor,
                "slice": gone.slice,
                "subject": gone.subject,
                "reason": why,
            }
            draft = Draft("incident.alert_detached", after.urn, by, payload, causes=(gone.event_id,))
            event = self._desk.ledger.append(connection, draft)[0]
            remember(connection, at_key, "detach alert", incident_id=incident, event_id=event.id)
            return attached(connection, incident)


def _permit_attaching(connection: Connection, present: Incident, alert: str) -> bool:
    """Whether there is anything to do. Raises ConflictError where it may not be done."""
    owner = incident_of(connection, alert)
    if owner is not None and owner.id != present.id:
        message = f"that alert belongs to incident {owner.id} already ({owner.state.value}): {owner.title}"
        next_step = f"Merge the two incidents, or let it go there first: steek incident detach-alert {owner.id} {alert}"
        raise ConflictError(message, next_step=next_step, details={"incident": owner.id})
    if present.state is State.CLOSED:
        message = f"incident {present.id} is closed; nothing is attached to it"
        raise ConflictError(message, next_step="Attach it to an open incident, or declare one on it.")
    return owner is None
