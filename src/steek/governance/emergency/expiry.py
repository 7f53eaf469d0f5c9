"""The end that the clock brings: data are closed at that instant anyhow; here it is written down."""

from sqlalchemy import Connection, select, update

from steek.governance.emergency.grant_states import TRANSITIONS, GrantAction, GrantState
from steek.governance.emergency.grants import to_grant
from steek.governance.emergency.tables import grants
from steek.kernel.clock import Clock
from steek.kernel.state_machine import transition
from steek.kernel.urn import Urn
from steek.ledger import Database, Draft, Ledger


def expired(database: Database, clock: Clock) -> list[str]:
    """Ids of grants whose time is over and whose end was not written down yet."""
    over = (grants.c.state == GrantState.GRANTED.value, grants.c.until_at <= clock.now())
    with database.reading() as connection:
        return list(connection.execute(select(grants.c.id).where(*over).order_by(grants.c.id)).scalars())


def settle(database: Database, ledger: Ledger, clock: Clock) -> int:
    """Write down which grants ended by the clock since; returns how many."""
    ids = expired(database, clock)
    for grant_id in ids:
        with database.transaction() as connection:
            expire(connection, ledger, clock, grant_id)
    return len(ids)


def expire(connection: Connection, ledger: Ledger, clock: Clock, grant_id: str) -> None:
    """Write the end of one grant down, once, in the caller's transaction; nothing where it has not ended."""
    row = connection.execute(select(grants).where(grants.c.id == grant_id)).mappings().first()
    if row is None or row["state"] != GrantState.GRANTED.value:
        return
    ended = to_grant(row, clock.now())
    if ended.state is not GrantState.ENDED:
        return
    state = transition(TRANSITIONS, GrantState.GRANTED, GrantAction.EXPIRE, what=f"emergency access {grant_id}")
    values = {"state": state.value, "ended_by": "steek", "ended_at": ended.until_at}
    connection.execute(update(grants).where(grants.c.id == grant_id).values(values))
    facts: dict[str, object] = {"before": GrantState.GRANTED, "uses": ended.uses, "rows": ended.rows_given}
    payload: dict[str, object] = {"incident": ended.incident, "grant": grant_id, **facts}
    subject = str(Urn("incident", ended.incident))
    ledger.append(connection, Draft("access.emergency_ended", subject, "steek", payload, at=ended.until_at))


class EmergencyChore:
    """What housekeeping does about access in an emergency: ends that nobody looked at are written down.

    Args:
        database: Holds grants.
        ledger: Gets `access.emergency_ended`.
        clock: Ends them.
    """

    name = "emergency access"

    def __init__(self, database: Database, ledger: Ledger, clock: Clock) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock

    def due(self) -> list[str]:
        """What `run` would do, in words."""
        return [
            f"write down that emergency access {grant_id} ended" for grant_id in expired(self._database, self._clock)
        ]

    def run(self, *, actor: str) -> dict[str, object]:  # noqa: ARG002 - the clock ended them
        """Do it."""
        count = settle(self._database, self._ledger, self._clock)
        return {"ended": count} if count else {}
