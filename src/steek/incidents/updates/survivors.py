"""Incidents that were merged: where people work on one now, and are told of it."""

from sqlalchemy import Connection

from steek.incidents.rows import find
from steek.incidents.types import Incident
from steek.kernel.errors import ConflictError


def survivor_of(connection: Connection, incident: Incident) -> Incident:
    """Where people work on it: itself, or what it was merged into at last."""
    while incident.merged_into is not None:
        incident = find(connection, incident.merged_into)
    return incident


def find_spoken_of(connection: Connection, incident_id: str) -> Incident:
    """An incident that people are told of. Raises ConflictError when it is part of another: they are told there."""
    incident = find(connection, incident_id)
    into = survivor_of(connection, incident)
    if into.id != incident.id:
        message = f"incident {incident.id} is part of {into.id}; people are told, and ask, there"
        raise ConflictError(message, next_step=f"Do it in incident {into.id}.")
    return incident
