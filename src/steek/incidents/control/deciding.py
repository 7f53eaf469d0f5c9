"""Decisions in an incident: by whom they may be taken, and once per key."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from steek.incidents.desk import Desk
from steek.incidents.rows import request
from steek.incidents.types import Incident, Role
from steek.kernel.errors import ConflictError, RefusedError


@dataclass(frozen=True, slots=True)
class Deed:
    """Who decides, under which key, why, and on which version of what was looked at (None: on whatever is stored)."""

    actor: str
    key: str
    reason: str
    expected_version: int | None = None


def require_role(incident: Incident, actor: str, roles: Sequence[Role], *, to: str) -> None:
    """Return when the actor has one of the roles in the incident.

    Raises:
        RefusedError: the message names who has them.
    """
    if any(incident.roles.get(role) == actor for role in roles):
        return
    named = ", ".join(f"{role} ({incident.roles.get(role, 'nobody')})" for role in roles)
    message = f"{actor} may not {to} in incident {incident.id}; that is for {named}"
    raise RefusedError(message, next_step=f"Ask them, or take the role: 'steek incident assign {incident.id} ROLE'.")


def decided_before(
    desk: Desk, connection: Connection, deed: Deed, operation: str, *, incident: str, about: tuple[str, str]
) -> bool:
    """Whether this key did this before.

    Args:
        desk: What is at hand.
        connection: The write transaction that would do it.
        deed: Who decides, and the key.
        operation: What is done.
        incident: Id of the incident it is done in.
        about: Name and value of the field in the payload that says what it was done to.

    Raises:
        ConflictError: the key did it to something else.
    """
    known = request(connection, deed.key, operation, incident_id=incident)
    if known is None:
        return False
    event = desk.ledger.event(known.event_id)
    name, value = about
    if event is not None and event.payload.get(name) != value:
        message = f"key {deed.key!r} was already used to {operation} {event.payload.get(name)}"
        raise ConflictError(message, next_step="Take a new key for a new decision.")
    return True
