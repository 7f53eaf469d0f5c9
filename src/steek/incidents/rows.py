"""Rows of the incident tables as records, and the compare-and-set that every decision goes through."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from steek.incidents.lifecycle import State
from steek.incidents.tables import alerts, incidents, requests
from steek.incidents.timeline import describe
from steek.incidents.types import AlertEvidence, Incident, Role, Severity, Span
from steek.kernel.errors import ConflictError, NotFoundError, StaleWriteError
from steek.ledger.ledger import to_event
from steek.ledger.tables import events
from steek.monitoring.tables import alerts as fired

# What counts the version of an incident up.
_DECISIONS = (
    "incident.acted",
    "incident.action_started",
    "incident.advanced",
    "incident.alert_detached",
    "incident.handed_over",
    "incident.merged",
    "incident.resolved",
    "incident.role_assigned",
    "incident.severity_changed",
    "incident.shadow_left",
    "incident.system_added",
    "incident.system_removed",
    "incident.unmerged",
)
_MOST_TOLD = 3
_SAID_CHARACTERS = 120


def to_incident(row: RowMapping) -> Incident:
    """An incident from a row of its table."""
    values: dict[str, Any] = {name: row[name] for name in Incident.__dataclass_fields__}
    values["systems"] = tuple(row["systems"])
    values["severity"] = Severity(row["severity"])
    values["state"] = State(row["state"])
    values["roles"] = {role: row["roles"][role] for role in Role if role in row["roles"]}
    return Incident(**values)


def find(connection: Connection, incident_id: str) -> Incident:
    """One incident by its id.

    Raises:
        NotFoundError: there is none; the message lists the latest.
    """
    row = connection.execute(select(incidents).where(incidents.c.id == incident_id)).mappings().first()
    if row is None:
        latest = select(incidents.c.id).order_by(incidents.c.year.desc(), incidents.c.number.desc()).limit(20)
        raise NotFoundError.among("incident", incident_id, connection.execute(latest).scalars())
    return to_incident(row)


def duplicates_of(connection: Connection, incident_id: str) -> tuple[str, ...]:
    """Ids of incidents that were merged into this one, and into those, oldest first."""
    found: dict[str, tuple[int, int]] = {}
    ahead = [incident_id]
    while ahead:
        query = select(incidents.c.id, incidents.c.year, incidents.c.number).where(incidents.c.merged_into.in_(ahead))
        new = {row.id: (row.year, row.number) for row in connection.execute(query) if row.id not in found}
        found |= new
        ahead = list(new)
    return tuple(sorted(found, key=found.__getitem__))


def family(connection: Connection, incident_id: str) -> tuple[str, ...]:
    """An incident with its duplicates, itself first: what belongs to one of them belongs to it."""
    return (incident_id, *duplicates_of(connection, incident_id))


def open_on(connection: Connection, system: str) -> Incident | None:
    """The oldest open incident that touches `system`, or None."""
    states = [state.value for state in State if state.is_open]
    query = select(incidents).where(incidents.c.state.in_(states)).order_by(incidents.c.year, incidents.c.number)
    for row in connection.execute(query).mappings():
        if system in row["systems"]:
            return to_incident(row)
    return None


def next_number(connection: Connection, year: int) -> int:
    query = select(func.max(incidents.c.number)).where(incidents.c.year == year)
    return (connection.execute(query).scalar_one() or 0) + 1


def find_seen(connection: Connection, incident_id: str, *, seen: int | None) -> Incident:
    """One incident, read inside a write transaction for a decision on it.

    Args:
        connection: A write transaction, so nobody else decides until it ends.
        incident_id: Which.
        seen: Version the actor looked at; None when they did not say.

    Raises:
        NotFoundError: there is none.
        StaleWriteError: somebody decided after the actor looked.
    """
    incident = find(connection, incident_id)
    if seen is not None and seen != incident.version:
        since = _decided_since(connection, incident, seen)
        message = (
            f"incident {incident.id} was changed by {incident.changed_by} while you were looking: "
            f"you saw version {seen}, it is at {incident.version} ({incident.state.value})"
        ) + (f"; since then {'; '.join(since)}" if since else "")
        details: dict[str, object] = {"seen": seen, "version": incident.version, "changed_by": incident.changed_by}
        details["since"] = list(since)
        raise StaleWriteError(
            message, next_step="Look at it again and decide anew; nothing was written.", details=details
        )
    return incident


def _decided_since(connection: Connection, incident: Incident, seen: int) -> tuple[str, ...]:
    """Who decided what after version `seen`, oldest first; at most three, the latest."""
    most = min(incident.version - seen, _MOST_TOLD)
    if most <= 0:
        return ()
    decided = (events.c.subject == incident.urn) & events.c.kind.in_(_DECISIONS)
    query = select(events).where(decided).order_by(events.c.sequence.desc()).limit(most)
    found = [to_event(row) for row in connection.execute(query).mappings()]
    return tuple(f"{event.actor}: {describe(event)[:_SAID_CHARACTERS]}" for event in reversed(found))


def change(connection: Connection, incident: Incident, *, actor: str, **values: object) -> Incident:
    """Write a decision on an incident that was read in the same write transaction, and count its version up."""
    written = values | {"version": incident.version + 1, "changed_by": actor}
    connection.execute(update(incidents).where(incidents.c.id == incident.id).values(written))
    return find(connection, incident.id)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a key wrote before."""

    incident_id: str
    event_id: str


