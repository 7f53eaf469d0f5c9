"""Changes to systems that an incident holds: asked for, approved or refused one by one, by those who may."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import Connection

from steek.incidents.control.deciding import Deed, decided_before, require_role
from steek.incidents.control.scheduled import ScheduledChange, scheduled_changes
from steek.incidents.desk import Desk
from steek.incidents.rows import find, remember
from steek.incidents.text import NAME_CHARACTERS, NOTE_CHARACTERS, checked
from steek.incidents.types import Role
from steek.kernel.errors import ConflictError, InputError
from steek.kernel.ids import new_id
from steek.kernel.units import format_duration
from steek.ledger import Draft
from steek.models import Freeze, Freezes
from steek.models.freeze import ACTIONS
from steek.models.held_changes import (
    ChangeAction,
    ChangeState,
    HeldChange,
    add,
    by_fingerprint,
    find_change,
    move,
    read_changes,
)

DECIDERS = (Role.COMMANDER, Role.OPERATIONS)
_KINDS = {
    ChangeAction.ASK: "change.asked",
    ChangeAction.APPROVE: "change.approved",
    ChangeAction.REFUSE: "change.refused",
}


class ChangeControl:
    """What freezes hold back, and the decisions on it; safe to share between threads and processes.

    Every writing method takes `key`, and the same key again writes nothing. Decisions take `expected_version`, the
    version of the held change that the actor looked at.

    Args:
        desk: What is at hand.
        freezes: What holds.
        valid_for: How long an approval waits to be used.
        schedules: Model to when it is trained by itself; None knows of none.
    """

    def __init__(
        self, desk: Desk, freezes: Freezes, valid_for: timedelta, schedules: Mapping[str, str] | None = None
    ) -> None:
        self._schedules = schedules or {}
        self._desk = desk
        self._freezes = freezes
        self._valid_for = valid_for

    def held(
        self, incident: str | None = None, *, subject: str | None = None, waiting_only: bool = True
    ) -> tuple[HeldChange, ...]:
        """Held changes, oldest first; those that were made or refused only with `waiting_only=False`."""
        urn = None if incident is None else f"incident:{incident}"
        with self._desk.database.reading() as connection:
            return tuple(read_changes(connection, incident=urn, subject=subject, waiting_only=waiting_only))

    def scheduled(self, incident: str | None = None) -> tuple[ScheduledChange, ...]:
        """What would change by itself on systems that are held: nightly trainings and open proposals of contracts."""
        with self._desk.database.reading() as connection:
            return tuple(scheduled_changes(connection, self.freezes(incident), self._schedules))

    def get(self, change: str) -> HeldChange:
        """One held change. Raises NotFoundError."""
        with self._desk.database.reading() as connection:
            return find_change(connection, change)

    def check(self, subject: str, action: str, what: str, *, actor: str, key: str) -> None:
        """Return when a change may be made now; it uses up its approval. Raises FrozenError and lists it otherwise."""
        self._freezes.require(subject, action, what, actor=actor, key=key)

    def ask(self, change: str, *, reason: str, actor: str, key: str, expected_version: int | None = None) -> HeldChange:
        """Ask that a held change be let through; anybody may, also again after a refusal.

        Raises:
            IllegalTransitionError: it is decided, made or let go.
            StaleWriteError: somebody decided after the actor looked.
        """
        deed = Deed(actor, key, reason, expected_version)
        return self._decide(change, ChangeAction.ASK, deed, asked_by=actor, asked_reason=reason)

    def ask_for(
        self, incident: str, subject: str, action: str, what: str, *, reason: str, actor: str, key: str
    ) -> HeldChange:
        """Ask for a change before anybody tried it; `what` must be the words that the refusal would say.

        Raises:
            ConflictError: the incident does not hold that.
            InputError: an unknown action, an empty text.
        """
        if action not in ACTIONS:
            raise InputError(f"{action!r} is nothing a freeze holds; allowed: {', '.join(ACTIONS)}")
        words = checked(what, what="change", most=NOTE_CHARACTERS)
        with self._desk.database.transaction() as connection:
            present = find(connection, incident)
            known = by_fingerprint(connection, present.urn, subject, action, words)
            if known is None:
                known = self._foresee(connection, present.urn, subject, action, words, by=actor)
        return self.ask(known.id, reason=reason, actor=actor, key=key)

    def approve(
        self,
        change: str,
        *,
        actor: str,
        key: str,
        reason: str = "",
        valid_for: timedelta | None = None,
        expected_version: int | None = None,
    ) -> HeldChange:
        """Let one change through, once, until the approval lapses; whoever tries it next makes it.

        Args:
            change: Id of the held change.
            actor: Commander or operations of its incident.
            key: Idempotency key.
            reason: Why.
            valid_for: How long the approval waits; None takes the setting.
            expected_version: See the class.

        Raises:
            RefusedError: the actor has neither role.
            IllegalTransitionError: it is decided or made already.
            StaleWriteError: somebody decided after the actor looked.
        """
        until = self._desk.clock.now() + (valid_for or self._valid_for)
        deed = Deed(actor, key, reason, expected_version)
        return self._decide(
            change,
            ChangeAction.APPROVE,
            deed,
            decided_by=actor,
            decided_reason=reason or f"approved for {format_duration(valid_for or self._valid_for)}",
            approved_until=until,
        )

    def refuse(
        self, change: str, *, reason: str, actor: str, key: str, expected_version: int | None = None
    ) -> HeldChange:
        """Say that a change shall not be made, also one whose approval was not used. Raises as `approve` does."""
        deed = Deed(actor, key, checked(reason, what="reason", most=NOTE_CHARACTERS), expected_version)
        return self._decide(change, ChangeAction.REFUSE, deed, decided_by=actor, decided_reason=reason)

    def release(
        self, incident: str, *, actor: str, subject: str | None = None
    ) -> tuple[tuple[Freeze, ...], tuple[HeldChange, ...]]:
        """End the freezes of an incident; those that are over, and the changes that now wait for a decision.

        Repeated, it ends nothing more and returns the same. Raises RefusedError without a role that decides.
        """
        with self._desk.database.reading() as connection:
            present = find(connection, incident)
        require_role(present, actor, DECIDERS, to="release a freeze")
        self._freezes.release(present.urn, actor=actor, subject=subject)
        ended = self._freezes.over(present.urn, subject)
        waiting = [change for change in self.held(incident) if change.state is ChangeState.RELEASED]
        return tuple(ended), tuple(waiting)

    def freezes(self, incident: str | None = None) -> tuple[Freeze, ...]:
        """Freezes in force, oldest first, of one incident or of all."""
        active = self._freezes.active()
        return tuple(one for one in active if incident is None or one.incident == f"incident:{incident}")

    def _decide(self, change_id: str, action: ChangeAction, deed: Deed, **values: object) -> HeldChange:
        by = checked(deed.actor, what="actor", most=NAME_CHARACTERS)
        operation = f"{action.value} change"
        with self._desk.database.transaction() as connection:
            change = find_change(connection, change_id)
            incident = find(connection, change.incident.removeprefix("incident:"))
            if decided_before(
                self._desk, connection, deed, operation, incident=incident.id, about=("change", change_id)
            ):
                return change
            if action is not ChangeAction.ASK:
                require_role(incident, by, DECIDERS, to=f"{action.value} a held change")
            now = self._desk.clock.now()
            at = {"asked_at": now} if action is ChangeAction.ASK else {"decided_at": now}
            after = move(connection, change, action, seen=deed.expected_version, **at, **values)
            until = None if after.approved_until is None else after.approved_until.isoformat()
            payload = {**after.facts(), "reason": deed.reason, "until": until}
            event = self._desk.ledger.append(connection, Draft(_KINDS[action], change.incident, by, payload))[0]
            remember(connection, deed.key, operation, incident_id=incident.id, event_id=event.id)
            return after

    def _foresee(
        self, connection: Connection, urn: str, subject: str, action: str, what: str, *, by: str
    ) -> HeldChange:
        holding = [one for one in self._freezes.active(subject) if one.incident == urn and action in one.actions]
        if not holding:
            message = f"{urn} does not hold {action} of {subject}"
            raise ConflictError(
                message, next_step="'steek freeze list' shows what is held; the change needs no asking."
            )
        now = self._desk.clock.now()
        change = HeldChange(
            id=new_id(now),
            incident=urn,
            subject=subject,
            action=action,
            what=what,
            state=ChangeState.HELD,
            version=1,
            reason=holding[0].reason,
            held_by=by,
            held_at=now,
        )
        add(connection, change)
        payload: dict[str, object] = {**change.facts(), "reason": change.reason, "key": None}
        self._desk.ledger.append(connection, Draft("change.held", urn, by, payload))
        return change


def waiting_for_decision(changes: Sequence[HeldChange]) -> tuple[HeldChange, ...]:
    """Those that somebody asked for, or that outlived their freeze."""
    return tuple(one for one in changes if one.state in {ChangeState.ASKED, ChangeState.RELEASED})
