"""The gate: decides about a read, writes it down, and only then hands the frame out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import polars as pl
from sqlalchemy import insert, select

from steek.governance.access.actors import INSIDE, MEMBER, SERVICE, SERVICE_PREFIX, SUPPORT, Actor, reader
from steek.governance.access.decision import Decision, decide
from steek.governance.access.declarations import Policy, Role
from steek.governance.access.facts import FactsOf, TableFacts
from steek.governance.access.reads import write_read
from steek.governance.access.tables import access_policies
from steek.governance.access.treatments import Pseudonymise, treat
from steek.kernel.clock import Clock
from steek.kernel.errors import InputError, RefusedError, describe_unknown
from steek.kernel.records import content_hash
from steek.ledger import Database, Draft, Ledger

_LONGEST_PRINCIPAL = 200
_LONGEST_PURPOSE = 100
# Table and frame; gives the frame with what is sealed in it, opened when it is read.
Unseal = Callable[[str, pl.LazyFrame], pl.LazyFrame]


class Emergency(Protocol):
    """Grants that open something for one person and end by themselves."""

    def is_meant(self, actor: Actor) -> bool:
        """Whether somebody reads for such a grant."""
        ...

    def policies(self, actor: Actor, now: datetime) -> Sequence[Policy]:
        """What is open to `actor` at `now` besides what is declared."""
        ...

    def hand_out(self, decision: Decision, version: int, frame: pl.LazyFrame) -> pl.LazyFrame:
        """The rows themselves, read and written down; only for readers of whom `is_meant`."""
        ...


class Access:
    """The one gate of the lake. Safe to share between threads and processes.

    Args:
        database: Where reads are written.
        ledger: Gets `access.refused` and `access.policy_changed`.
        clock: Ages of rows, moments of reads.
        facts: What is known of a table by its name.
        roles: Declared roles by name.
        policies: Declared policies.
        pseudonymise: Gives pseudonyms; None where the project keeps no keys for them.
        emergency: Opens what was granted for a while; None opens nothing besides what is declared.
        unseal: Opens what is sealed in a table, if anything; None where the project keeps no keys for it.
    """

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        facts: FactsOf,
        *,
        roles: Mapping[str, Role],
        policies: Sequence[Policy],
        pseudonymise: Pseudonymise | None = None,
        emergency: Emergency | None = None,
        unseal: Unseal | None = None,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._facts = facts
        self.roles = roles
        self.policies = policies
        self._pseudonymise = pseudonymise
        self._emergency = emergency
        self._unseal = unseal

    def actor(self, principal: str, purpose: str = "", *, roles: Iterable[str] = (), token: str | None = None) -> Actor:
        """Somebody about to read, with the given roles and those that the project declares for it.

        Raises:
            InputError: a name too long to be written down, or roles that only services have.
        """
        if not 0 < len(principal) <= _LONGEST_PRINCIPAL or len(purpose) > _LONGEST_PURPOSE:
            message = f"a principal has 1 to {_LONGEST_PRINCIPAL} characters and a purpose at most {_LONGEST_PURPOSE}"
            raise InputError(message)
        found = set(roles)
        if SERVICE in found or principal.startswith(SERVICE_PREFIX):
            message = f"{principal!r} is not one of this house's services"
            raise InputError(message, next_step="Services are known by the wiring alone; say who or what job you are.")
        if token is None or not found:
            found |= {role.name for role in self.roles.values() if principal in role.members}
            # Whoever a policy names is known.
            found |= {MEMBER} if any(principal in policy.to for policy in self.policies) else set()
        return Actor(principal, tuple(sorted(found)), purpose, token)

    def check_role(self, role: str) -> None:
        """Refuse a role that neither the project declares nor steek knows. Raises InputError."""
        known = sorted({*self.roles, *INSIDE, SUPPORT} - {SERVICE})
        if role not in known:
            message, hint = describe_unknown("role", role, known)
            raise InputError(message, next_step=hint or "Declare it: sk.Role(name, members=(…)).")

    def facts(self, table: str) -> TableFacts:
        """What is known of a table."""
        return self._facts(table)

    def decide(self, actor: Actor, table: str, columns: Sequence[str]) -> Decision:
        """What `actor` may see now. Nothing is opened, so nothing is written."""
        now = self._clock.now()
        granted = () if self._emergency is None else self._emergency.policies(actor, now)
        policies = [*self.policies, *granted]
        can_pseudonymise = self._pseudonymise is not None
        return decide(actor, self._facts(table), columns, policies, now, can_pseudonymise=can_pseudonymise)

    def unsealed(self, table: str, frame: pl.LazyFrame) -> pl.LazyFrame:
        """A table with what is sealed in it opened; who may see that is decided as for any column."""
        return frame if self._unseal is None else self._unseal(table, frame)

    def open(
        self, actor: Actor, table: str, version: int, frame: pl.LazyFrame, schema: Mapping[str, pl.DataType]
    ) -> pl.LazyFrame:
        """The frame as `actor` may see it; the read is durable in the record before it is handed out.

        Args:
            actor: Who opened the lake.
            table: Its table.
            version: Version of the table, for the record.
            frame: The rows.
            schema: Columns of the frame.

        Raises:
            RefusedError: nothing of it is open; that is in the record too.
            ResourceError: the read could not be written down, so it does not happen.
        """
        decision = self.decide(reader(actor), table, list(schema))
        self._write(decision, version)
        treated = treat(frame, schema, decision, self._facts(table), self._pseudonymise)
        if self._emergency is not None and self._emergency.is_meant(decision.actor):
            return self._emergency.hand_out(decision, version, treated)
        return treated

    def admit(self, actor: Actor, table: str, columns: Sequence[str]) -> Decision:
        """The same for data that do not come as a frame: a decision that is no refusal, written down.

        Raises:
            RefusedError: nothing of it is open, or it is asked for in an emergency, which opens rows of frames only.
        """
        if self._emergency is not None and self._emergency.is_meant(actor):
            message = f"{actor.principal} may not read {table} here: an emergency access opens tables of the lake only"
            raise RefusedError(message, next_step="Read the table with 'steek break-glass read'.")
        decision = self.decide(actor, table, columns)
        self._write(decision, None)
        return decision

    def note_policies(self, *, by: str) -> bool:
        """Write down which policies are in force, with `access.policy_changed` where they differ from the last time."""
        document: dict[str, object] = {
            "policies": [{**policy.described(), "hash": policy.hash} for policy in self.policies],
            "roles": [{"name": role.name, "members": sorted(role.members)} for role in self.roles.values()],
        }
        current = content_hash([sorted(policy.hash for policy in self.policies), document["roles"]])
        last = select(access_policies.c.hash).order_by(access_policies.c.sequence.desc()).limit(1)
        with self._database.reading() as connection:
            before = connection.execute(last).scalar()
        if before == current or (before is None and not self.policies and not self.roles):
            return False
        with self._database.transaction() as connection:
            before = connection.execute(last).scalar()
            if before == current:
                return False
            connection.execute(insert(access_policies).values(hash=current, document=document, at=self._clock.now()))
            facts: dict[str, object] = {"hash": current, "before": before, **document}
            self._ledger.append(connection, Draft("access.policy_changed", "settings:access", by, facts))
        return True

    def _write(self, decision: Decision, version: int | None) -> None:
        if decision.verdict != "refused":
            # Not `transaction`: a read waits for no writer where the database does not ask for it.
            with self._database.reading() as connection:
                write_read(connection, decision, version, self._clock.now())
                connection.commit()
            return
        actor = decision.actor
        payload: dict[str, object] = {
            "roles": list(actor.roles),
            "purpose": actor.purpose,
            "reason": decision.reasons[0].says,
            "token": actor.token,
        }
        with self._database.transaction() as connection:
            write_read(connection, decision, version, self._clock.now())
            subject = f"dataset:{decision.table}"
            self._ledger.append(connection, Draft("access.refused", subject, actor.principal, payload))
        message = f"{actor.principal} may not read {decision.table}: {decision.reasons[0].says}"
        raise RefusedError(
            message,
            next_step=f"'steek access explain {actor.principal} {decision.table}' says which rules decide; its owner "
            "can declare a sk.Policy.",
            details={"dataset": decision.table, "purpose": actor.purpose, "rules": list(decision.rules)},
        )
