"""The service: raw values in an emergency, asked for, granted by a second person, ended, reviewed."""

import builtins
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from steek.governance.access.actors import Actor
from steek.governance.access.gate import Access
from steek.governance.emergency import asking
from steek.governance.emergency.expiry import expire
from steek.governance.emergency.grant_states import TRANSITIONS, GrantAction
from steek.governance.emergency.grants import (
    VERDICTS,
    EmergencyGrant,
    EmergencyLimits,
    Opening,
    checked_words,
    find_grant,
    to_grant,
)
from steek.governance.emergency.tables import grant_requests, grants
from steek.kernel.clock import Clock
from steek.kernel.errors import ConflictError, InputError, StaleWriteError
from steek.kernel.state_machine import transition
from steek.kernel.urn import Urn
from steek.ledger import Database, Draft, Event, Ledger

_KEY_CHARACTERS = 300
_MINUTES = 15
# Raises where an incident by this id is not there or is closed.
CheckIncident = Callable[[Connection, str], None]


@dataclass(frozen=True, slots=True)
class Use:
    """One query under a grant: which columns of which rows, how many; never a value."""

    at: datetime
    actor: str
    dataset: str
    version: int | None
    columns: tuple[str, ...]
    filter: str
    rows: int
    is_cut: bool


class BreakGlass:
    """Access in an emergency; safe to share between threads and processes.

    Every writing method takes `key`: called again with the same key it writes nothing and returns what is stored.
    Methods that decide take `expected_version`; None decides on whatever is stored. Rows are read through the lake by
    an actor whose purpose is the grant's `reads_for`, and pass the gate like all others.

    Args:
        database: Holds grants.
        ledger: Every step is an event of the incident in it.
        clock: Ends grants.
        access: Knows principals, their roles, and what is personal.
        columns: Names of the columns of a table; empty for one without data.
        check_incident: Refuses what is not an open incident.
        limits: What the project allows at most.
    """

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        access: Access,
        *,
        columns: Callable[[str], Sequence[str]],
        check_incident: CheckIncident,
        limits: EmergencyLimits,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._access = access
        self._columns = columns
        self._check_incident = check_incident
        self.limits = limits

    def ask(
        self,
        actor: Actor,
        incident: str,
        openings: Sequence[Opening],
        *,
        purpose: str,
        why_raw: str,
        why_not_first: str = "",
        minutes: int = _MINUTES,
        most_rows: int | None = None,
        key: str,
    ) -> EmergencyGrant:
        """Ask for raw values; nothing is open before somebody else grants it. See `EmergencyGrant` for the words.

        Args:
            actor: A person with a role; only they will read.
            incident: What it is for; an incident that is not closed.
            openings: Tables, each with the fewest columns and rows that will do.
            purpose: What for.
            why_raw: Why pseudonyms are not enough.
            why_not_first: Needed where no pseudonymised read of the columns was made within the last day.
            minutes: From the grant on, at most `limits.max_minutes`.
            most_rows: Of one query; by default and at most `limits.max_rows`.
            key: Idempotency key.

        Raises:
            RefusedError: not a person of this project, or pseudonyms were not tried and no reason says why.
            InputError: no condition on rows or one that opens all, columns that are not there or not closed, too long.
            NotFoundError, ConflictError: no such incident or table, or the incident is closed.
        """
        asking.check_person(actor, "ask for emergency access")
        words = {
            "purpose": checked_words(purpose, what="purpose"),
            "why_raw": checked_words(why_raw, what="reason why pseudonyms are not enough"),
            "why_not_first": why_not_first and checked_words(why_not_first, what="reason why none was read first"),
        }
        asking.check_openings(openings, self._access.facts, self._columns)
        rows = asking.check_limits(minutes, most_rows, self.limits)
        with self._database.transaction() as connection:
            known = self._known(connection, "ask", key)
            if known is not None:
                return self._check_same(find_grant(connection, known, self._clock.now()), actor, incident)
            self._check_incident(connection, incident)
            row = asking.new_row(
                key, actor, incident, openings, words, minutes=minutes, most_rows=rows, at=self._clock.now()
            )
            return self._ask(connection, key, actor, row, openings)

    def grant(
        self, grant: str, actor: Actor, *, note: str = "", key: str, expected_version: int | None = None
    ) -> EmergencyGrant:
        """Let the asker read; the clock starts now.

        Raises:
            RefusedError: `actor` asked, is no person, has no role that may approve, or comes without a token of their
                own where the asker came with one.
            IllegalTransitionError: it was decided before.
            StaleWriteError: somebody decided after `actor` looked.
        """
        return self._decide(grant, actor, GrantAction.GRANT, note=note, key=key, expected_version=expected_version)

    def refuse(
        self, grant: str, actor: Actor, *, reason: str, key: str, expected_version: int | None = None
    ) -> EmergencyGrant:
        """Do not let them; who may is as for `grant`."""
        said = checked_words(reason, what="reason")
        return self._decide(grant, actor, GrantAction.REFUSE, note=said, key=key, expected_version=expected_version)

    def end(self, grant: str, actor: Actor, *, key: str, expected_version: int | None = None) -> EmergencyGrant:
        """End a grant before its time, or take a question back that nobody answered.

        Raises:
            RefusedError: neither who asked nor somebody who may approve.
            IllegalTransitionError: it is not open.
        """
        with self._database.transaction() as connection:
            if self._known(connection, "end", key, grant) is not None:
                return find_grant(connection, grant, self._clock.now())
            present = self._seen(connection, grant, expected_version)
            if actor.principal != present.asker:
                asking.check_approver(actor, self.limits, "end it")
            state = transition(TRANSITIONS, present.state, GrantAction.END, what=f"emergency access {grant}")
            now = self._clock.now()
            after = self._change(
                connection, present, actor.principal, state=state.value, ended_by=actor.principal, ended_at=now
            )
            facts: dict[str, object] = {"before": present.state, "uses": after.uses, "rows": after.rows_given}
            self._write(connection, "end", key, after, "access.emergency_ended", actor.principal, facts)
            return after

    def review(
        self, grant: str, actor: Actor, verdict: str, *, note: str, key: str, expected_version: int | None = None
    ) -> EmergencyGrant:
        """Say afterwards whether it was proper; the incident does not close before.

        Raises:
            InputError: a verdict other than proper or improper, or nothing said.
            RefusedError: `actor` asked or granted, is no person of this project, or comes without a token of their own
                where one of the two came with one.
            IllegalTransitionError: it goes on still, or never was granted.
        """
        if verdict not in VERDICTS:
            message = f"verdict {verdict[:40]!r} is not known; allowed: {', '.join(VERDICTS)}"
            raise InputError(message)
        said = checked_words(note, what="note of the review")
        tokens = self._tokens(grant)
        with self._database.transaction() as connection:
            if self._known(connection, "review", key, grant) is not None:
                return find_grant(connection, grant, self._clock.now())
            present = self._seen(connection, grant, expected_version)
            asking.check_reviewer(present, tokens, actor)
            state = transition(TRANSITIONS, present.state, GrantAction.REVIEW, what=f"emergency access {grant}")
            reviewed = {"reviewed_by": actor.principal, "reviewed_at": self._clock.now(), "verdict": verdict}
            after = self._change(connection, present, actor.principal, state=state.value, review_note=said, **reviewed)
            facts: dict[str, object] = {"verdict": verdict, "uses": after.uses, "rows": after.rows_given}
            self._write(connection, "review", key, after, "access.emergency_reviewed", actor.principal, facts)
            return after

    def get(self, grant: str) -> EmergencyGrant:
        """One by its id, as the clock says now. Raises NotFoundError."""
        with self._database.reading() as connection:
            return find_grant(connection, grant, self._clock.now())

    def list(self, incident: str | None = None, *, limit: int = 100) -> tuple[EmergencyGrant, ...]:
        """Newest first: all, or those of one incident."""
        query = select(grants).order_by(grants.c.asked_at.desc(), grants.c.id).limit(limit)
        query = query if incident is None else query.where(grants.c.incident == incident)
        now = self._clock.now()
        with self._database.reading() as connection:
            return tuple(to_grant(row, now) for row in connection.execute(query).mappings())

    def uses(self, grant: str) -> tuple[Use, ...]:
        """Every query under a grant, oldest first. Raises NotFoundError."""
        found = self.get(grant)
        subject = str(Urn("incident", found.incident))
        events = self._ledger.events(kinds=["access.emergency_used"], subject=subject, limit=100_000)
        return tuple(_to_use(event) for event in events if event.payload.get("grant") == grant)

    def _ask(
        self, connection: Connection, key: str, actor: Actor, row: dict[str, object], openings: Sequence[Opening]
    ) -> EmergencyGrant:
        now = self._clock.now()
        first = asking.read_with_pseudonyms(connection, actor, openings, self._access.facts, now=now)
        if not first:
            asking.check_why_not_first(str(row["why_not_first"]))
        connection.execute(insert(grants).values(row | {"pseudonymised_first": first}))
        grant = find_grant(connection, str(row["id"]), now)
        facts: dict[str, object] = {"openings": row["openings"], "minutes": grant.minutes, "most_rows": grant.most_rows}
        facts |= {"pseudonymised_first": first, "purpose": grant.purpose}
        self._write(connection, "ask", key, grant, "access.emergency_asked", actor.principal, facts)
        return grant

    def _decide(
        self, grant: str, actor: Actor, action: GrantAction, *, note: str, key: str, expected_version: int | None
    ) -> EmergencyGrant:
        asking.check_approver(actor, self.limits, f"{action.value} it")
        with self._database.transaction() as connection:
            if self._known(connection, action.value, key, grant) is not None:
                return find_grant(connection, grant, self._clock.now())
            present = self._seen(connection, grant, expected_version)
            token = connection.execute(select(grants.c.asker_token).where(grants.c.id == grant)).scalar_one()
            asking.check_second_person(present, token, actor)
            state = transition(TRANSITIONS, present.state, action, what=f"emergency access {grant}")
            now = self._clock.now()
            granted = action is GrantAction.GRANT
            until_at = now + timedelta(minutes=present.minutes) if granted else None
            after = self._change(
                connection, present, actor.principal, state=state.value, decided_by=actor.principal, decided_at=now,
                decision_note=note[:4_000], until_at=until_at,
            )  # fmt: skip
            facts: dict[str, object] = {"asker": present.asker, "minutes": present.minutes, "until_at": until_at}
            facts |= {"openings": [asking.plain(each) for each in present.openings], "token": actor.token}
            kind = "access.emergency_granted" if granted else "access.emergency_refused"
            self._write(connection, action.value, key, after, kind, actor.principal, facts)
            return after

    def _tokens(self, grant: str) -> builtins.list[str]:
        """Ids of the tokens with which it was asked for and granted."""
        with self._database.reading() as connection:
            found = find_grant(connection, grant, self._clock.now())
            asker = connection.execute(select(grants.c.asker_token).where(grants.c.id == grant)).scalar_one()
        subject = str(Urn("incident", found.incident))
        granted = self._ledger.events(kinds=["access.emergency_granted"], subject=subject, limit=100_000)
        used = [asker, *(event.payload.get("token") for event in granted if event.payload.get("grant") == grant)]
        return [str(token) for token in used if token is not None]

    def _known(self, connection: Connection, operation: str, key: str, grant: str | None = None) -> str | None:
        if not 0 < len(key) <= _KEY_CHARACTERS:
            message = f"a key has 1 to {_KEY_CHARACTERS} characters, this one {len(key)}"
            raise InputError(message)
        table = grant_requests
        query = select(table.c.grant_id).where(table.c.operation == operation, table.c.key == key)
        known = connection.execute(query).scalar_one_or_none()
        if known is not None and grant is not None and known != grant:
            message = f"this key was used before to {operation} emergency access {known}"
            raise ConflictError(message, next_step="Take a new key for a new request.")
        return known

    def _check_same(self, known: EmergencyGrant, actor: Actor, incident: str) -> EmergencyGrant:
        if (known.asker, known.incident) != (actor.principal, incident):
            message = f"this key was used before to ask for emergency access {known.id}"
            raise ConflictError(message, next_step="Take a new key for a new request.")
        return known

    def _seen(self, connection: Connection, grant: str, expected_version: int | None) -> EmergencyGrant:
        expire(connection, self._ledger, self._clock, grant)
        present = find_grant(connection, grant, self._clock.now())
        if expected_version is not None and expected_version != present.version:
            message = (
                f"emergency access {grant} was changed by {present.changed_by} while you were looking: you saw "
                f"version {expected_version}, it is at {present.version} ({present.state.value})"
            )
            raise StaleWriteError(message, next_step="Look at it again and decide anew; nothing was written.")
        return present

    def _change(self, connection: Connection, present: EmergencyGrant, actor: str, **values: object) -> EmergencyGrant:
        written = values | {"version": present.version + 1, "changed_by": actor}
        connection.execute(update(grants).where(grants.c.id == present.id).values(written))
        return find_grant(connection, present.id, self._clock.now())

    def _write(
        self,
        connection: Connection,
        operation: str,
        key: str,
        grant: EmergencyGrant,
        kind: str,
        actor: str,
        facts: dict[str, object],
    ) -> None:
        values = {"operation": operation, "key": key, "grant_id": grant.id}
        connection.execute(insert(grant_requests).values(values))
        payload: dict[str, object] = {"incident": grant.incident, "grant": grant.id, **facts}
        self._ledger.append(connection, Draft(kind, str(Urn("incident", grant.incident)), actor, payload))


def _to_use(event: Event) -> Use:
    payload = event.payload
    version, columns = payload.get("version"), payload.get("columns")
    return Use(
        at=event.at,
        actor=event.actor,
        dataset=str(payload.get("dataset")),
        version=version if isinstance(version, int) else None,
        columns=tuple(map(str, columns)) if isinstance(columns, builtins.list) else (),  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        filter=str(payload.get("filter")),
        rows=int(str(payload.get("rows"))),
        is_cut=payload.get("cut") is True,
    )
