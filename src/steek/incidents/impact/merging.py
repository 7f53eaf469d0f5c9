"""Two incidents that are one: everything of the second is read in the first, and the second says where to."""

from sqlalchemy import Connection, select, update

from steek.incidents.desk import Desk
from steek.incidents.lifecycle import MERGING, State
from steek.incidents.rows import change
from steek.incidents.tables import alerts, incidents
from steek.incidents.types import Incident
from steek.kernel.errors import ConflictError, InputError
from steek.kernel.state_machine import transition
from steek.ledger import Draft, Event


def merge(desk: Desk, connection: Connection, duplicate: Incident, into: Incident, reason: str, *, actor: str) -> Event:
    """Make one incident a duplicate of another, inside the caller's transaction.

    Alerts move to the surviving one, which is verified by all of them; notes stay where they were written and are
    linked both ways. What the duplicate held still is held by the survivor before the duplicate lets go.

    Raises:
        InputError: one and the same.
        ConflictError: the duplicate, or what it would go into, is merged away already or closed.
    """
    _permit(duplicate, into)
    state = transition(MERGING, duplicate.state, "merge", what=f"incident {duplicate.id}")
    moved = [row.alert_id for row in connection.execute(select(alerts).where(alerts.c.incident_id == duplicate.id))]
    connection.execute(update(alerts).where(alerts.c.incident_id == duplicate.id).values(incident_id=into.id))
    systems = tuple(dict.fromkeys((*into.systems, *duplicate.systems)))
    frozen = into.frozen or duplicate.frozen
    survivor = change(connection, into, actor=actor, systems=list(systems), frozen=frozen)
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
        "state_before": duplicate.state,
        "state": state,
    }
    merged = desk.ledger.append(connection, Draft("incident.merged", duplicate.urn, actor, payload))[0]
    took = {**payload, "incident": into.id, "from": duplicate.id, "state_before": into.state, "state": into.state}
    drafts = [Draft("incident.merged", into.urn, actor, took, causes=(merged.id,))]
    if duplicate.frozen:
        held: dict[str, object] = {
            "incident": into.id,
            "subjects": list(duplicate.systems),
            "reason": f"incident {into.id}: {into.title}",
        }
        let_go: dict[str, object] = {"incident": duplicate.id, "reason": f"merged into incident {into.id}"}
        drafts.append(Draft("freeze.requested", survivor.subject, actor, held, causes=(merged.id,)))
        drafts.append(Draft("freeze.release_requested", duplicate.subject, actor, let_go, causes=(merged.id,)))
    desk.ledger.append(connection, *drafts)
    return merged


def duplicates_of(connection: Connection, incident_id: str) -> tuple[str, ...]:
    """Ids of incidents that were merged into this one, oldest first."""
    query = select(incidents.c.id).where(incidents.c.merged_into == incident_id)
    return tuple(connection.execute(query.order_by(incidents.c.year, incidents.c.number)).scalars())


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
