"""The slices of a monitor side by side: how strained each is in the newest window, and the few that are drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import RowMapping, func, select

from steek.kernel.verdict import Verdict
from steek.ledger import Database
from steek.monitoring.judgement import Judgement, Measurement
from steek.monitoring.points import Judged, Point, read_points
from steek.monitoring.states import strain
from steek.monitoring.tables import WHOLE, points

SliceOrder = Literal["strain", "volume", "change"]
_RANK = {Verdict.FAIL.value: 2, Verdict.PASS.value: 1, Verdict.UNDECIDED.value: 0}


@dataclass(frozen=True, slots=True)
class SliceLine:
    """One slice in the newest window of its monitor.

    `value`, `rows`, `lower` and `upper` are those of the window; `usual` is the mean of the windows before, `change`
    the value over it less 1; None where unknown. `strain` is 0 in the middle of the bounds, 1 at a bound.
    """

    slice: str
    value: float | None
    rows: int
    lower: float | None
    upper: float | None
    verdict: Verdict
    reason: str
    strain: float
    usual: float | None
    change: float | None


@dataclass(frozen=True, slots=True)
class SliceTable:
    """Slices that fit what was asked, in order; `total` counts all that were measured in `window_start_at`."""

    lines: tuple[SliceLine, ...]
    total: int
    window_start_at: datetime | None


def read_slices(
    database: Database, monitor: str, *, since: datetime, text: str = "", order: SliceOrder = "strain"
) -> SliceTable:
    """Every slice that was measured in the newest window of a monitor.

    Args:
        database: Where points are.
        monitor: Its name.
        since: How far back `usual` reaches.
        text: Only slices that hold it, in any case.
        order: By "strain", those that failed first; by "volume", the rows; or by "change" from what is usual.
    """
    of_monitor = points.c.monitor == monitor, points.c.slice != WHOLE
    with database.reading() as connection:
        newest = connection.execute(select(func.max(points.c.window_start_at)).where(*of_monitor)).scalar_one()
        if newest is None:
            return SliceTable((), 0, None)
        earlier = points.c.window_start_at >= since, points.c.window_start_at < newest
        means = (
            select(points.c.slice, func.avg(points.c.value).label("usual"))
            .where(*of_monitor, *earlier)
            .group_by(points.c.slice)
        )
        usual: dict[str, float | None] = {row.slice: row.usual for row in connection.execute(means)}
        rows = connection.execute(select(points).where(*of_monitor, points.c.window_start_at == newest))
        lines = [_line(row, usual.get(row["slice"])) for row in rows.mappings()]
    fitting = [line for line in lines if text.lower() in line.slice.lower()]
    return SliceTable(tuple(sorted(fitting, key=lambda line: _place(line, order))), len(lines), newest)


def read_slice_points(
    database: Database, monitor: str, slices: Sequence[str], *, since: datetime
) -> dict[str, list[Point]]:
    """Points of some slices with a window start from `since`, oldest first; each slice is there, perhaps empty."""
    with database.reading() as connection:
        return {name: read_points(connection, monitor, name, since=since, until=None) for name in slices}


def _line(row: RowMapping, usual: float | None) -> SliceLine:
    value, verdict = row["value"], Verdict(row["verdict"])
    judgement = Judgement(verdict, row["lower"], row["upper"], row["reason"])
    return SliceLine(
        slice=row["slice"],
        value=value,
        rows=row["rows"],
        lower=row["lower"],
        upper=row["upper"],
        verdict=verdict,
        reason=row["reason"],
        strain=strain(Judged(Measurement(row["slice"], value, row["rows"]), judgement)),
        usual=usual,
        change=value / usual - 1 if usual and value is not None else None,
    )


def _place(line: SliceLine, order: SliceOrder) -> tuple[float, float, str]:
    if order == "volume":
        return 0.0, -float(line.rows), line.slice
    if order == "change":
        return 0.0, -abs(line.change or 0.0), line.slice
    return -float(_RANK[line.verdict.value]), -line.strain, line.slice
