"""Measured points: one for each monitor, slice and window, written again when a window is measured again."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import Connection, Row, Select, func, select
from sqlalchemy.dialects import postgresql, sqlite

from steek.kernel.verdict import Verdict
from steek.kernel.windows import Window
from steek.monitoring.judgement import Judgement, Measurement
from steek.monitoring.tables import WHOLE, points
from steek.monitoring.thresholds.series_frame import SeriesFrame


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
    drift: str | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A measurement and what was made of it; `drift` is the reason of the second verdict, None where it is well."""

    measurement: Measurement
    judgement: Judgement
    drift: str | None = None

    @property
    def told(self) -> "Judged":
        """With one judgement of both verdicts: it fails by its bounds, or else by its drift."""
        if self.drift is None or self.judgement.verdict is Verdict.FAIL:
            return self
        evidence = {**self.measurement.evidence, "check": "drift"}
        judgement = replace(self.judgement, verdict=Verdict.FAIL, reason=self.drift)
        return Judged(replace(self.measurement, evidence=evidence), judgement, self.drift)


_NAMES_AT_ONCE = 500
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


def read_slices(
    connection: Connection, monitor: str, slices: Sequence[str | None], *, since: datetime, until: datetime
) -> dict[str | None, list[Point]]:
    """Points of some slices of a monitor with a window start in [since, until), oldest first."""
    found: dict[str | None, list[Point]] = {name: [] for name in slices}
    names = [name or WHOLE for name in found]
    for first in range(0, len(names), _NAMES_AT_ONCE):
        asked = points.c.slice.in_(names[first : first + _NAMES_AT_ONCE])
        for row in connection.execute(_query(since, until).where(points.c.monitor == monitor, asked)):
            found[row.slice or None].append(_point(row))
    return found


def read_known(connection: Connection, monitor: str, *, since: datetime, until: datetime) -> dict[str | None, bool]:
    """Slices with a point whose window starts in [since, until), and whether any of their values was not 0."""
    c = points.c
    largest = func.max(func.abs(c.value)).label("largest")
    query = select(c.slice, largest).where(c.monitor == monitor, c.window_start_at >= since, c.window_start_at < until)
    return {row.slice or None: bool(row.largest) for row in connection.execute(query.group_by(c.slice))}


def read_frame(
    connection: Connection, monitor: str, *, since: datetime, until: datetime, window: timedelta
) -> SeriesFrame:
    """Values of all slices of a monitor in the windows that end at `until` and before it, back to `since`.

    Of windows that overlap, those are taken that lie a whole number of windows before `until`, or nearest to it.
    """
    c = points.c
    query = select(c.slice, c.window_start_at, c.value, c.rows).where(
        c.monitor == monitor, c.window_start_at >= since, c.window_start_at < until
    )
    found = connection.execute(query).all()
    places = apart({row[1] for row in found}, until, window)
    size = max(places.values(), default=0)
    slices = {name: index for index, name in enumerate(sorted({row[0] for row in found}))}
    values, rows = (np.full((len(slices), size), np.nan) for _ in range(2))
    for name, start_at, value, counted in found:
        place = places.get(start_at)
        if value is not None and place is not None:
            values[slices[name], size - place] = value
            rows[slices[name], size - place] = counted
    starts = tuple(until - (size - place) * window for place in range(size))
    return SeriesFrame(tuple(name or None for name in slices), starts, values, rows)


def apart(starts: Collection[datetime], until: datetime, window: timedelta) -> dict[datetime, int]:
    """Windows that do not overlap, by start, with how many windows they lie before `until`, 1 or more.

    >>> from datetime import UTC
    >>> noon = datetime(2017, 11, 21, 12, tzinfo=UTC)
    >>> apart([noon - timedelta(hours=hours) for hours in (1, 2, 3, 4)], noon, timedelta(hours=2)).values()
    dict_values([2, 1])
    """
    nearest: dict[int, tuple[float, datetime]] = {}
    for start_at in sorted(starts):
        ratio = (until - start_at) / window
        place = round(ratio)
        known = nearest.get(place)
        if place >= 1 and (known is None or abs(ratio - place) <= known[0]):
            nearest[place] = (abs(ratio - place), start_at)
    return {start_at: place for place, (_, start_at) in nearest.items()}


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
    return Point(
        row.window_start_at, row.value, row.rows, row.lower, row.upper, _VERDICTS[row.verdict], row.reason, row.drift
    )


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
        "drift": None if judged.drift is None else judged.drift[:500],
        "measured_at": measured_at,
    }
