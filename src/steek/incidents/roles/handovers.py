"""The service: a role is offered with a summary, accepted by whoever takes it, or taken when nobody can be reached."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from steek.incidents.ethics.refusals import check_role_not_refused
from steek.incidents.oncall.rota_rows import known_result, remember_result
from steek.incidents.roles.handover_summary import handover_summary
from steek.incidents.roles.holding import given_role, without_shadow
from steek.incidents.roles.tables import handovers
from steek.incidents.rows import change, find_seen
from steek.incidents.stories import Stories
from steek.incidents.text import NAME_CHARACTERS, NOTE_CHARACTERS, checked
from steek.incidents.types import Incident, Role
from steek.kernel.clock import Clock
from steek.kernel.errors import ConflictError, InputError, NotFoundError, RefusedError
from steek.kernel.ids import new_id
from steek.kernel.state_machine import transition
from steek.ledger import Database, Draft, Ledger


class HandoverState(StrEnum):
    """An offer ends accepted or withdrawn; a role that was taken was never offered."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    TAKEN = "taken"
    WITHDRAWN = "withdrawn"


HANDOVER_TRANSITIONS: Mapping[tuple[HandoverState, str], HandoverState] = {
    (HandoverState.OFFERED, "accept"): HandoverState.ACCEPTED,
    (HandoverState.OFFERED, "take"): HandoverState.TAKEN,
    (HandoverState.OFFERED, "withdraw"): HandoverState.WITHDRAWN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """A role on its way from one person to another. `giver` is None where nobody had it; `reason` why it was taken."""

    id: str
    incident_id: str
    role: Role
    giver: str | None
    taker: str
    summary: str
    state: HandoverState
    offered_by: str
    offered_at: datetime
    ended_by: str | None = None
    ended_at: datetime | None = None
    reason: str | None = None


class Handovers:
    """Hands roles over; safe to share between threads and processes.

    Writing methods take `key`: the same key again writes nothing. Those that change who holds a role take
    `expected_version` of the incident, see `Incidents`.

    Args:
        database: Holds incidents and handovers.
        ledger: Is told of every step.
        clock: Processing time.
        stories: Where summaries are drafted from.
        next_update_at: When the next update of an incident is due; None when none is.
    """

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        stories: Stories,
        next_update_at: Callable[[str], datetime | None],
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._stories = stories
        self._next_update_at = next_update_at

    def draft(self, incident: str) -> str:
        """What the next person must know, as Markdown to be edited. Raises NotFoundError when there is no incident."""
        story = self._stories.read(incident)
        return handover_summary(story, next_update_at=self._next_update_at(incident), now=self._clock.now())

    def hand_over(
        self,
        incident: str,
        role: str,
        to: str,
        summary: str,
        *,
        actor: str,
        key: str,
        expected_version: int | None = None,
    ) -> Handover:
        """Offer a role to somebody; it stays with whoever has it until the taker accepts.

        Raises:
            InputError: an unknown role, an empty summary, or nobody to hand over to.
            ConflictError: the taker has the role already.
            StaleWriteError: somebody decided after the actor looked.
        """
        wanted, taker, by = _role(role), _name(to, "person"), _name(actor, "actor")
        text = checked(summary, what="summary", most=NOTE_CHARACTERS)
        with self._database.transaction() as connection:
            known = _before(connection, key, "hand over", incident)
            if known is not None:
                return known
            present = find_seen(connection, incident, seen=expected_version)
            _permit(present, wanted, taker)
            made = self._insert(connection, present, wanted, taker, text, by, HandoverState.OFFERED)
            payload: dict[str, object] = {"role": wanted, "from": made.giver, "to": taker, "summary": text}
            self._tell(connection, present, "incident.handover_offered", "hand over", made, payload, by, key)
            return made

    def accept(self, handover: str, *, actor: str, key: str, expected_version: int | None = None) -> Handover:
        """Take what was offered; from now on it is the actor's.

        Raises:
            NotFoundError: no such handover.
            RefusedError: it was offered to somebody else.
            IllegalTransitionError: it was accepted, taken or withdrawn already.
        """
        by = _name(actor, "actor")
        with self._database.transaction() as connection:
            found = _find(connection, handover)
            known = _before(connection, key, "accept handover", found.incident_id)
            if known is not None:
                return known
            if by != found.taker:
                message = f"{found.role.value} of incident {found.incident_id} was offered to {found.taker}, not {by}"
                raise RefusedError(message, next_step="Take the role with a reason, or ask for an offer of your own.")
            return self._pass_on(connection, found, "accept", by, key, "accept handover", expected_version)

    def take(
        self,
        incident: str,
        role: str,
        *,
        reason: str,
        actor: str,
        key: str,
        summary: str = "",
        expected_version: int | None = None,
    ) -> Handover:
        """Take a role over from somebody who cannot be reached; why is written down for everybody.

        Args:
            incident: Which.
            role: Which.
            reason: Why nobody hands it over, such as "does not answer for 15 minutes".
            actor: Who takes it.
            key: Idempotency key.
            summary: What is known; "" drafts it.
            expected_version: See the class.

        Raises:
            InputError: no reason.
            ConflictError: the actor has the role already.
        """
        wanted, by = _role(role), _name(actor, "actor")
        why = checked(reason, what="reason", most=NOTE_CHARACTERS)
        text = checked(summary or self.draft(incident), what="summary", most=NOTE_CHARACTERS)
        with self._database.transaction() as connection:
            known = _before(connection, key, "take role", incident)
            if known is not None:
                return known
            present = find_seen(connection, incident, seen=expected_version)
            _permit(present, wanted, by)
            offered = self._insert(connection, present, wanted, by, text, by, HandoverState.OFFERED)
            return self._pass_on(connection, offered, "take", by, key, "take role", None, reason=why)

    def withdraw(self, handover: str, *, actor: str, key: str) -> Handover:
        """Take an offer back. Raises IllegalTransitionError when it was accepted already."""
        by = _name(actor, "actor")
        with self._database.transaction() as connection:
            found = _find(connection, handover)
            known = _before(connection, key, "withdraw handover", found.incident_id)
            if known is not None:
                return known
            ended = self._end(connection, found, "withdraw", by, None)
            present = find_seen(connection, found.incident_id, seen=None)
            payload: dict[str, object] = {"role": found.role, "from": found.giver, "to": found.taker, "withdrawn": True}
            kind = "incident.handover_offered"
            self._tell(connection, present, kind, "withdraw handover", ended, payload, by, key)
            return ended

    def leave_shadow(self, incident: str, person: str, *, actor: str, key: str) -> Incident:
        """Stop shadowing. Raises NotFoundError when the person does not shadow it."""
        by, name = _name(actor, "actor"), _name(person, "person")
        with self._database.transaction() as connection:
            present = find_seen(connection, incident, seen=None)
            if known_result(connection, "leave shadow", checked(key, what="key", most=300)) is not None:
                return present
            if name not in present.shadows:
                raise NotFoundError.among(f"shadow of incident {incident}", name, present.shadows)
            after = change(connection, present, actor=by, roles=without_shadow(present.roles, name))
            payload: dict[str, object] = {"incident": incident, "role": Role.SHADOW, "person": name}
            self._ledger.append(connection, Draft("incident.shadow_left", present.urn, by, payload))
            remember_result(connection, "leave shadow", key, incident)
            return after

    def list(self, incident: str) -> tuple[Handover, ...]:
        """Handovers of an incident, latest first."""
        query = select(handovers).where(handovers.c.incident_id == incident)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(handovers.c.offered_at.desc(), handovers.c.id.desc())).mappings()
            return tuple(_to_handover(row) for row in rows)

    def _pass_on(
        self,
        connection: Connection,
        found: Handover,
        action: str,
        by: str,
        key: str,
        operation: str,
        seen: int | None,
        *,
        reason: str | None = None,
    ) -> Handover:
        present = find_seen(connection, found.incident_id, seen=seen)
        check_role_not_refused(connection, present.id, found.role, person=found.taker)
        ended = self._end(connection, found, action, by, reason)
        after = change(connection, present, actor=by, roles=given_role(present.roles, found.role, found.taker))
        payload: dict[str, object] = {
            "role": found.role,
            "from": present.roles.get(found.role),
            "to": found.taker,
            "summary": found.summary,
            "accepted": action == "accept",
            "reason": reason,
        }
        self._tell(connection, after, "incident.handed_over", operation, ended, payload, by, key)
        return ended

    def _insert(
        self,
        connection: Connection,
        incident: Incident,
        role: Role,
        taker: str,
        summary: str,
        by: str,
        state: HandoverState,
    ) -> Handover:
        now = self._clock.now()
        values: dict[str, Any] = {
            "id": new_id(now),
            "incident_id": incident.id,
            "role": role.value,
            "giver": incident.roles.get(role),
            "taker": taker,
            "summary": summary,
            "state": state.value,
            "offered_by": by,
            "offered_at": now,
        }
        connection.execute(insert(handovers).values(values))
        return _find(connection, values["id"])

    def _end(self, connection: Connection, found: Handover, action: str, by: str, reason: str | None) -> Handover:
        what = f"handover of {found.role.value} in incident {found.incident_id}"
        state = transition(HANDOVER_TRANSITIONS, found.state, action, what=what)
        values = {"state": state.value, "ended_by": by, "ended_at": self._clock.now(), "reason": reason}
        connection.execute(update(handovers).where(handovers.c.id == found.id).values(values))
        return _find(connection, found.id)

    def _tell(
        self,
        connection: Connection,
        incident: Incident,
        kind: str,
        operation: str,
        handover: Handover,
        payload: Mapping[str, object],
        by: str,
        key: str,
    ) -> None:
        said = {"incident": incident.id, "handover": handover.id, **payload}
        self._ledger.append(connection, Draft(kind, incident.urn, by, said))
        remember_result(connection, operation, key, handover.id)


