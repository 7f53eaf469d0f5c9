"""What keeps an incident open: questions of ethics that have to be answered before it may close."""

from sqlalchemy import Connection, select

from steek.governance.emergency.grant_states import UNFINISHED, GrantState
from steek.governance.emergency.tables import grants
from steek.incidents.ethics.groups import unanswered
from steek.incidents.rows import family

_GRANTS = {
    GrantState.ASKED: "emergency access {id} was asked for and nobody answered: grant, refuse or withdraw it",
    GrantState.GRANTED: "emergency access {id} was granted and not reviewed: end it and have it reviewed",
    GrantState.ENDED: "emergency access {id} was not reviewed: somebody who had no part in it says whether it was "
    "proper",
}


def reasons_to_stay_open(connection: Connection, incident_id: str) -> tuple[str, ...]:
    """Why an incident may not close yet, one sentence each; empty when nothing stands against it."""
    states = [state.value for state in UNFINISHED]
    # What was not answered in a duplicate is to be answered where it went.
    mine = grants.c.incident.in_(family(connection, incident_id))
    query = select(grants.c.id, grants.c.state).where(mine, grants.c.state.in_(states))
    found = connection.execute(query.order_by(grants.c.asked_at, grants.c.id)).all()
    reasons = [_GRANTS[GrantState(row.state)].format(id=row.id) for row in found]
    for asked in unanswered(connection, incident_id):
        by = "" if asked == incident_id else f" by incident {asked}, which was merged into this one"
        reasons.append(
            f"nobody said which groups of people were harmed{by}: 'steek incident groups' asks, 'nobody' with a reason "
            "is an answer"
        )
    return tuple(reasons)
