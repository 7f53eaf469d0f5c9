"""Erasures: asked for, taken back, carried out when they are due, certified."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from steek.data.erasure.identity import Identities
from steek.data.erasure.passing import ErasurePass
from steek.data.erasure.ports import Finding
from steek.data.erasure.records import Erasure, find_all, find_by, insert_erasure, list_in, move, to_erasure
from steek.data.erasure.states import TRANSITIONS, State
from steek.data.erasure.subjects import Subject
from steek.data.erasure.tables import erasures
from steek.data.lake.lake import check_key
from steek.kernel.clock import Clock
from steek.kernel.errors import ConflictError, InputError, NotFoundError
from steek.kernel.records import content_hash
from steek.ledger import Database, Draft, Ledger

_UNDER_WAY: tuple[State, ...] = ("shredded", "rewritten", "vacuumed", "verified", "incomplete")


class Erasures:
    """The one door for erasing persons; safe to share between threads and processes.

    A request does nothing until it is due; until then it can be cancelled. Then `run_due` shreds the person's keys,
    rewrites what holds their rows, destroys what was left of the old, searches everywhere, and certifies what it
    found to be gone. Each of these is a state; a process that dies goes on from the last one.

    Args:
        identities: Digests and forms of persons.
        erasing: Carries out what is due.
        database: Where requests live.
        ledger: Gets `erasure.*`.
        clock: Processing time.
        delay: Time in which a request can be cancelled.
    """

    def __init__(
        self,
        identities: Identities,
        erasing: ErasurePass,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        delay: timedelta,
    ) -> None:
        self._identities = identities
        self._erasing = erasing
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._delay = delay

    def request(
        self, subject: Subject, *, reason: str, actor: str, key: str, delay: timedelta | None = None
    ) -> Erasure:
        """Ask for a person to be erased once the delay is over; with a known key, the request that was made.

        Args:
            subject: Whom.
            reason: Why, for the record; must not name the person.
            actor: Who asks.
            key: The caller's name for the request.
            delay: Other than the project's; 0 makes it due at once.

        Raises:
            NotFoundError: no contract names persons of that kind.
            InputError: no reason, or one that names the person.
            ConflictError: the key was used for somebody else.
        """
        check_key(key)
        self._check_reason(reason, subject)
        trace = self._identities.trace(subject)
        id, now = content_hash(["erasure", key])[:32], self._clock.now()
        due_at = now + (self._delay if delay is None else delay)
        asked = Erasure(id, key, subject.kind, trace.digest, reason, actor, "requested", now, due_at, now)
        sealed = self._identities.seal(id, subject.value)
        with self._database.transaction() as connection:
            known = find_by(connection, key=key)
            if known is not None:
                return _same(known, asked)
            insert_erasure(connection, asked, sealed)
            facts: dict[str, object] = {"kind": asked.kind, "digest": asked.digest, "reason": reason, "due_at": due_at}
            self._ledger.append(connection, Draft("erasure.requested", asked.urn, actor, facts))
        return asked

    def cancel(self, id: str, *, reason: str, actor: str) -> Erasure:
        """Take a request back before it is due; one that is cancelled already stays so.

        Raises:
            NotFoundError: no such erasure.
            IllegalTransitionError: keys are shredded already.
        """
        with self._database.transaction() as connection:
            found = find_by(connection, id=id)
            if found is None:
                raise self._nothing(id)
            if found.state == "cancelled":
                return found
            cancelled = move(connection, found, "cancel", self._clock.now(), sealed=None)
            self._ledger.append(connection, Draft("erasure.cancelled", found.urn, actor, {"reason": reason}))
        self._identities.forget_requests([id])
        return cancelled

    def get(self, id: str) -> Erasure:
        """One erasure. Raises NotFoundError."""
        with self._database.reading() as connection:
            found = find_by(connection, id=id)
        if found is None:
            raise self._nothing(id)
        return found

    def due(self) -> list[Erasure]:
        """What `run_due` would work on now: requests whose delay is over, and erasures that were begun."""
        with self._database.reading() as connection:
            begun = list_in(connection, _UNDER_WAY)
            return [*begun, *list_in(connection, ("requested",), due_until_at=self._clock.now())]

    def run_due(self, *, actor: str = "steek") -> list[Erasure]:
        """Carry out everything that is due, all persons in one pass; what was worked on, in its new state.

        Each touched file is rewritten once, however many persons are in it. Nothing due: nothing is read or written.

        Raises:
            ResourceError, BusyError: a place did not answer; erasures stay in the state they reached.
        """
        due = self.due()
        if due:
            self._erasing.run(due, actor=actor)
        with self._database.reading() as connection:
            return find_all(connection, [erasure.id for erasure in due])

    def certificate(self, id: str) -> dict[str, Any]:
        """What the ledger certified: what was removed, what was searched and how, and who had learned from it.

        Raises:
            NotFoundError: no such erasure.
            ConflictError: it is not certified, and why.
        """
        found = self.get(id)
        if found.certificate is None:
            message = f"erasure {id} is {found.state}; only a certified one has a certificate"
            where = ", ".join(str(finding["where"]) for finding in found.findings)
            raise ConflictError(message, next_step=f"Still found in: {where}." if where else "Run what is due.")
        return found.certificate

    def search(self, subject: Subject) -> list[Finding]:
        """Look for a person everywhere, without changing anything.

        Raises:
            NotFoundError: no contract names persons of that kind.
        """
        return self._erasing.search([self._identities.trace(subject)])

    def cancellable(self, erasure: Erasure) -> bool:
        """Whether it can still be taken back."""
        return (erasure.state, "cancel") in TRANSITIONS

    def list(self, state: str | None = None, limit: int = 100) -> list[Erasure]:
        """Erasures, newest first, of one state or of all."""
        query = select(erasures).order_by(erasures.c.requested_at.desc(), erasures.c.id).limit(limit)
        if state is not None:
            query = query.where(erasures.c.state == state)
        with self._database.reading() as connection:
            return [to_erasure(row) for row in connection.execute(query).mappings()]

    def _check_reason(self, reason: str, subject: Subject) -> None:
        if not reason.strip():
            message = "an erasure needs a reason"
            raise InputError(message, next_step="For example 'asked by letter'.")
        if subject.value in reason.split():
            message = "the reason names the person, and it stays in the record when they are gone"
            raise InputError(message, next_step="Refer to a letter or a ticket instead.")

    def _nothing(self, id: str) -> NotFoundError:
        message = f"no erasure {id!r}"
        return NotFoundError(message, next_step="'steek erasure list' shows them.")


def _same(known: Erasure, asked: Erasure) -> Erasure:
    if (known.kind, known.digest) != (asked.kind, asked.digest):
        message = f"key {asked.key!r} was used for the erasure of somebody else ({known.id})"
        raise ConflictError(message, next_step="Give each request its own key.")
    return known
