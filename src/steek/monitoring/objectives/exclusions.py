"""Time that is agreed not to count: declared before it comes, or agreed afterwards, always with a name and a reason."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, RowMapping, insert, select, update

from steek.kernel.clock import Clock
from steek.kernel.errors import InputError, NotFoundError
from steek.kernel.records import content_hash
from steek.kernel.windows import Window
from steek.ledger import Database, Draft, Ledger
from steek.monitoring.objectives.slots import Span
from steek.monitoring.objectives.tables import EVERYTHING, objective_exclusions

Kind = Literal["maintenance", "agreed"]
_REASON_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A stretch of time that does not count for an objective (None: for all of them).

    `kind` is "maintenance" when it was declared before it began, "agreed" when it was agreed on afterwards.
    """

    id: str
    objective: str | None
    kind: Kind
    window: Window
    reason: str
    actor: str
    recorded_at: datetime
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None
    withdrawn_because: str | None = None

    @property
    def span(self) -> Span:
        """As slots know it."""
        return Span(self.id, self.window)


class Exclusions:
    """Keeps exclusions; safe to share between threads and processes."""

    def __init__(self, database: Database, ledger: Ledger, clock: Clock) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock

    def add(self, window: Window, *, objective: str | None, reason: str, actor: str, key: str) -> Exclusion:
        """Record an exclusion; the same key again returns what is stored.

        Raises:
            InputError: no reason, or nobody who says so.
        """
        said, by = reason.strip()[:_REASON_CHARACTERS], actor.strip()
        if not said or not by:
            message = "time does not stop counting without somebody's reason"
            raise InputError(message, next_step="Say why, and who agreed to it.")
        with self._database.transaction() as connection:
            known = _find(connection, objective_exclusions.c.key == key)
            if known is not None:
                return known
            now = self._clock.now()
            kind: Kind = "maintenance" if now <= window.start_at else "agreed"
            made = Exclusion(content_hash([key, now])[:12], objective, kind, window, said, by, now)
            connection.execute(insert(objective_exclusions).values(_row(made) | {"key": key}))
            self._ledger.append(connection, _draft("objective.excluded", made, by))
            return made

    def withdraw(self, id: str, *, reason: str, actor: str) -> Exclusion:
        """Let the time count again; a second time changes nothing.

        Raises:
            NotFoundError: no such exclusion.
            InputError: no reason.
        """
        if not reason.strip():
            raise InputError("an exclusion is not withdrawn without a reason", next_step="Say why.")
        with self._database.transaction() as connection:
            known = _find(connection, objective_exclusions.c.id == id)
            if known is None:
                ids = connection.execute(select(objective_exclusions.c.id).limit(20)).scalars()
                raise NotFoundError.among("exclusion", id, ids)
            if known.withdrawn_at is not None:
                return known
            because, now = reason.strip()[:_REASON_CHARACTERS], self._clock.now()
            after = replace(known, withdrawn_at=now, withdrawn_by=actor, withdrawn_because=because)
            values = {"withdrawn_at": now, "withdrawn_by": actor, "withdrawn_because": because}
            connection.execute(update(objective_exclusions).where(objective_exclusions.c.id == id).values(values))
            self._ledger.append(connection, _draft("objective.exclusion_withdrawn", after, actor))
            return after

    def list(self, objective: str | None = None) -> list[Exclusion]:
        """Exclusions, the latest time first: all, or those that touch one objective; withdrawn ones too."""
        with self._database.reading() as connection:
            return read_exclusions(connection, objective)


def read_exclusions(connection: Connection, objective: str | None) -> list[Exclusion]:
    """As `Exclusions.list`, in the caller's transaction."""
    query = select(objective_exclusions).order_by(objective_exclusions.c.start_at.desc(), objective_exclusions.c.id)
    if objective is not None:
        query = query.where(objective_exclusions.c.objective.in_([objective, EVERYTHING]))
    return [_exclusion(row) for row in connection.execute(query).mappings()]


def in_force(found: Sequence[Exclusion]) -> list[Span]:
    """Those that were not withdrawn."""
    return [one.span for one in found if one.withdrawn_at is None]


def _find(connection: Connection, condition: ColumnElement[bool]) -> Exclusion | None:
    row = connection.execute(select(objective_exclusions).where(condition)).mappings().first()
    return None if row is None else _exclusion(row)


def _exclusion(row: RowMapping) -> Exclusion:
    values: dict[str, Any] = {field.name: row[field.name] for field in fields(Exclusion) if field.name != "window"}
    values |= {"objective": row["objective"] or None, "window": Window(row["start_at"], row["end_at"])}
    return Exclusion(**values)


def _row(made: Exclusion) -> dict[str, object]:
    plain = {field.name: getattr(made, field.name) for field in fields(made) if field.name != "window"}
    span = {"start_at": made.window.start_at, "end_at": made.window.end_at}
    return {**plain, **span, "objective": made.objective or EVERYTHING}


def _draft(kind: str, one: Exclusion, actor: str) -> Draft:
    subject = f"objective:{one.objective}" if one.objective else "objective:*"
    payload: dict[str, object] = {
        "exclusion": one.id,
        "objective": one.objective,
        "kind": one.kind,
        "window": {"start_at": one.window.start_at, "end_at": one.window.end_at},
        "reason": one.withdrawn_because or one.reason,
    }
    return Draft(kind, subject, actor, payload)
