"""The gate's side of access in an emergency: what a grant opens for its asker while its time lasts."""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

import polars as pl
from sqlalchemy import Connection, select, update

from steek.governance.access.actors import Actor
from steek.governance.access.decision import Decision
from steek.governance.access.declarations import ANYTHING, Policy, Treatment
from steek.governance.access.facts import FactsOf
from steek.governance.access.treatments import Pseudonymise
from steek.governance.emergency.grant_states import TRANSITIONS, GrantAction, GrantState
from steek.governance.emergency.grants import MOST_USES, PURPOSE_PREFIX, EmergencyGrant, Opening, to_grant
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
        with self._database.reading() as connection:
            grant = _open_to(connection, actor, now)
        return () if grant is None else [self._policy(grant, opening) for opening in grant.openings]

    def hand_out(self, decision: Decision, version: int, frame: pl.LazyFrame) -> pl.LazyFrame:
        """Rows of one query under a grant: read now, no more than were asked for, and in the ledger before.

        Args:
            decision: What the gate decided for a reader of whom `is_meant`.
            version: Version of the table.
            frame: What the decision leaves of it.

        Raises:
            RefusedError: no such grant, it is somebody else's, it does not open this table, it ended, or its queries
                are used up.
            InputError: the condition on rows does not fit the types of the table.
        """
        actor = decision.actor
        with self._database.reading() as connection:
            grant = _open_to(connection, actor, self._clock.now())
        opening = None if grant is None else grant.opening(decision.table)
        if grant is None or opening is None or any(decision.columns.get(name) != "allow" for name in opening.columns):
            raise _closed(actor, decision.table)
        try:
            rows = frame.select(opening.columns).head(grant.most_rows + 1).collect()
        except pl.exceptions.PolarsError as cause:
            # Its words might quote values.
            message = f"the condition on rows does not fit the types of {decision.table}: {type(cause).__name__}"
            raise InputError(message, next_step="Ask again: text in quotes, numbers without.") from None
        given = rows.head(grant.most_rows)
        self._write_use(decision, version, opening, given.height, is_cut=rows.height > given.height)
        return given.lazy()

    def _write_use(self, decision: Decision, version: int, opening: Opening, count: int, *, is_cut: bool) -> None:
        with self._database.transaction() as connection:
            # Read again: it may have ended while the rows were read.
            grant = _open_to(connection, decision.actor, self._clock.now())
            if grant is None:
                raise _closed(decision.actor, decision.table)
            state = transition(TRANSITIONS, grant.state, GrantAction.USE, what=f"emergency access {grant.id}")
            counted = {"uses": grants.c.uses + 1, "rows_given": grants.c.rows_given + count, "state": state.value}
            # Counted where it is stored: two queries at once cannot both be the last.
            still = update(grants).where(grants.c.id == grant.id, grants.c.uses < MOST_USES)
            if connection.execute(still.values(counted)).rowcount == 0:
                message = f"the {MOST_USES} queries of emergency access {grant.id} are used up"
                raise RefusedError(message, next_step="End it, and ask again with what is still missing.")
            payload: dict[str, object] = {
                "incident": grant.incident,
                "grant": grant.id,
                "dataset": decision.table,
                "version": version,
                "columns": list(opening.columns),
                "filter": opening.rows,
                "rows": count,
                "cut": is_cut,
                "token": decision.actor.token,
            }
            subject = str(Urn("incident", grant.incident))
            self._ledger.append(connection, Draft("access.emergency_used", subject, decision.actor.principal, payload))

    def _policy(self, grant: EmergencyGrant, opening: Opening) -> Policy:
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


def _open_to(connection: Connection, actor: Actor, now: datetime) -> EmergencyGrant | None:
    """The grant that `actor` reads for, if it is theirs and open; a name without proof is not who came with one."""
    query = select(grants).where(grants.c.id == actor.purpose.removeprefix(PURPOSE_PREFIX))
    row = connection.execute(query).mappings().first()
    if row is None or actor.kind != "person" or actor.principal != row["asker"]:
        return None
    if row["asker_token"] is not None and actor.token is None:
        return None
    grant = to_grant(row, now)
    return grant if grant.state is GrantState.GRANTED else None


def _closed(actor: Actor, table: str) -> RefusedError:
    message = f"{actor.principal} has no emergency access to {table} now"
    return RefusedError(
        message, next_step="'steek break-glass list' shows what was granted and when it ended; ask again if needed."
    )
