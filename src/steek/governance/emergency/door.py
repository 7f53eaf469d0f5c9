"""The gate's side of access in an emergency: what a grant opens for its asker while its time lasts."""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

import polars as pl
from sqlalchemy import select, update

from steek.governance.access.actors import Actor
from steek.governance.access.decision import Decision
from steek.governance.access.declarations import ANYTHING, Policy, Treatment
from steek.governance.access.facts import FactsOf
from steek.governance.access.treatments import Pseudonymise
from steek.governance.emergency.grant_states import TRANSITIONS, GrantAction, GrantState
from steek.governance.emergency.grants import PURPOSE_PREFIX, EmergencyGrant, find_grant, to_grant
from steek.governance.emergency.row_scope import scoped_rows
from steek.governance.emergency.tables import grants
from steek.kernel.clock import Clock
from steek.kernel.errors import InputError, RefusedError
from steek.kernel.state_machine import transition
from steek.kernel.urn import Urn
from steek.ledger import Database, Draft, Ledger


class EmergencyPolicy(Policy):
    """What a grant opens, in the words of the gate; nobody declares one."""

    def __post_init__(self) -> None:
        # What was asked for was checked then; names of people may be longer than those of policies.
        pass

    @cached_property
    def condition(self) -> pl.Expr | None:
        """Set by who makes it, because it needs the keys of pseudonyms."""
        return None

    @property
    def name(self) -> str:
        """How reasons and the audit name it."""
        return self.reason


class EmergencyDoor:
    """Opens what was granted, and writes every query down before its rows are handed out.

    Args:
        database: Holds the grants.
        ledger: Gets `access.emergency_used`.
        clock: Ends grants.
        facts: What is personal.
        pseudonymise: Gives the pseudonyms by which rows are named; None where there are no keys.
    """

    def __init__(
        self, database: Database, ledger: Ledger, clock: Clock, facts: FactsOf, pseudonymise: Pseudonymise | None
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._facts = facts
        self._pseudonymise = pseudonymise

    def is_meant(self, actor: Actor) -> bool:
        """Whether somebody reads for a grant; no policy is for such a purpose."""
        return actor.purpose.startswith(PURPOSE_PREFIX)

    def policies(self, actor: Actor, now: datetime) -> Sequence[Policy]:
        """What is open to `actor` at `now` by the grant that it reads for; nothing in all other cases."""
        if not self.is_meant(actor):
            return ()
        query = select(grants).where(grants.c.id == _id_of(actor))
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        if row is None or (row["asker_token"] is not None and actor.token is None):
            return ()
        grant = to_grant(row, now)
        return [self._policy(grant, number) for number in range(len(grant.openings))] if _is_for(grant, actor) else ()

    def hand_out(self, decision: Decision, version: int, frame: pl.LazyFrame) -> pl.LazyFrame:
        """Rows of one query under a grant: read now, no more than were asked for, and in the ledger before.

        Args:
            decision: What the gate decided for a reader of whom `is_meant`.
            version: Version of the table.
            frame: What the decision leaves of it.

        Raises:
            RefusedError: no such grant, it is somebody else's, it does not open this table, or it ended.
            InputError: the condition on rows does not fit the types of the table.
        """
        actor = decision.actor
        with self._database.reading() as connection:
            grant = find_grant(connection, _id_of(actor), self._clock.now())
        opening = grant.opening(decision.table)
        if opening is None or not _is_for(grant, actor):
            raise _closed(actor, decision.table)
        columns = [name for name in opening.columns if decision.columns.get(name) == "allow"]
        try:
            rows = frame.select(columns).head(grant.most_rows + 1).collect()
        except pl.exceptions.PolarsError as cause:
            # Its words might quote values.
            message = f"the condition on rows does not fit the types of {decision.table}: {type(cause).__name__}"
            raise InputError(message, next_step="Ask again: text in quotes, numbers without.") from None
        given = rows.head(grant.most_rows)
        self._write_use(grant.id, decision, version, columns, given.height, is_cut=rows.height > given.height)
        return given.lazy()

    def _write_use(
        self, grant_id: str, decision: Decision, version: int, columns: list[str], count: int, *, is_cut: bool
    ) -> None:
        with self._database.transaction() as connection:
            # Read again: it may have ended while the rows were read.
            grant = find_grant(connection, grant_id, self._clock.now())
            if not _is_for(grant, decision.actor):
                raise _closed(decision.actor, decision.table)
            state = transition(TRANSITIONS, grant.state, GrantAction.USE, what=f"emergency access {grant_id}")
            opening = grant.opening(decision.table)
            assert opening is not None, "what a grant opens does not change"
            counted = {"uses": grant.uses + 1, "rows_given": grant.rows_given + count, "state": state.value}
            connection.execute(update(grants).where(grants.c.id == grant_id).values(counted))
            payload: dict[str, object] = {
                "incident": grant.incident,
                "grant": grant_id,
                "dataset": decision.table,
                "version": version,
                "columns": columns,
                "filter": opening.rows,
                "rows": count,
                "cut": is_cut,
                "token": decision.actor.token,
            }
            subject = str(Urn("incident", grant.incident))
            self._ledger.append(connection, Draft("access.emergency_used", subject, decision.actor.principal, payload))

    def _policy(self, grant: EmergencyGrant, number: int) -> Policy:
        opening = grant.openings[number]
        columns: dict[str, Treatment] = {ANYTHING: "deny", **dict.fromkeys(opening.columns, "allow")}
        made = EmergencyPolicy(
            dataset=opening.dataset,
            to=(grant.asker,),
            purposes=(grant.reads_for,),
            columns=columns,
            rows=opening.rows,
            owner=grant.decided_by or "",
            reason=f"emergency access {grant.id} of incident {grant.incident}",
        )
        made.__dict__["condition"] = scoped_rows(opening.rows, self._facts(opening.dataset), self._pseudonymise)
        return made


def _id_of(actor: Actor) -> str:
    return actor.purpose.removeprefix(PURPOSE_PREFIX)


def _is_for(grant: EmergencyGrant, actor: Actor) -> bool:
    return grant.state is GrantState.GRANTED and grant.asker == actor.principal and actor.kind == "person"


def _closed(actor: Actor, table: str) -> RefusedError:
    message = f"{actor.principal} has no emergency access to {table} now"
    return RefusedError(
        message, next_step="'steek break-glass list' shows what was granted and when it ended; ask again if needed."
    )
