"""A person may refuse: an action or a role declined on ethical grounds, without blame, until somebody else decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, get_args

from sqlalchemy import Connection, RowMapping, insert, select, update

from steek.incidents.ethics.tables import refusals
from steek.incidents.rows import find
from steek.incidents.text import NAME_CHARACTERS, NOTE_CHARACTERS, checked
from steek.kernel.clock import Clock
from steek.kernel.errors import ConflictError, InputError, NotFoundError, RefusedError, StaleWriteError
from steek.kernel.records import content_hash
from steek.kernel.state_machine import transition
from steek.ledger import Database, Draft, Ledger

RefusalKind = Literal["action", "role"]
REFUSAL_KINDS: tuple[RefusalKind, ...] = get_args(RefusalKind)


class RefusalState(StrEnum):
    """Where a refusal stands."""

    OPEN = "open"
    GOES_AHEAD = "goes_ahead"
    LEFT = "left"


class RefusalAction(StrEnum):
    """What another person decides about what was refused: do it without them, or leave it."""

    GO_AHEAD = "go_ahead"
    LEAVE = "leave"


TRANSITIONS: Mapping[tuple[RefusalState, RefusalAction], RefusalState] = {
    (RefusalState.OPEN, RefusalAction.GO_AHEAD): RefusalState.GOES_AHEAD,
    (RefusalState.OPEN, RefusalAction.LEAVE): RefusalState.LEFT,
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Somebody will not do something, and what another person decided about it.

    Args:
        id: Of the refusal.
        incident_id: In which incident.
        person: Who will not.
        kind: "action" or "role".
        what: The mitigation, as the menu calls it, or the role.
        reason: On what grounds.
        state: "open" until another person decided; then "goes_ahead" or "left".
        version: Grows with the decision.
        refused_at: When.
        decided_by: Who decided; never the person who refused.
        decided_at: When.
        decision_note: What they said.
    """

    id: str
    incident_id: str
    person: str
    kind: str
    what: str
    reason: str
    state: RefusalState
    version: int
    refused_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decision_note: str


class Refusals:
    """Refusals; safe to share between threads and processes. The same key again writes nothing.

    Args:
        database: Holds them.
        ledger: Gets `incident.refused` and `incident.refusal_decided`.
        clock: Processing time.
    """

    def __init__(self, database: Database, ledger: Ledger, clock: Clock) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock

    def refuse(self, incident: str, kind: str, what: str, reason: str, *, actor: str, key: str) -> Refusal:
        """Decline an action or a role. Nobody has to agree, and nothing is held against who does.

        Raises:
            InputError: an unknown kind, or nothing said.
            NotFoundError: no such incident.
            ConflictError: the key was used for something else.
        """
        if kind not in REFUSAL_KINDS:
            message = f"what is refused is a kind {kind[:40]!r}; allowed: {', '.join(REFUSAL_KINDS)}"
            raise InputError(message)
        person, named = (
            checked(text, what=word, most=NAME_CHARACTERS) for text, word in ((actor, "name"), (what, "thing refused"))
        )
        said = checked(reason, what="reason", most=NOTE_CHARACTERS)
        at_key = checked(key, what="key", most=300)
        with self._database.transaction() as connection:
            found = find(connection, incident)
            row = connection.execute(select(refusals).where(refusals.c.key == at_key)).mappings().first()
            if row is not None:
                return _same(_to_refusal(row), incident, person, named)
            new: dict[str, Any] = {
                "id": content_hash(["refusal", at_key])[:12], "key": at_key, "incident_id": incident,
                "person": person, "kind": kind, "what": named, "reason": said, "state": RefusalState.OPEN.value,
                "version": 1, "refused_at": self._clock.now(), "decision_note": "",
            }  # fmt: skip
            connection.execute(insert(refusals).values(new))
            facts = {"refusal": new["id"], "kind": kind, "what": named, "reason": said}
            payload: dict[str, object] = {"incident": incident, **facts}
            self._ledger.append(connection, Draft("incident.refused", found.urn, person, payload))
            return _find(connection, new["id"])

    def decide(
        self, refusal: str, verdict: str, *, note: str, actor: str, key: str, expected_version: int | None = None
    ) -> Refusal:
        """Decide about what somebody else refused: "go_ahead" without them, or "leave" it.

        Raises:
            RefusedError: `actor` is who refused.
            IllegalTransitionError: it was decided before.
            StaleWriteError: somebody decided after `actor` looked.
        """
        if verdict not in set(RefusalAction):
            message = f"verdict {verdict[:40]!r} is not known; allowed: {', '.join(RefusalAction)}"
            raise InputError(message)
        by, said = checked(actor, what="name", most=NAME_CHARACTERS), checked(note, what="note", most=NOTE_CHARACTERS)
        at_key = checked(key, what="key", most=300)
        with self._database.transaction() as connection:
            present = _find(connection, refusal)
            keyed = connection.execute(select(refusals.c.id).where(refusals.c.decision_key == at_key)).scalar()
            if keyed is not None:
                return _same(_find(connection, keyed), present.incident_id, present.person, present.what)
            if expected_version is not None and expected_version != present.version:
                message = f"refusal {refusal} was decided by {present.decided_by} while you were looking"
                raise StaleWriteError(message, next_step="Look at it again; nothing was written.")
            if by == present.person:
                message = f"{by} refused {present.what}, so another person decides about it"
                raise RefusedError(message, next_step="Nobody is asked twice to do what they refused.")
            state = transition(TRANSITIONS, present.state, RefusalAction(verdict), what=f"refusal {refusal}")
            values = {
                "state": state.value, "version": present.version + 1, "decided_by": by,
                "decided_at": self._clock.now(), "decision_note": said, "decision_key": at_key,
            }  # fmt: skip
            connection.execute(update(refusals).where(refusals.c.id == refusal).values(values))
            facts = {"incident": present.incident_id, "refusal": refusal, "what": present.what}
            payload: dict[str, object] = {**facts, "verdict": verdict, "note": said}
            urn = find(connection, present.incident_id).urn
            self._ledger.append(connection, Draft("incident.refusal_decided", urn, by, payload))
            return _find(connection, refusal)

    def list(self, incident: str) -> tuple[Refusal, ...]:
        """Refusals of an incident, oldest first. Raises NotFoundError."""
        query = select(refusals).where(refusals.c.incident_id == incident)
        with self._database.reading() as connection:
            find(connection, incident)
            rows = connection.execute(query.order_by(refusals.c.refused_at, refusals.c.id)).mappings()
            return tuple(_to_refusal(row) for row in rows)


