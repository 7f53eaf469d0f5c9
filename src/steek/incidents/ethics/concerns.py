"""Concerns that pass the commander by: raised by anybody, also without a name, read by a list of its own."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from steek.incidents.ethics.concern_states import TRANSITIONS, ConcernAction, ConcernState
from steek.incidents.ethics.tables import concern_requests, concerns
from steek.incidents.rows import find
from steek.incidents.text import NAME_CHARACTERS, NOTE_CHARACTERS, checked
from steek.incidents.types import Role
from steek.kernel.clock import Clock
from steek.kernel.errors import ConflictError, InputError, NotFoundError, RefusedError, StaleWriteError
from steek.kernel.records import content_hash
from steek.kernel.state_machine import transition
from steek.kernel.urn import Urn
from steek.ledger import Database, Draft, Ledger

# Who a concern is from is nobody's business but its recipients'.
SOMEBODY = "somebody"
_KEY_CHARACTERS = 300
# Called in the transaction that raises one, with its id; what it tells must not say more.
Tell = Callable[[Connection, str, datetime], None]


@dataclass(frozen=True, slots=True)
class Concern:
    """A concern as its recipients see it.

    Args:
        id: Of the concern.
        incident: What it is about; None for the way things are done.
        text: As it was written.
        raised_by: Who raised it; None when they did not say.
        to_commander: Whether the raiser wants the commander of that incident to see it.
        state: raised, acknowledged, answered or closed.
        version: Grows with every step.
        raised_at: When.
        acknowledged_by: Who read it first; None while nobody did.
        acknowledged_at: When.
        answer: "" while there is none.
        answered_by: Who answered.
        answered_at: When.
    """

    id: str
    incident: str | None
    text: str
    raised_by: str | None
    to_commander: bool
    state: ConcernState
    version: int
    raised_at: datetime
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    answer: str
    answered_by: str | None
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Raised:
    """What the raiser gets: the concern's id, who reads it, and a ticket that shows its answer to whoever has it.

    `ticket` is None where the key was used before: it was shown then and is kept by nobody.
    """

    id: str
    readers: tuple[str, ...]
    ticket: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a ticket shows: how the concern stands, and the answer."""

    id: str
    state: ConcernState
    raised_at: datetime
    answer: str
    answered_at: datetime | None


