"""Freezes: an incident holds a system still, and training, deployment, canaries and contracts obey."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from steek.kernel.clock import Clock
from steek.kernel.errors import FrozenError, InputError
from steek.kernel.ids import new_id
from steek.ledger import Database, Draft, Ledger
from steek.models import held_changes
from steek.models.held_changes import WAITING, ChangeAction, ChangeState, HeldChange
from steek.models.tables import freezes

# "deploy" covers every way forward of a route: deployment, and beginning, stepping up and promoting a canary.
# "ingest" holds the batches of a dataset in the spool; declaring an incident does not ask for it.
ACTIONS = ("train", "deploy", "contract", "ingest")
_OF_KIND: Mapping[str, tuple[str, ...]] = {"model": ("train", "deploy"), "dataset": ("contract",)}


def actions_on(subject: str) -> tuple[str, ...]:
    """What can be held of a system, by the kind of its URN.

    >>> actions_on("model:partner_demand")
    ('train', 'deploy')
    """
    return _OF_KIND.get(subject.partition(":")[0], ACTIONS[:3])


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """What is held: `actions` on `subject` (a URN without version, e.g. "model:partner_demand")."""

    key: str
    subject: str
    actions: tuple[str, ...]
    reason: str
    incident: str
    actor: str
    started_at: datetime
    ended_at: datetime | None


class Freezes:
    """Holds on systems; several may lie on one subject, and all must end before it moves again."""

    def __init__(self, database: Database, ledger: Ledger, clock: Clock) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock

    def hold(self, subject: str, actions: Sequence[str], reason: str, incident: str, *, actor: str, key: str) -> Freeze:
        """Hold `actions` on `subject` until released; with a known key it returns that freeze and writes nothing.

        Args:
            subject: URN without version.
            actions: Of "train", "deploy", "contract" and "ingest"; a rollback is never held.
            reason: For the people who run into it.
            incident: URN of the incident that asks for it.
            actor: Who holds.
            key: Idempotency key.

        Raises:
            InputError: no action, or an unknown one.
        """
        if not actions or not set(actions) <= set(ACTIONS):
            message = f"cannot freeze {', '.join(actions) or 'nothing'}; allowed: {', '.join(ACTIONS)}"
            raise InputError(message)
        with self._database.transaction() as connection:
            known = connection.execute(select(freezes).where(freezes.c.key == key)).mappings().first()
            if known is not None:
                return _to_record(known)
            freeze = Freeze(
                key=key,
                subject=subject,
                actions=tuple(sorted(set(actions))),
                reason=reason,
                incident=incident,
                actor=actor,
                started_at=self._clock.now(),
                ended_at=None,
            )
            connection.execute(insert(freezes).values(_to_row(freeze)))
            facts = {"subject": subject, "actions": freeze.actions}
            payload: dict[str, object] = {**facts, "reason": reason, "incident": incident}
            self._ledger.append(connection, Draft("freeze.started", subject, actor, payload))
        return freeze

    def release(
        self, incident: str, *, actor: str, subject: str | None = None, only: Sequence[str] | None = None
    ) -> list[Freeze]:
        """End freezes of an incident; returns what it ended, [] when none was left.

        Args:
            incident: URN of the incident.
            actor: Who releases.
            subject: Only those on this system.
            only: Only those that hold nothing beside these actions.
        """
        with self._database.transaction() as connection:
            query = select(freezes).where(freezes.c.incident == incident, freezes.c.ended_at.is_(None))
            if subject is not None:
                query = query.where(freezes.c.subject == subject)
            found = [_to_record(row) for row in connection.execute(query.order_by(freezes.c.key)).mappings()]
            held = [freeze for freeze in found if only is None or set(freeze.actions) <= set(only)]
            now = self._clock.now()
            for freeze in held:
                connection.execute(update(freezes).where(freezes.c.key == freeze.key).values(ended_at=now))
                facts = {"subject": freeze.subject, "actions": freeze.actions, "reason": freeze.reason}
                payload: dict[str, object] = {**facts, "incident": incident}
                self._ledger.append(connection, Draft("freeze.ended", freeze.subject, actor, payload))
                self._let_go(connection, freeze, actor=actor)
        return held

    def over(self, incident: str, subject: str | None = None) -> list[Freeze]:
        """Freezes of an incident that have ended, oldest first; of one system or of all."""
        query = select(freezes).where(freezes.c.incident == incident, freezes.c.ended_at.is_not(None))
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(freezes.c.started_at, freezes.c.key)).mappings()
            return [freeze for freeze in map(_to_record, rows) if subject in {None, freeze.subject}]

    def active(self, subject: str | None = None) -> list[Freeze]:
        """Freezes in force, oldest first; of one subject or of all."""
        with self._database.reading() as connection:
            return _active(connection, subject)

    def check(self, subject: str, action: str, *, incident: str | None = None) -> None:
        """Return when `action` may be done to `subject` now.

        Args:
            subject: URN without version.
            action: "train", "deploy" or "contract".
            incident: URN of the incident that does it; what the incident itself holds does not stop it.

        Raises:
            FrozenError: an incident holds it; the message names incident and reason.
        """
        for freeze in self.active(subject):
            if action in freeze.actions and freeze.incident != incident:
                raise _frozen(freeze, action)

    def reason(self, subject: str, action: str) -> str | None:
        """Why `action` on `subject` is held, None when it is not."""
        held = [freeze for freeze in self.active(subject) if action in freeze.actions]
        return f"{held[0].incident} holds it: {held[0].reason}" if held else None

    def require(
        self, subject: str, action: str, what: str, *, actor: str, key: str, incident: str | None = None
    ) -> None:
        """As `admit`, in a transaction of its own, and what is refused is written down."""
        with self.keeping(subject, action, what, actor=actor, key=key), self._database.transaction() as connection:
            self.admit(connection, subject, action, what, actor=actor, key=key, incident=incident)

    def admit(
        self,
        connection: Connection,
        subject: str,
        action: str,
        what: str,
        *,
        actor: str,
        key: str,
        incident: str | None = None,
    ) -> None:
        """Return when a change may be made now; an approval that lets it through is used up with it.

        Args:
            connection: The write transaction that makes the change, so that both happen or neither.
            subject: URN without version.
            action: "train", "deploy" or "contract".
            what: Which change of this kind, in words that are the same at every attempt ("version 17").
            actor: Who makes it.
            key: Idempotency key; an attempt that is repeated with it needs no second approval.
            incident: As in `check`.

        Raises:
            FrozenError: an incident holds it and nobody approved it, or not in time, or it was refused.
        """
        now = self._clock.now()
        frozen = [one for one in _active(connection, subject) if action in one.actions and one.incident != incident]
        for freeze in frozen:
            known = held_changes.by_fingerprint(connection, freeze.incident, subject, action, what)
            if known is not None and known.state is ChangeState.PASSED and known.passed_key == key:
                continue
            if known is None or not _is_approved(known, now):
                raise _frozen(freeze, action, known)
            self._pass(connection, known, actor=actor, key=key, at=now)
        holders = {freeze.incident for freeze in frozen}
        for change in held_changes.read_changes(connection, subject=subject, waiting_only=True):
            if (change.action, change.what) == (action, what) and change.incident not in holders:
                self._pass(connection, change, actor=actor, key=key, at=now)

    @contextmanager
    def keeping(self, subject: str, action: str, what: str, *, actor: str, key: str) -> Generator[None]:
        """Write down, once, the change that a freeze refused within the block, then let the refusal go on.

        The block must hold no open transaction when it ends.
        """
        try:
            yield
        except FrozenError as refusal:
            change = self._hold_back(str(refusal.details["incident"]), subject, action, what, actor=actor, key=key)
            step = f"It is listed; ask for it with 'steek freeze ask {change.id}', or resolve the incident."
            details = {**refusal.details, "change": change.id, "what": what}
            raise FrozenError(refusal.message, next_step=step, details=details) from refusal

    def _hold_back(self, incident: str, subject: str, action: str, what: str, *, actor: str, key: str) -> HeldChange:
        with self._database.transaction() as connection:
            now = self._clock.now()
            known = held_changes.by_fingerprint(connection, incident, subject, action, what)
            why = "; ".join(one.reason for one in _active(connection, subject) if one.incident == incident)
            if known is None:
                change = HeldChange(
                    id=new_id(now),
                    incident=incident,
                    subject=subject,
                    action=action,
                    what=what,
                    state=ChangeState.HELD,
                    version=1,
                    reason=why,
                    held_by=actor,
                    held_at=now,
                )
                held_changes.add(connection, change)
            else:
                step = _held_again(known, now)
                if step is None:
                    return known
                change = held_changes.move(connection, known, step, approved_until=None, held_by=actor, held_at=now)
            payload = {**change.facts(), "reason": why, "key": key}
            self._ledger.append(connection, Draft("change.held", incident, actor, payload))
            return change

    def _pass(self, connection: Connection, change: HeldChange, *, actor: str, key: str, at: datetime) -> None:
        passed = held_changes.move(connection, change, ChangeAction.MAKE, passed_by=actor, passed_at=at, passed_key=key)
        approved_by = change.decided_by if change.state is ChangeState.APPROVED else None
        payload = {**passed.facts(), "approved_by": approved_by, "key": key}
        self._ledger.append(connection, Draft("change.passed", change.incident, actor, payload))

    def _let_go(self, connection: Connection, freeze: Freeze, *, actor: str) -> None:
        """What the freeze held is not made by itself now: it is listed for somebody to decide on."""
        still = {action for one in _active(connection, freeze.subject) for action in one.actions}
        for change in held_changes.read_changes(connection, incident=freeze.incident, subject=freeze.subject):
            if change.state in WAITING and change.state is not ChangeState.RELEASED and change.action not in still:
                released = held_changes.move(connection, change, ChangeAction.RELEASE, approved_until=None)
                self._ledger.append(connection, Draft("change.released", change.incident, actor, released.facts()))


def _active(connection: Connection, subject: str | None) -> list[Freeze]:
    query = select(freezes).where(freezes.c.ended_at.is_(None)).order_by(freezes.c.started_at, freezes.c.key)
    if subject is not None:
        query = query.where(freezes.c.subject == subject)
    return [_to_record(row) for row in connection.execute(query).mappings()]


def _is_approved(change: HeldChange, now: datetime) -> bool:
    if change.state is not ChangeState.APPROVED:
        return False
    return change.approved_until is None or now <= change.approved_until


def _held_again(change: HeldChange, now: datetime) -> ChangeAction | None:
    """What a further attempt means for a change that is known; None when it stays as it is."""
    if change.state is ChangeState.APPROVED and not _is_approved(change, now):
        return ChangeAction.LAPSE
    return ChangeAction.HOLD if change.state in {ChangeState.PASSED, ChangeState.RELEASED} else None


def _frozen(freeze: Freeze, action: str, known: HeldChange | None = None) -> FrozenError:
    message = f"{freeze.subject} is held by {freeze.incident}: {action} must wait ({freeze.reason})"
    if known is not None and known.state is ChangeState.REFUSED:
        message += f"; {known.decided_by} refused this change: {known.decided_reason}"
    return FrozenError(
        message,
        next_step="Resolve the incident, or release the freeze from it.",
        details={"incident": freeze.incident, "action": action},
    )


def _to_row(freeze: Freeze) -> dict[str, Any]:
    return {name: getattr(freeze, name) for name in Freeze.__dataclass_fields__} | {"actions": list(freeze.actions)}


def _to_record(row: RowMapping) -> Freeze:
    values: dict[str, Any] = {**row, "actions": tuple(row["actions"])}
    return Freeze(**values)
