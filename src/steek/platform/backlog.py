"""What waits in front of the lake, and the slices of a monitor that are furthest out: cheap looks for machines."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select

from steek.data.ingest.tables import spool_entries
from steek.data.tables import receipts
from steek.kernel.verdict import Verdict
from steek.ledger import Database
from steek.monitoring.tables import WHOLE, points, states


@dataclass(frozen=True, slots=True)
class Backlog:
    """Batches of one dataset that are acknowledged and not in the lake yet."""

    dataset: str
    batches: int
    size_bytes: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class SliceValue:
    """What one slice of a monitor showed in the window that was evaluated last."""

    monitor: str
    slice: str
    value: float | None
    lower: float | None
    upper: float | None


def ingestion_backlog(database: Database) -> list[Backlog]:
    """What waits, by dataset; held batches count too."""
    size, oldest = func.sum(spool_entries.c.size_bytes), func.min(receipts.c.received_at)
    both = spool_entries.join(receipts, receipts.c.id == spool_entries.c.receipt_id)
    query = select(spool_entries.c.dataset, func.count(), size, oldest).select_from(both)
    query = query.where(receipts.c.state.in_(("spooled", "held"))).group_by(spool_entries.c.dataset)
    with database.reading() as connection:
        return [Backlog(dataset, rows, int(size), at) for dataset, rows, size, at in connection.execute(query)]


def worst_slices(database: Database, monitor: str, limit: int) -> list[SliceValue]:
    """At most `limit` slices of the window evaluated last: those that failed first, then those with most rows."""
    window = select(states.c.window_start_at).where(states.c.monitor == monitor).scalar_subquery()
    failed = case((points.c.verdict == Verdict.FAIL.value, 0), else_=1)
    query = select(points.c.slice, points.c.value, points.c.lower, points.c.upper)
    query = query.where(points.c.monitor == monitor, points.c.window_start_at == window, points.c.slice != WHOLE)
    with database.reading() as connection:
        rows = connection.execute(query.order_by(failed, points.c.rows.desc(), points.c.slice).limit(limit)).all()
    return [SliceValue(monitor, *row) for row in rows]
