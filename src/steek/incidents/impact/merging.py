"""Two incidents that are one: what happens to the second happens to the first from then on, until it is undone."""

from typing import cast

from sqlalchemy import Connection, select, update

from steek.incidents.desk import Desk
from steek.incidents.impact.assessing import set_severity
from steek.incidents.impact.severity import is_worse
from steek.incidents.lifecycle import MERGING, State
from steek.incidents.rows import change, duplicates_of, find, find_seen, remember, request
from steek.incidents.tables import alerts
from steek.incidents.text import NAME_CHARACTERS, NOTE_CHARACTERS, checked
from steek.incidents.types import Incident
from steek.kernel.errors import ConflictError, InputError
from steek.kernel.state_machine import transition
from steek.ledger import Draft, Event

_KEY_CHARACTERS = 300


class Merges:
    """Makes an incident a duplicate of another and takes that back; both are idempotent by `key`.

    What belongs to a duplicate (timeline, actions, signals, impact, follow-ups, emergency access) is read with the
    survivor. Alerts, systems and holds move to it, because alerts that follow and resolutions go by them.

    Args:
        desk: Database, ledger, lineage and clock.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def merge(
        self, incident: str, into: str, reason: str, actor: str, *, key: str, expected_version: int | None = None
    ) -> Incident:
        """Make one incident a duplicate of another, and return that other.

        The survivor is as bad as the worse of the two, and what is still to be answered in the duplicate keeps it from
        being closed. What the duplicate held still is held by the survivor before the duplicate lets go.

        Raises:
            InputError: one and the same.
            ConflictError: one of them is merged away already, the survivor is closed, or it is over and this is not.
        """
        why, by, at_key = _words(reason, actor, key)
        with self._desk.database.transaction() as connection:
            if request(connection, at_key, "merge", incident_id=incident) is None:
                duplicate, survivor = find_seen(connection, incident, seen=expected_version), find(connection, into)
                _permit(duplicate, survivor)
                event = _merge(self._desk, connection, duplicate, survivor, why, actor=by)
                remember(connection, at_key, "merge", incident_id=incident, event_id=event.id)
            return find(connection, into)

    def undo(
        self, incident: str, reason: str, actor: str, *, key: str, expected_version: int | None = None
    ) -> Incident:
        """Take back that an incident is a duplicate: it stands where it stood, and takes back what it brought along.

        The severity of the survivor stays; people judge it anew.

        Raises:
            ConflictError: it is no duplicate.
        """
        why, by, at_key = _words(reason, actor, key)
        with self._desk.database.transaction() as connection:
            if request(connection, at_key, "undo merge", incident_id=incident) is None:
                duplicate = find_seen(connection, incident, seen=expected_version)
                if duplicate.merged_into is None:
                    message = f"incident {incident} is merged into no other"
                    raise ConflictError(message, next_step="Name the one that was merged away.")
                event = _undo(self._desk, connection, duplicate, why, actor=by)
                remember(connection, at_key, "undo merge", incident_id=incident, event_id=event.id)
            return find(connection, incident)

    def duplicates(self, incident: str) -> tuple[str, ...]:
        """Ids of incidents that were merged into this one, and into those, oldest first."""
        with self._desk.database.reading() as connection:
            return duplicates_of(connection, find(connection, incident).id)


def _merge(
    desk: Desk, connection: Connection, duplicate: Incident, into: Incident, reason: str, *, actor: str
) -> Event:
    state = transition(MERGING, duplicate.state, "merge", what=f"incident {duplicate.id}")
    moved = [row.alert_id for row in connection.execute(select(alerts).where(alerts.c.incident_id == duplicate.id))]
    connection.execute(update(alerts).where(alerts.c.incident_id == duplicate.id).values(incident_id=into.id))
    systems = tuple(dict.fromkeys((*into.systems, *duplicate.systems)))
    survivor = change(connection, into, actor=actor, systems=list(systems), frozen=into.frozen or duplicate.frozen)
    now = desk.clock.now()
    resolved_at = duplicate.resolved_at or now
    away = {"state": state.value, "merged_into": into.id, "resolved_at": resolved_at, "closed_at": now}
    change(connection, duplicate, actor=actor, **away)
    payload: dict[str, object] = {
        "incident": duplicate.id,
        "into": into.id,
        "reason": reason,
        "title": duplicate.title,
        "alerts": moved,
        "systems": [one for one in duplicate.systems if one not in into.systems],
        "state_before": duplicate.state,
        "state": state,
        "resolved_at": duplicate.resolved_at,
        "frozen_before": into.frozen,
    }
    merged = desk.ledger.append(connection, Draft("incident.merged", duplicate.urn, actor, payload))[0]
    took = {**payload, "incident": into.id, "from": duplicate.id, "state_before": into.state, "state": into.state}
    desk.ledger.append(connection, Draft("incident.merged", into.urn, actor, took, causes=(merged.id,)))
    if duplicate.frozen:
        _hold(desk, connection, survivor, duplicate.systems, actor=actor, cause=merged)
        _let_go(desk, connection, duplicate, f"merged into incident {into.id}", actor=actor, cause=merged)
    if is_worse(duplicate.severity, survivor.severity):
        why = f"incident {duplicate.id}, merged into this one, is {duplicate.severity.value}"
        set_severity(desk, connection, survivor, duplicate.severity, why, actor="steek")
    return merged


def _undo(desk: Desk, connection: Connection, duplicate: Incident, reason: str, *, actor: str) -> Event:
    survivor = find(connection, str(duplicate.merged_into))
    merged = desk.ledger.events(kinds=["incident.merged"], subject=duplicate.urn, limit=1000)
    said = next(event for event in reversed(merged) if "from" not in event.payload).payload
    before = State(str(said["state_before"]))
    state = transition(MERGING, duplicate.state, f"undo from {before.value}", what=f"incident {duplicate.id}")
    back = [str(one) for one in cast("list[object]", said["alerts"])]
    connection.execute(update(alerts).where(alerts.c.alert_id.in_(back)).values(incident_id=duplicate.id))
    gone = {str(one) for one in cast("list[object]", said.get("systems") or [])}
    left = [one for one in survivor.systems if one not in gone]
    held_before = bool(said.get("frozen_before", True))
    survivor = change(connection, survivor, actor=actor, systems=left, frozen=survivor.frozen and held_before)
    ended = None if before.is_open else duplicate.resolved_at
    values: dict[str, object] = {"merged_into": None, "resolved_at": ended, "closed_at": None}
    again = change(connection, duplicate, actor=actor, state=state.value, **values)
    payload: dict[str, object] = {
        "incident": duplicate.id,
        "out_of": survivor.id,
        "reason": reason,
        "alerts": back,
        "state_before": duplicate.state,
        "state": state,
    }
    undone = desk.ledger.append(connection, Draft("incident.unmerged", duplicate.urn, actor, payload))[0]
    gave = {**payload, "incident": survivor.id, "gave_back": duplicate.id}
    desk.ledger.append(connection, Draft("incident.unmerged", survivor.urn, actor, gave, causes=(undone.id,)))
    if again.frozen and before.is_open:
        _hold(desk, connection, again, again.systems, actor=actor, cause=undone)
    if again.frozen:
        # What the survivor holds of its own stays held.
        why = f"incident {again.id} stands alone"
        for system in again.systems:
            if not held_before or system in gone:
                _let_go(desk, connection, survivor, why, actor=actor, cause=undone, only=system)
    return undone


def _hold(
    desk: Desk, connection: Connection, incident: Incident, systems: tuple[str, ...], *, actor: str, cause: Event
) -> None:
    held: dict[str, object] = {
        "incident": incident.id,
        "subjects": list(systems),
        "reason": f"incident {incident.id}: {incident.title}",
    }
    draft = Draft("freeze.requested", incident.subject, actor, held, causes=(cause.id,))
    desk.ledger.append(connection, draft)


def _let_go(
    desk: Desk,
    connection: Connection,
    incident: Incident,
    reason: str,
    *,
    actor: str,
    cause: Event,
    only: str | None = None,
) -> None:
    """Release what an incident holds: everything, or what it holds on one system."""
    let_go: dict[str, object] = {"incident": incident.id, "reason": reason}
    let_go |= {} if only is None else {"system": only}
    draft = Draft("freeze.release_requested", only or incident.subject, actor, let_go, causes=(cause.id,))
    desk.ledger.append(connection, draft)


def _permit(duplicate: Incident, into: Incident) -> None:
    if duplicate.id == into.id:
        message = f"incident {into.id} cannot be merged into itself"
        raise InputError(message, next_step="Name the other one.")
    for one in (duplicate, into):
        if one.merged_into is not None:
            message = f"incident {one.id} is merged into {one.merged_into} already"
            raise ConflictError(message, next_step=f"Work in incident {one.merged_into}.")
    if into.state is State.CLOSED:
        message = f"incident {into.id} is closed; nothing is merged into it"
        raise ConflictError(message, next_step="Link it in a note instead.")
    if duplicate.state.is_open and not into.state.is_open:
        message = f"incident {into.id} is over and {duplicate.id} is not; merged, nobody would work on it"
        raise ConflictError(message, next_step=f"Reopen {into.id} first, or merge it into {duplicate.id}.")


def _words(reason: str, actor: str, key: str) -> tuple[str, str, str]:
    return (
        checked(reason, what="reason", most=NOTE_CHARACTERS),
        checked(actor, what="actor", most=NAME_CHARACTERS),
        checked(key, what="key", most=_KEY_CHARACTERS),
    )
