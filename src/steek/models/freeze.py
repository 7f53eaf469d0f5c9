"""Freezes: an incident holds a system still, and training and deployment obey."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, insert, select, update

from steek.kernel.clock import Clock
from steek.kernel.errors import FrozenError, InputError
from steek.ledger import Database, Draft, Ledger
from steek.models.tables import freezes

ACTIONS = ("train", "deploy")


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
            actions: Of "train" and "deploy"; a rollback is never held.
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
            payload: dict[str, object] = {"actions": freeze.actions, "reason": reason, "incident": incident}
            self._ledger.append(connection, Draft("freeze.started", subject, actor, payload))
        return freeze

    def release(self, incident: str, *, actor: str, subject: str | None = None) -> list[Freeze]:
        """End the freezes of an incident, all or those on one subject; returns what it ended, [] when none was left."""
        with self._database.transaction() as connection:
            query = select(freezes).where(freezes.c.incident == incident, freezes.c.ended_at.is_(None))
            if subject is not None:
                query = query.where(freezes.c.subject == subject)
            held = [_to_record(row) for row in connection.execute(query.order_by(freezes.c.key)).mappings()]
            now = self._clock.now()
            for freeze in held:
                connection.execute(update(freezes).where(freezes.c.key == freeze.key).values(ended_at=now))
                payload: dict[str, object] = {"incident": incident, "actions": freeze.actions}
                self._ledger.append(connection, Draft("freeze.ended", freeze.subject, actor, payload))
        return held

    def active(self, subject: str | None = None) -> list[Freeze]:
        """Freezes in force, oldest first; of one subject or of all."""
        query = select(freezes).where(freezes.c.ended_at.is_(None))
        if subject is not None:
            query = query.where(freezes.c.subject == subject)
        with self._database.reading() as connection:
            ordered = query.order_by(freezes.c.started_at, freezes.c.key)
            return [_to_record(row) for row in connection.execute(ordered).mappings()]

    def check(self, subject: str, action: str, *, incident: str | None = None) -> None:
        """Return when `action` may be done to `subject` now.

        Args:
            subject: URN without version.
            action: "train" or "deploy".
            incident: URN of the incident that does it; what the incident itself holds does not stop it.

        Raises:
            FrozenError: an incident holds it; the message names incident and reason.
        """
        for freeze in self.active(subject):
            if action in freeze.actions and freeze.incident != incident:
                message = f"{subject} is held by {freeze.incident}: {action} must wait ({freeze.reason})"
                raise FrozenError(
                    message,
                    next_step="Resolve the incident, or release the freeze from it.",
                    details={"incident": freeze.incident, "action": action},
                )


def _to_row(freeze: Freeze) -> dict[str, Any]:
    return {name: getattr(freeze, name) for name in Freeze.__dataclass_fields__} | {"actions": list(freeze.actions)}


def _to_record(row: RowMapping) -> Freeze:
    values: dict[str, Any] = {**row, "actions": tuple(row["actions"])}
    return Freeze(**values)
