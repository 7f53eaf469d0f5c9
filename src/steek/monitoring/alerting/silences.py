"""Silences: what is kept quiet for a while, by whom and why; each ends, and its end is an event."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal

from sqlalchemy import Connection, Row, func, insert, select, update

from steek.kernel.errors import NotFoundError
from steek.kernel.state_machine import transition
from steek.monitoring.alerting.tables import silences
from steek.monitoring.monitor import Monitor
from steek.monitoring.tables import alerts

SilenceState = Literal["active", "ended", "expired"]
SilenceAction = Literal["end", "expire"]

SILENCE_TRANSITIONS: dict[tuple[SilenceState, SilenceAction], SilenceState] = {
    ("active", "end"): "ended",
    ("active", "expire"): "expired",
}


@dataclass(frozen=True, slots=True)
class Silence:
    """Alerts that fit all three patterns are told to nobody until `ends_at`.

    In a pattern `*` stands for any text, and nothing else is special; the slice of the whole is "". Alerts of
    monitors that page or declare incidents are only covered when `covers_pages`; `hides` then names these monitors as
    they were when it began. `alerts` counts what it kept quiet so far.
    """

    id: str
    monitor: str
    subject: str
    slice: str
    covers_pages: bool
    hides: tuple[str, ...]
    reason: str
    author: str
    state: SilenceState
    starts_at: datetime
    ends_at: datetime
    ended_at: datetime | None = None
    ended_by: str | None = None
    alerts: int = 0

    def covers(self, monitor: Monitor, slice: str | None) -> bool:
        """Whether an alert of this monitor and slice is kept quiet while the silence lasts."""
        if is_loud(monitor) and not self.covers_pages:
            return False
        return self.matches(monitor.name, monitor.subject, slice)

    def matches(self, monitor: str, subject: str, slice: str | None) -> bool:
        """Whether names fit the patterns, pages or not."""
        return fits(self.monitor, monitor) and fits(self.subject, subject) and fits(self.slice, slice or "")


def is_loud(monitor: Monitor) -> bool:
    """Whether an alert of it wakes somebody or declares an incident."""
    return monitor.purpose == "page" or monitor.declare is not None


def fits(pattern: str, text: str) -> bool:
    """Whether a text fits a pattern in which `*` stands for any text.

    >>> fits("store_id=*", "store_id=367"), fits("*", ""), fits("a.c", "abc")
    (True, True, False)
    """
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)


def write_silence(connection: Connection, silence: Silence, key: str) -> None:
    """Store a new silence."""
    values = {name: getattr(silence, name) for name in Silence.__dataclass_fields__ if name != "alerts"}
    connection.execute(insert(silences).values({**values, "hides": list(silence.hides), "key": key}))


def read_silences(
    connection: Connection, *, state: SilenceState | None = None, ids: Sequence[str] | None = None,
    key: str | None = None, at: datetime | None = None,
) -> list[Silence]:  # fmt: skip
    """Silences that fit all the given conditions and hold at `at`, the one that ends last first."""
    query = select(silences)
    if state is not None:
        query = query.where(silences.c.state == state)
    if ids is not None:
        query = query.where(silences.c.id.in_(ids))
    if key is not None:
        query = query.where(silences.c.key == key)
    if at is not None:
        query = query.where(silences.c.state == "active", silences.c.starts_at <= at, silences.c.ends_at > at)
    rows = connection.execute(query.order_by(silences.c.ends_at.desc(), silences.c.id)).all()
    counts = _counts(connection, [row.id for row in rows])
    return [_silence(row, counts.get(row.id, 0)) for row in rows]


def read_silence(connection: Connection, silence_id: str) -> Silence:
    """One silence. Raises NotFoundError when there is none of that id."""
    found = read_silences(connection, ids=[silence_id])
    if not found:
        known = connection.execute(select(silences.c.id).order_by(silences.c.starts_at.desc()).limit(20)).scalars()
        raise NotFoundError.among("silence", silence_id, known)
    return found[0]


def end_silence(
    connection: Connection, silence: Silence, action: SilenceAction, *, at: datetime, by: str | None
) -> None:
    """A silence is over. Raises IllegalTransitionError when it already was."""
    state = transition(SILENCE_TRANSITIONS, silence.state, action, what=f"silence {silence.id}")
    values = {"state": state, "ended_at": at, "ended_by": by}
    connection.execute(update(silences).where(silences.c.id == silence.id).values(values))


def silence_of(active: Iterable[Silence], monitor: Monitor, slice: str | None) -> str | None:
    """Id of the silence that keeps an alert quiet, the one that ends last; None when nothing does."""
    return next((silence.id for silence in active if silence.covers(monitor, slice)), None)


def keep_quiet(connection: Connection, alert_ids: Sequence[str], silence: str | None) -> None:
    """Write down which silence holds over alerts; None when none does any more."""
    for first in range(0, len(alert_ids), 500):
        chosen = alerts.c.id.in_(alert_ids[first : first + 500])
        connection.execute(update(alerts).where(chosen).values(silence_id=silence))


def _counts(connection: Connection, ids: Sequence[str]) -> dict[str, int]:
    query = select(alerts.c.silence_id, func.count()).where(alerts.c.silence_id.in_(ids)).group_by(alerts.c.silence_id)
    return {row[0]: row[1] for row in connection.execute(query)} if ids else {}


def _silence(row: Row[tuple[object, ...]], counted: int) -> Silence:
    return Silence(
        id=row.id,
        monitor=row.monitor,
        subject=row.subject,
        slice=row.slice,
        covers_pages=row.covers_pages,
        hides=tuple(row.hides),
        reason=row.reason,
        author=row.author,
        state=row.state,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        alerts=counted,
    )
