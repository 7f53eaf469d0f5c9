"""Changes that a freeze held back: written down once, decided one by one, passed once."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from steek.kernel.errors import NotFoundError, StaleWriteError
from steek.kernel.state_machine import transition
from steek.models.tables import held_changes


class ChangeState(StrEnum):
    """Where a held change stands. `RELEASED`: the freeze is over and somebody has to say whether it is still wanted."""

    HELD = "held"
    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    PASSED = "passed"
    RELEASED = "released"


class ChangeAction(StrEnum):
    """What happens to a held change. `LAPSE`: its approval was not used in time."""

    ASK = "ask"
    APPROVE = "approve"
    REFUSE = "refuse"
    MAKE = "make"
    LAPSE = "lapse"
    HOLD = "hold"
    RELEASE = "release"


WAITING = (ChangeState.HELD, ChangeState.ASKED, ChangeState.APPROVED, ChangeState.RELEASED)
TRANSITIONS: Mapping[tuple[ChangeState, ChangeAction], ChangeState] = {
    (ChangeState.HELD, ChangeAction.ASK): ChangeState.ASKED,
    (ChangeState.HELD, ChangeAction.APPROVE): ChangeState.APPROVED,
    (ChangeState.HELD, ChangeAction.REFUSE): ChangeState.REFUSED,
    (ChangeState.HELD, ChangeAction.RELEASE): ChangeState.RELEASED,
    (ChangeState.HELD, ChangeAction.MAKE): ChangeState.PASSED,
    (ChangeState.ASKED, ChangeAction.APPROVE): ChangeState.APPROVED,
    (ChangeState.ASKED, ChangeAction.REFUSE): ChangeState.REFUSED,
    (ChangeState.ASKED, ChangeAction.RELEASE): ChangeState.RELEASED,
    (ChangeState.ASKED, ChangeAction.MAKE): ChangeState.PASSED,
    (ChangeState.APPROVED, ChangeAction.MAKE): ChangeState.PASSED,
    (ChangeState.APPROVED, ChangeAction.LAPSE): ChangeState.HELD,
    (ChangeState.APPROVED, ChangeAction.REFUSE): ChangeState.REFUSED,
    (ChangeState.APPROVED, ChangeAction.RELEASE): ChangeState.RELEASED,
    (ChangeState.REFUSED, ChangeAction.ASK): ChangeState.ASKED,
    (ChangeState.PASSED, ChangeAction.HOLD): ChangeState.HELD,
    (ChangeState.RELEASED, ChangeAction.APPROVE): ChangeState.APPROVED,
    (ChangeState.RELEASED, ChangeAction.REFUSE): ChangeState.REFUSED,
    (ChangeState.RELEASED, ChangeAction.MAKE): ChangeState.PASSED,
    (ChangeState.RELEASED, ChangeAction.HOLD): ChangeState.HELD,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldChange:
    """One change that a freeze held back.

    `action` on `subject` is what was tried, `what` tells it from other changes of the same kind ("version 17").
    `approved_until` is when an approval lapses; `passed_key` the request that used it. `version` counts decisions.
    """

    id: str
    incident: str
    subject: str
    action: str
    what: str
    state: ChangeState
    version: int
    reason: str
    held_by: str
    held_at: datetime
    asked_by: str | None = None
    asked_at: datetime | None = None
    asked_reason: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    decided_reason: str | None = None
    approved_until: datetime | None = None
    passed_by: str | None = None
    passed_at: datetime | None = None
    passed_key: str | None = None

    @property
    def sentence(self) -> str:
        """What it is, in words."""
        return f"{self.action} {self.subject}: {self.what}"

    def facts(self) -> dict[str, object]:
        """What every event about it says."""
        return {
            "incident": self.incident.removeprefix("incident:"),
            "change": self.id,
            "subject": self.subject,
            "action": self.action,
            "what": self.what,
            "state": self.state,
        }


def fingerprint_of(incident: str, subject: str, action: str, what: str) -> str:
    """One and the same change of one incident, however often it is tried."""
    return hashlib.sha256(f"{incident}\n{subject}\n{action}\n{what}".encode()).hexdigest()


def add(connection: Connection, change: HeldChange) -> None:
    """Write a change that was never tried under this incident before."""
    mark = fingerprint_of(change.incident, change.subject, change.action, change.what)
    values = {name: getattr(change, name) for name in HeldChange.__dataclass_fields__}
    connection.execute(insert(held_changes).values({**values, "state": change.state.value, "fingerprint": mark}))


def by_fingerprint(connection: Connection, incident: str, subject: str, action: str, what: str) -> HeldChange | None:
    """The change as it was held before, or None."""
    mark = fingerprint_of(incident, subject, action, what)
    row = connection.execute(select(held_changes).where(held_changes.c.fingerprint == mark)).mappings().first()
    return None if row is None else _to_record(row)


def find_change(connection: Connection, change_id: str) -> HeldChange:
    """One held change. Raises NotFoundError; the message lists those that wait."""
    row = connection.execute(select(held_changes).where(held_changes.c.id == change_id)).mappings().first()
    if row is None:
        waiting = [change.id for change in read_changes(connection, waiting_only=True, limit=20)]
        raise NotFoundError.among("held change", change_id, waiting, next_step="'steek freeze held' lists them.")
    return _to_record(row)


def read_changes(
    connection: Connection,
    *,
    incident: str | None = None,
    subject: str | None = None,
    waiting_only: bool = False,
    limit: int = 1000,
) -> list[HeldChange]:
    """Held changes, oldest first: of an incident (URN), of a system, only those that wait for somebody or something."""
    query = select(held_changes).order_by(held_changes.c.held_at, held_changes.c.id).limit(limit)
    if incident is not None:
        query = query.where(held_changes.c.incident == incident)
    if subject is not None:
        query = query.where(held_changes.c.subject == subject)
    if waiting_only:
        query = query.where(held_changes.c.state.in_([state.value for state in WAITING]))
    return [_to_record(row) for row in connection.execute(query).mappings()]


def move(
    connection: Connection, change: HeldChange, action: ChangeAction, *, seen: int | None = None, **values: object
) -> HeldChange:
    """The change after `action`, written; to be called in a write transaction.

    Raises:
        IllegalTransitionError: its state does not allow it; the message names what it does allow.
        StaleWriteError: somebody decided after the actor looked (`seen` is the version looked at).
    """
    if seen is not None and seen != change.version:
        message = (
            f"held change {change.id} was decided while you were looking: you saw version {seen}, it is at "
            f"{change.version} ({change.state.value}{f' by {change.decided_by}' if change.decided_by else ''})"
        )
        raise StaleWriteError(message, next_step="Look at it again and decide anew; nothing was written.")
    state = transition(TRANSITIONS, change.state, action, what=f"held change {change.id}")
    written = {**values, "state": state.value, "version": change.version + 1}
    same = (held_changes.c.id == change.id) & (held_changes.c.version == change.version)
    if connection.execute(update(held_changes).where(same).values(written)).rowcount != 1:
        message = f"held change {change.id} was decided by somebody else at the same moment"
        raise StaleWriteError(message, next_step="Look at it again and decide anew; nothing was written.")
    return find_change(connection, change.id)


def _to_record(row: RowMapping) -> HeldChange:
    values: dict[str, Any] = {name: row[name] for name in HeldChange.__dataclass_fields__}
    values["state"] = ChangeState(row["state"])
    return HeldChange(**values)
