"""Slots, states, episodes and checks, written and read; a slot is written again when it is measured again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from steek.kernel.windows import Window
from steek.measures.budgets import Tally
from steek.monitoring.monitor import Severity
from steek.monitoring.objectives.lifecycle import Phase
from steek.monitoring.objectives.slots import Seen, Slot
from steek.monitoring.objectives.tables import (
    objective_checks,
    objective_episodes,
    objective_states,
    objective_windows,
)


@dataclass(frozen=True, slots=True)
class StateRow:
    """The stored part of a standing: phase since when, and of which episode (None while it is kept)."""

    objective: str
    phase: Phase
    since_at: datetime
    episode: str | None
    verdict: str
    reason: str
    left_fraction: float | None
    as_of: datetime
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class Episode:
    """From the moment on at which a promise was in trouble until it was kept again."""

    id: str
    objective: str
    subject: str
    phase: Phase
    severity: Severity
    reason: str
    left_fraction: float | None
    onset: Window
    opened_at: datetime
    ended_at: datetime | None = None


def write_slots(connection: Connection, objective: str, seen: Iterable[Seen]) -> None:
    """Store slots; of one that is there already, the newer measurement stays."""
    rows = [_slot_row(objective, one) for one in seen]
    if not rows:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(objective_windows)
    keys = [column.name for column in objective_windows.primary_key]
    changed = {
        column.name: statement.excluded[column.name] for column in objective_windows.c if column.name not in keys
    }
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), rows)


def read_slots(connection: Connection, objective: str, *, since: datetime, until: datetime) -> list[Seen]:
    """Slots that start in [since, until), oldest first."""
    query = select(objective_windows).where(
        objective_windows.c.objective == objective,
        objective_windows.c.window_start_at >= since,
        objective_windows.c.window_start_at < until,
    )
    return [_seen(row) for row in connection.execute(query.order_by(objective_windows.c.window_start_at))]


def write_state(connection: Connection, row: StateRow) -> None:
    """Store a standing, in place of the one before."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    values = {field.name: getattr(row, field.name) for field in fields(row)} | {"reason": row.reason[:500]}
    changed = {name: value for name, value in values.items() if name != "objective"}
    statement = dialect.insert(objective_states).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=["objective"], set_=changed))


def read_states(connection: Connection) -> Mapping[str, StateRow]:
    """Stored standings by objective."""
    rows = (StateRow(**row) for row in connection.execute(select(objective_states)).mappings())
    return {row.objective: row for row in rows}


def open_episode(connection: Connection, episode: Episode) -> None:
    """Store a new episode, or the present severity and reason of the one that has this id."""
    known = read_episodes(connection, ids=[episode.id])
    if known:
        values = {"phase": episode.phase, "severity": episode.severity, "reason": episode.reason[:500]}
        values["left_fraction"] = episode.left_fraction  # pyright: ignore[reportArgumentType]
        connection.execute(update(objective_episodes).where(objective_episodes.c.id == episode.id).values(values))
        return
    plain = {field.name: getattr(episode, field.name) for field in fields(episode)}
    onset = plain.pop("onset")
    spans = {"onset_start_at": onset.start_at, "onset_end_at": onset.end_at, "reason": episode.reason[:500]}
    connection.execute(insert(objective_episodes).values({**plain, **spans}))


def end_episode(connection: Connection, id: str, at: datetime) -> None:
    """Note that an episode is over; nothing happens the second time."""
    open_one = update(objective_episodes).where(objective_episodes.c.id == id, objective_episodes.c.ended_at.is_(None))
    connection.execute(open_one.values(ended_at=at))


def read_episodes(
    connection: Connection, *, objective: str | None = None, ids: Iterable[str] | None = None, limit: int | None = None
) -> list[Episode]:
    """Episodes, latest first."""
    query = select(objective_episodes).order_by(objective_episodes.c.opened_at.desc(), objective_episodes.c.id)
    if objective is not None:
        query = query.where(objective_episodes.c.objective == objective)
    if ids is not None:
        query = query.where(objective_episodes.c.id.in_(list(ids)))
    return [_episode(row) for row in connection.execute(query if limit is None else query.limit(limit))]


def write_check(
    connection: Connection, key: str, objective: str, *, window: Window, told: str | None, at: datetime
) -> None:
    """Note that an objective was checked under a key."""
    span = {"window_start_at": window.start_at, "window_end_at": window.end_at}
    connection.execute(insert(objective_checks).values(key=key, objective=objective, told=told, checked_at=at, **span))


def is_checked(connection: Connection, key: str, objective: str) -> bool:
    """Whether it was checked under this key."""
    query = select(objective_checks.c.key).where(
        objective_checks.c.key == key, objective_checks.c.objective == objective
    )
    return connection.execute(query).first() is not None


def _slot_row(objective: str, seen: Seen) -> dict[str, object]:
    tally = seen.slot.tally
    return {
        "objective": objective,
        "window_start_at": seen.slot.window.start_at,
        "window_end_at": seen.slot.window.end_at,
        "good": None if tally is None else tally.good,
        "total": None if tally is None else tally.total,
        "reason": seen.slot.reason[:500],
        "measured_at": seen.measured_at,
    }


def _seen(row: Row[tuple[object, ...]]) -> Seen:
    tally = None if row.total is None else Tally(row.good, row.total)
    return Seen(Slot(Window(row.window_start_at, row.window_end_at), tally, row.reason), row.measured_at)


def _episode(row: Row[tuple[object, ...]]) -> Episode:
    return Episode(
        id=row.id,
        objective=row.objective,
        subject=row.subject,
        phase=row.phase,
        severity=row.severity,
        reason=row.reason,
        left_fraction=row.left_fraction,
        onset=Window(row.onset_start_at, row.onset_end_at),
        opened_at=row.opened_at,
        ended_at=row.ended_at,
    )
