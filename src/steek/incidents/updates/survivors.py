"""Incidents that were merged: where people work on one now, and everything that became part of it."""

from sqlalchemy import Connection, select

from steek.incidents.rows import find
from steek.incidents.tables import incidents
from steek.incidents.types import Incident
from steek.kernel.errors import ConflictError


def survivor_of(connection: Connection, incident: Incident) -> Incident:
    """Where people work on it: itself, or what it was merged into at last."""
    while incident.merged_into is not None:
        incident = find(connection, incident.merged_into)
    return incident


def parts_of(connection: Connection, incident_id: str) -> tuple[str, ...]:
    """Ids of the incident and of all that was merged into it, at once or over others."""
    found, latest = [incident_id], [incident_id]
    while latest:
        query = select(incidents.c.id).where(incidents.c.merged_into.in_(latest))
        latest = list(connection.execute(query.order_by(incidents.c.id)).scalars())
        found += latest
    return tuple(found)


def find_spoken_of(connection: Connection, incident_id: str) -> Incident:
    """An incident that people are told of. Raises ConflictError when it is part of another: they are told there."""
    incident = find(connection, incident_id)
    into = survivor_of(connection, incident)
    if into.id != incident.id:
        message = f"incident {incident.id} is part of {into.id}; people are told, and ask, there"
        raise ConflictError(message, next_step=f"Do it in incident {into.id}.")
    return incident
