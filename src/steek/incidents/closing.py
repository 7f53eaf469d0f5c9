"""What keeps an incident open: questions of ethics that have to be answered before it may close."""

from sqlalchemy import Connection, select

from steek.governance.emergency.grant_states import UNFINISHED, GrantState
from steek.governance.emergency.tables import grants
from steek.incidents.ethics.groups import is_answered

_GRANTS = {
    GrantState.ASKED: "emergency access {id} was asked for and nobody answered: grant, refuse or withdraw it",
    GrantState.GRANTED: "emergency access {id} was granted and not reviewed: end it and have it reviewed",
    GrantState.ENDED: "emergency access {id} was not reviewed: somebody who had no part in it says whether it was "
    "proper",
}


def reasons_to_stay_open(connection: Connection, incident_id: str) -> tuple[str, ...]:
    """Why an incident may not close yet, one sentence each; empty when nothing stands against it."""
    states = [state.value for state in UNFINISHED]
    query = select(grants.c.id, grants.c.state).where(grants.c.incident == incident_id, grants.c.state.in_(states))
    found = connection.execute(query.order_by(grants.c.asked_at, grants.c.id)).all()
    reasons = [_GRANTS[GrantState(row.state)].format(id=row.id) for row in found]
    if not is_answered(connection, incident_id):
        reasons.append(
            "nobody said which groups of people were harmed: 'steek incident groups' asks, 'nobody' with a reason is "
            "an answer"
        )
    return tuple(reasons)
