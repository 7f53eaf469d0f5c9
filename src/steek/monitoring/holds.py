"""Thresholds stand still while an incident is open on their subject, and its windows never become history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from steek.monitoring.tables import holds


@dataclass(frozen=True, slots=True)
class Hold:
    """An incident on a subject from `since_at` to `until_at`; None while it is open."""

    incident: str
    since_at: datetime
    until_at: datetime | None

    def covers(self, start_at: datetime, end_at: datetime) -> bool:
        """Whether [start_at, end_at) touches the incident."""
        return end_at > self.since_at and (self.until_at is None or start_at < self.until_at)


def start_hold(connection: Connection, incident: str, subject: str, since_at: datetime) -> None:
    """Begin to hold the thresholds of a subject; nothing happens when this incident does so already."""
    if not any(hold.incident == incident for hold in read_holds(connection, subject)):
        connection.execute(insert(holds).values(incident=incident, subject=subject, since_at=since_at, until_at=None))


def end_hold(connection: Connection, incident: str, until_at: datetime) -> None:
    """Let go of everything that an incident held; nothing happens the second time."""
    open_ones = update(holds).where(holds.c.incident == incident, holds.c.until_at.is_(None))
    connection.execute(open_ones.values(until_at=until_at))


def resume_hold(connection: Connection, incident: str) -> None:
    """Hold again what an incident held before it was resolved too early; the time between counts as part of it."""
    connection.execute(update(holds).where(holds.c.incident == incident).values(until_at=None))


def read_holds(connection: Connection, subject: str) -> list[Hold]:
    """Holds on a subject, oldest first."""
    query = select(holds.c.incident, holds.c.since_at, holds.c.until_at).where(holds.c.subject == subject)
    ordered = query.order_by(holds.c.since_at, holds.c.incident)
    return [Hold(row.incident, row.since_at, row.until_at) for row in connection.execute(ordered)]


def history_start(before_at: datetime, length: timedelta, subject_holds: Sequence[Hold]) -> datetime:
    """How far back to read so that `length` of time without incident lies before `before_at`.

    An open hold is taken to last until `before_at`.
    """
    left, edge = length, before_at
    for since_at, until_at in _merged(before_at, subject_holds):
        if edge - until_at >= left:
            break
        left, edge = left - (edge - until_at), since_at
    return edge - left


def _merged(before_at: datetime, subject_holds: Sequence[Hold]) -> list[tuple[datetime, datetime]]:
    """Stretches under any hold before `before_at`, latest first, none touching another."""
    spans = sorted((hold.since_at, min(hold.until_at or before_at, before_at)) for hold in subject_holds)
    merged: list[tuple[datetime, datetime]] = []
    for since_at, until_at in spans:
        if since_at >= until_at:
            continue
        if merged and since_at <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], until_at))
        else:
            merged.append((since_at, until_at))
    return merged[::-1]