class Concerns:
    """Concerns; safe to share between threads and processes.

    No event, log or message says who raised one or what it says; where it is not for the commander, not even which
    incident it is about. Every writing method takes `key`; the same key again writes nothing.

    Args:
        database: Holds concerns.
        ledger: Is told that there is one, and how far it is.
        clock: Processing time.
        recipients: Principals who read them.
        tell: Tells the recipients, in the transaction that raises one.
    """

    def __init__(
        self, database: Database, ledger: Ledger, clock: Clock, *, recipients: Collection[str], tell: Tell
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self.recipients = frozenset(recipients)
        self._tell = tell

    def raise_concern(
        self, text: str, *, by: str | None, incident: str | None = None, to_commander: bool = False, key: str
    ) -> Raised:
        """Raise one.

        Args:
            text: What worries you.
            by: Who you are; None stores nobody.
            incident: What it is about; None for no incident.
            to_commander: Whether the commander of that incident may see it, in its timeline too.
            key: Idempotency key; only its hash is kept.

        Raises:
            InputError: no text, or it cannot be stored.
            NotFoundError: no such incident.
        """
        said = checked(text, what="concern", most=NOTE_CHARACTERS)
        name = None if by is None else checked(by, what="name", most=NAME_CHARACTERS)
        hashed, ticket, now = _hashed(key), secrets.token_hex(16), self._clock.now()
        id = content_hash(["concern", hashed])[:12]
        with self._database.transaction() as connection:
            about = None if incident is None else find(connection, incident)
            commander = None if about is None else about.roles.get(Role.COMMANDER)
            readers = tuple(sorted(self._readers(commander, to_commander=to_commander)))
            known = connection.execute(select(concerns.c.id).where(concerns.c.key_hash == hashed)).scalar_one_or_none()
            if known is not None:
                return Raised(known, readers, None)
            row: dict[str, object] = {
                "id": id, "key_hash": hashed, "ticket_hash": _digest(ticket), "incident_id": incident, "text": said,
                "raised_by": name, "to_commander": to_commander, "commander": commander,
                "state": ConcernState.RAISED.value, "version": 1, "raised_at": now, "answer": "",
            }  # fmt: skip
            connection.execute(insert(concerns).values(row))
            self._write(connection, row, "incident.concern_raised", SOMEBODY)
            self._tell(connection, id, now)
        return Raised(id, readers, ticket)

    def list(self, reader: str, *, incident: str | None = None, limit: int = 200) -> tuple[Concern, ...]:
        """Concerns that `reader` may see, newest first; those about an incident that they command only if so wanted.

        Raises:
            RefusedError: `reader` is no recipient.
        """
        self._check_reader(reader)
        query = select(concerns).order_by(concerns.c.raised_at.desc(), concerns.c.id).limit(limit)
        query = query if incident is None else query.where(concerns.c.incident_id == incident)
        with self._database.reading() as connection:
            rows = connection.execute(query).mappings().all()
            return tuple(_to_concern(row) for row in rows if self._may_see(connection, row, reader))

    def open_to_all(self, incident: str) -> tuple[Concern, ...]:
        """Concerns about an incident that their raisers want its commander to see, without who raised them."""
        query = select(concerns).where(concerns.c.incident_id == incident, concerns.c.to_commander.is_(True))
        with self._database.reading() as connection:
            found = connection.execute(query.order_by(concerns.c.raised_at)).mappings().all()
        return tuple(_to_concern({**row, "raised_by": None}) for row in found)

    def acknowledge(self, concern: str, reader: str, *, key: str, expected_version: int | None = None) -> Concern:
        """Say that it was read. Raises RefusedError, NotFoundError, IllegalTransitionError, StaleWriteError."""
        now = self._clock.now()
        values = {"acknowledged_by": reader, "acknowledged_at": now}
        return self._move(concern, reader, ConcernAction.ACKNOWLEDGE, values, key, expected_version)

    def answer(
        self,
        concern: str,
        reader: str,
        text: str,
        *,
        close: bool = False,
        key: str,
        expected_version: int | None = None,
    ) -> Concern:
        """Answer it, and close it where nothing is left to do. Raises as `acknowledge`."""
        said = checked(text, what="answer", most=NOTE_CHARACTERS)
        action = ConcernAction.CLOSE if close else ConcernAction.ANSWER
        values = {"answer": said, "answered_by": reader, "answered_at": self._clock.now()}
        return self._move(concern, reader, action, values, key, expected_version)

    def follow(self, concern: str, ticket: str) -> Answer:
        """What became of a concern, for who has its ticket. Raises NotFoundError, alike for a wrong id or ticket."""
        with self._database.reading() as connection:
            row = connection.execute(select(concerns).where(concerns.c.id == concern)).mappings().first()
        fits = hmac.compare_digest(_digest(ticket), "" if row is None else row["ticket_hash"])
        if row is None or not fits:
            message = "no concern has this id and ticket"
            raise NotFoundError(message, next_step="Both were shown when it was raised.")
        return Answer(row["id"], ConcernState(row["state"]), row["raised_at"], row["answer"], row["answered_at"])

    def _readers(self, commander: str | None, *, to_commander: bool) -> frozenset[str]:
        return self.recipients if to_commander or commander is None else self.recipients - {commander}

    def _check_reader(self, reader: str) -> None:
        if reader not in self.recipients:
            message = f"{reader or 'nobody'} is not among those who read concerns"
            raise RefusedError(message, next_step="The setting concern_contacts names them; raising one needs no role.")

    def _may_see(self, connection: Connection, row: RowMapping, reader: str) -> bool:
        if row["to_commander"] or row["incident_id"] is None:
            return True
        now = find(connection, row["incident_id"]).roles.get(Role.COMMANDER)
        return reader not in {now, row["commander"]}

    def _move(
        self,
        concern: str,
        reader: str,
        action: ConcernAction,
        values: dict[str, Any],
        key: str,
        expected_version: int | None,
    ) -> Concern:
        self._check_reader(reader)
        hashed, requests = _hashed(key), concern_requests
        known = select(requests.c.concern_id).where(requests.c.operation == action.value, requests.c.key_hash == hashed)
        with self._database.transaction() as connection:
            row = connection.execute(select(concerns).where(concerns.c.id == concern)).mappings().first()
            if row is None or not self._may_see(connection, row, reader):
                message = f"there is no concern {concern[:40]!r} for {reader}"
                raise NotFoundError(message, next_step="'steek concern list' shows those you may see.")
            before = connection.execute(known).scalar_one_or_none()
            if before is not None and before != concern:
                message = f"this key was used before to {action.value} another concern"
                raise ConflictError(message, next_step="Take a new key for a new request.")
            if before is not None:
                return _to_concern(row)
            if expected_version is not None and expected_version != row["version"]:
                message = f"concern {concern} changed while you were looking: it is {row['state']} now"
                raise StaleWriteError(message, next_step="Look at it again; nothing was written.")
            state = transition(TRANSITIONS, ConcernState(row["state"]), action, what=f"concern {concern}")
            written = values | {"state": state.value, "version": row["version"] + 1}
            connection.execute(update(concerns).where(concerns.c.id == concern).values(written))
            used = {"operation": action.value, "key_hash": hashed, "concern_id": concern}
            connection.execute(insert(requests).values(used))
            kind = "acknowledged" if action is ConcernAction.ACKNOWLEDGE else "answered"
            self._write(connection, dict(row) | written, f"incident.concern_{kind}", reader)
            return _to_concern(dict(row) | written)

    def _write(self, connection: Connection, row: dict[str, Any], kind: str, actor: str) -> None:
        # Where the commander is not meant to see it, nothing leads from the incident to its concern.
        is_told = row["to_commander"] and row["incident_id"] is not None
        urn = Urn("incident", str(row["incident_id"])) if is_told else Urn("concern", row["id"])
        payload: dict[str, object] = {"concern": row["id"], "state": row["state"]}
        payload |= {"incident": row["incident_id"]} if is_told else {}
        self._ledger.append(connection, Draft(kind, str(urn), actor, payload))


def _hashed(key: str) -> str:
    if not 0 < len(key) <= _KEY_CHARACTERS:
        message = f"a key has 1 to {_KEY_CHARACTERS} characters, this one {len(key)}"
        raise InputError(message)
    return content_hash(["concern key", key])


def _digest(ticket: str) -> str:
    # Of 128 random bits a plain hash tells nothing.
    return hashlib.sha256(ticket.encode("utf-8", "replace")).hexdigest()


def _to_concern(row: Any) -> Concern:
    values: dict[str, Any] = {name: row[name] for name in Concern.__dataclass_fields__ if name != "incident"}
    values["state"] = ConcernState(row["state"])
    return Concern(incident=row["incident_id"], **values)
