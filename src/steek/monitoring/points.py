"""Measured points: one for each monitor, slice and window, written again when a window is measured again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, Select, select
from sqlalchemy.dialects import postgresql, sqlite

from steek.kernel.verdict import Verdict
from steek.kernel.windows import Window
from steek.monitoring.judgement import Judgement, Measurement
from steek.monitoring.tables import WHOLE, points


@dataclass(frozen=True, slots=True)
class Point:
    """One measured window; `value` is None when there was nothing to measure, a bound is None when there is none."""

    window_start: datetime
    value: float | None
    rows: int
    lower: float | None
    upper: float | None
    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A measurement and what was made of it."""

    measurement: Measurement
    judgement: Judgement


_VERDICTS = {verdict.value: verdict for verdict in Verdict}


def write_points(
    connection: Connection, monitor: str, window: Window, judged: Iterable[Judged], measured_at: datetime
) -> None:
    """Store the points of one monitor and window; a point that is there already is replaced."""
    rows = [_row(monitor, window, one, measured_at) for one in judged]
    if not rows:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(points)
    keys = [column.name for column in points.primary_key]
    changed = {column.name: statement.excluded[column.name] for column in points.c if column.name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), rows)


def read_points(
    connection: Connection, monitor: str, slice: str | None, *, since: datetime | None, until: datetime | None
) -> list[Point]:
    """Points of one slice with a window start in [since, until), oldest first."""
    query = _query(since, until).where(points.c.monitor == monitor, points.c.slice == (slice or WHOLE))
    return [_point(row) for row in connection.execute(query)]


def read_history(
    connection: Connection, monitor: str, *, since: datetime, until: datetime
) -> dict[str | None, list[Point]]:
    """Points of all slices of a monitor with a window start in [since, until), oldest first."""
    query = _query(since, until).where(points.c.monitor == monitor)
    history: dict[str | None, list[Point]] = {}
    for row in connection.execute(query):
        history.setdefault(row.slice or None, []).append(_point(row))
    return history


def slices_of(connection: Connection, monitor: str) -> Sequence[str | None]:
    """Slices that were ever measured, the whole first."""
    query = select(points.c.slice).where(points.c.monitor == monitor).distinct().order_by(points.c.slice)
    return [name or None for name in connection.execute(query).scalars()]


def _query(since: datetime | None, until: datetime | None) -> Select[tuple[object, ...]]:
    query = select(*(column for column in points.c if column.name not in {"monitor", "measured_at", "window_end_at"}))
    if since is not None:
        query = query.where(points.c.window_start_at >= since)
    if until is not None:
        query = query.where(points.c.window_start_at < until)
    return query.order_by(points.c.window_start_at)


def _point(row: Row[tuple[object, ...]]) -> Point:
    return Point(row.window_start_at, row.value, row.rows, row.lower, row.upper, _VERDICTS[row.verdict], row.reason)


def _row(monitor: str, window: Window, judged: Judged, measured_at: datetime) -> dict[str, object]:
    measurement, judgement = judged.measurement, judged.judgement
    return {
        "monitor": monitor,
        "slice": measurement.slice or WHOLE,
        "window_start_at": window.start_at,
        "window_end_at": window.end_at,
        "value": measurement.value,
        "rows": measurement.rows,
        "lower": judgement.lower,
        "upper": judgement.upper,
        "verdict": judgement.verdict.value,
        "reason": judgement.reason[:500],
        "measured_at": measured_at,
    }