def request(connection: Connection, key: str, operation: str, *, incident_id: str | None = None) -> Remembered | None:
    """What `key` wrote with this operation before, or None when it is new.

    Args:
        connection: Inside the write transaction that would do it.
        key: Idempotency key of the request.
        operation: What is asked for; the same key may serve another operation.
        incident_id: The incident it is asked for; None when the request itself makes one.

    Raises:
        ConflictError: the key did the same to another incident.
    """
    query = select(requests).where(requests.c.key == key, requests.c.operation == operation)
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    if incident_id is not None and row["incident_id"] != incident_id:
        message = f"key {key!r} was already used to {operation} in incident {row['incident_id']}"
        raise ConflictError(message, next_step="Take a new key for a new request.")
    return Remembered(row["incident_id"], row["event_id"])


def remember(connection: Connection, key: str, operation: str, *, incident_id: str, event_id: str) -> None:
    """Bind `key` to what it wrote; stands or falls with the surrounding transaction."""
    values = {"key": key, "operation": operation, "incident_id": incident_id, "event_id": event_id}
    connection.execute(insert(requests).values(values))


def incident_of(connection: Connection, alert_id: str) -> Incident | None:
    """The incident that an alert belongs to, or None."""
    found = connection.execute(select(alerts.c.incident_id).where(alerts.c.alert_id == alert_id)).scalar_one_or_none()
    return None if found is None else find(connection, found)


def settled_owner(connection: Connection, alert_id: str) -> Incident | None:
    """The incident that an alert belongs to when its declaration was written to the end; None otherwise."""
    is_ranked = (requests.c.operation == "rank suspects") & (requests.c.key == incidents.c.id)
    joined = incidents.join(alerts, alerts.c.incident_id == incidents.c.id).join(requests, is_ranked)
    query = select(incidents).select_from(joined).where(alerts.c.alert_id == alert_id)
    row = connection.execute(query).mappings().first()
    return None if row is None else to_incident(row)


def incident_of_group(connection: Connection, group: str) -> Incident | None:
    """The first incident that an alert of a group belongs to, or None."""
    of_group = select(fired.c.id).where(fired.c.group_id == group)
    query = select(alerts.c.incident_id).where(alerts.c.alert_id.in_(of_group))
    found = connection.execute(query.order_by(alerts.c.attached_at, alerts.c.incident_id).limit(1)).scalar_one_or_none()
    return None if found is None else find(connection, found)


def attach(connection: Connection, incident_id: str, *found: AlertEvidence) -> None:
    """Pin alerts to an incident, as they are now."""
    rows = [
        {
            "alert_id": evidence.alert_id,
            "incident_id": incident_id,
            "event_id": evidence.event_id,
            "monitor": evidence.monitor,
            "subject": evidence.subject,
            "evidence": {
                "slice": evidence.slice,
                "value": evidence.value,
                "lower": evidence.lower,
                "upper": evidence.upper,
            },
            "onset_earliest_at": evidence.onset.earliest_at,
            "onset_latest_at": evidence.onset.latest_at,
            "opened_at": evidence.opened_at,
            "attached_at": evidence.attached_at,
        }
        for evidence in found
    ]
    if rows:
        connection.execute(insert(alerts), rows)


def attached(connection: Connection, incident_id: str) -> tuple[AlertEvidence, ...]:
    """Alerts of an incident, oldest first."""
    query = select(alerts).where(alerts.c.incident_id == incident_id).order_by(alerts.c.opened_at, alerts.c.alert_id)
    return tuple(
        AlertEvidence(
            alert_id=row["alert_id"],
            event_id=row["event_id"],
            monitor=row["monitor"],
            subject=row["subject"],
            onset=Span(row["onset_earliest_at"], row["onset_latest_at"]),
            opened_at=row["opened_at"],
            attached_at=row["attached_at"],
            **row["evidence"],
        )
        for row in connection.execute(query).mappings()
    )