def _before(connection: Connection, key: str, operation: str, incident: str) -> Handover | None:
    """The handover that this key wrote before."""
    known = known_result(connection, operation, checked(key, what="key", most=300))
    if known is None:
        return None
    found = _find(connection, known)
    if found.incident_id != incident:
        message = f"key {key!r} was already used to {operation} in incident {found.incident_id}"
        raise ConflictError(message, next_step="Take a new key for a new request.")
    return found


def _permit(incident: Incident, role: Role, taker: str) -> None:
    if role is Role.SHADOW:
        raise InputError(
            "a shadow is not handed over", next_step="Shadow with 'steek incident assign INCIDENT shadow'."
        )
    if incident.roles.get(role) == taker:
        message = f"{taker} is {role.value} of incident {incident.id} already"
        raise ConflictError(message, next_step="Nothing needs to be done.")


def _find(connection: Connection, handover: str) -> Handover:
    row = connection.execute(select(handovers).where(handovers.c.id == handover)).mappings().first()
    if row is None:
        raise NotFoundError(f"no handover {handover[:60]!r}", next_step="'steek incident handovers' lists them.")
    return _to_handover(row)


def _to_handover(row: RowMapping) -> Handover:
    values: dict[str, Any] = {name: row[name] for name in Handover.__dataclass_fields__}
    values["role"], values["state"] = Role(row["role"]), HandoverState(row["state"])
    return Handover(**values)


def _role(role: str) -> Role:
    try:
        return Role(role)
    except ValueError:
        raise InputError(f"{role[:80]!r} is no role; allowed: {', '.join(Role)}") from None


def _name(text: str, what: str) -> str:
    return checked(text, what=what, most=NAME_CHARACTERS)