def check_not_refused(connection: Connection, incident: str, what: str, *, actor: str) -> None:
    """Let nobody do what a person refused before another one decided, nor what was left, nor who refused it.

    Args:
        connection: Of the transaction that would do it.
        incident: Id of the incident.
        what: The mitigation.
        actor: Who would do it.

    Raises:
        ConflictError: a refusal stands against it.
    """
    query = select(refusals).where(
        refusals.c.incident_id == incident, refusals.c.what == what, refusals.c.kind == "action"
    )
    latest: dict[str, Refusal] = {}
    for row in connection.execute(query.order_by(refusals.c.refused_at, refusals.c.id)).mappings():
        refusal = _to_refusal(row)
        latest[refusal.person] = refusal
    for refusal in latest.values():
        if refusal.state is RefusalState.GOES_AHEAD and actor != refusal.person:
            continue
        waits = refusal.state is RefusalState.OPEN
        said = "another person has to decide about it" if waits else "it was decided to leave it"
        said = "somebody else does it" if refusal.state is RefusalState.GOES_AHEAD else said
        message = f"{refusal.person} refused {what} in incident {incident}; {said}"
        raise ConflictError(message, next_step=f"See refusal {refusal.id}; nothing was done.")


def check_role_not_refused(connection: Connection, incident: str, role: str, *, person: str) -> None:
    """Give nobody a role that they refused in this incident. Raises ConflictError."""
    query = select(refusals.c.id).where(
        refusals.c.incident_id == incident,
        refusals.c.what == role,
        refusals.c.kind == "role",
        refusals.c.person == person,
    )
    found = connection.execute(query).scalars().first()
    if found is not None:
        message = f"{person} refused to be {role} in incident {incident}"
        raise ConflictError(message, next_step=f"Ask somebody else; see refusal {found}.")


def open_refusals(connection: Connection, incident: str) -> int:
    """How many refusals of an incident wait for another person."""
    query = select(refusals.c.id).where(refusals.c.incident_id == incident, refusals.c.state == RefusalState.OPEN.value)
    return len(connection.execute(query).all())


def _find(connection: Connection, refusal: str) -> Refusal:
    row = connection.execute(select(refusals).where(refusals.c.id == refusal)).mappings().first()
    if row is None:
        known = connection.execute(select(refusals.c.id).limit(20)).scalars()
        raise NotFoundError.among("refusal", refusal[:40], known)
    return _to_refusal(row)


def _same(known: Refusal, incident: str, person: str, what: str) -> Refusal:
    if (known.incident_id, known.person, known.what) != (incident, person, what):
        message = f"this key was used before for refusal {known.id}"
        raise ConflictError(message, next_step="Take a new key for a new request.")
    return known


def _to_refusal(row: RowMapping) -> Refusal:
    values: dict[str, Any] = {name: row[name] for name in Refusal.__dataclass_fields__}
    values["state"] = RefusalState(row["state"])
    return Refusal(**values)
