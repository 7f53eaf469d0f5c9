"""What was learned, kept: when, from which windows, why, and until it is learned again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO

import numpy as np
import polars as pl
from sqlalchemy import Connection, delete, insert, select, update

from steek.measures.seasons import Seasons
from steek.monitoring.thresholds.tables import learnings
from steek.monitoring.thresholds.usual_many import UsualMany

# Learned bounds that are kept in full; of older ones only when, from what and why remains.
_BODIES_KEPT = 40


@dataclass(frozen=True, slots=True)
class Learning:
    """Bounds of all slices of a monitor, in force from `in_force_at`.

    Args:
        monitor: Its name.
        in_force_at: Start of the first window that they are for; they come from windows before it.
        rule: Hash of the threshold they were learned for.
        learned_at: Processing time.
        first_window_at: Start of the earliest window they come from; None when there was none.
        last_window_at: Start of the latest one.
        windows: How many windows with any value.
        incidents: Incidents whose windows were left out.
        reason: Why they were learned, in one sentence.
        stale: A window they come from was measured again since.
        usual: The bounds.
        drifts: Reasons of the slices that drift, by slice; "" is the whole.
    """

    monitor: str
    in_force_at: datetime
    rule: str
    learned_at: datetime
    first_window_at: datetime | None
    last_window_at: datetime | None
    windows: int
    incidents: tuple[str, ...]
    reason: str
    usual: UsualMany
    stale: bool = False
    drifts: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class LearningNote:
    """A learning without its bounds, for people."""

    in_force_at: datetime
    learned_at: datetime
    first_window_at: datetime | None
    last_window_at: datetime | None
    windows: int
    slices: int
    shared_width: float
    incidents: tuple[str, ...]
    reason: str
    stale: bool


def write_learning(connection: Connection, learning: Learning) -> None:
    """Keep a learning, in place of one in force from the same moment."""
    c = learnings.c
    same = (c.monitor == learning.monitor, c.in_force_at == learning.in_force_at)
    connection.execute(delete(learnings).where(*same))
    values = {
        "monitor": learning.monitor,
        "in_force_at": learning.in_force_at,
        "rule": learning.rule,
        "learned_at": learning.learned_at,
        "first_window_at": learning.first_window_at,
        "last_window_at": learning.last_window_at,
        "windows": learning.windows,
        "slices": len(learning.usual.slices),
        "shared_width": learning.usual.shared_width,
        "incidents": list(learning.incidents),
        "reason": learning.reason[:500],
        "stale": learning.stale,
        "drifts": learning.drifts,
        "body": _packed(learning.usual),
    }
    connection.execute(insert(learnings).values(values))
    kept = select(c.in_force_at).where(c.monitor == learning.monitor, c.body.is_not(None))
    oldest = connection.scalar(kept.order_by(c.in_force_at.desc()).offset(_BODIES_KEPT).limit(1))
    if oldest is not None:
        old = (c.monitor == learning.monitor, c.in_force_at <= oldest, c.body.is_not(None))
        connection.execute(update(learnings).where(*old).values(body=None))


def read_learning(connection: Connection, monitor: str, at: datetime) -> Learning | None:
    """The latest learning in force at a moment that still has its bounds."""
    c = learnings.c
    query = select(learnings).where(c.monitor == monitor, c.in_force_at <= at, c.body.is_not(None))
    row = connection.execute(query.order_by(c.in_force_at.desc()).limit(1)).first()
    if row is None:
        return None
    return Learning(
        row.monitor,
        row.in_force_at,
        row.rule,
        row.learned_at,
        row.first_window_at,
        row.last_window_at,
        row.windows,
        tuple(row.incidents),
        row.reason,
        _unpacked(row.body, row.shared_width),
        row.stale,
        row.drifts,
    )


def read_notes(connection: Connection, monitor: str, *, most: int = 50) -> list[LearningNote]:
    """When and from what a monitor's bounds were learned, latest first."""
    c = learnings.c
    query = select(
        c.in_force_at, c.learned_at, c.first_window_at, c.last_window_at, c.windows, c.slices, c.shared_width,
        c.incidents, c.reason, c.stale,
    ).where(c.monitor == monitor)  # fmt: skip
    rows = connection.execute(query.order_by(c.in_force_at.desc()).limit(most))
    return [LearningNote(*row[:7], tuple(row.incidents), row.reason, row.stale) for row in rows]


def mark_stale(connection: Connection, monitor: str, after_at: datetime) -> None:
    """Say that the past of everything in force after a moment has changed, so that it is learned again."""
    c = learnings.c
    connection.execute(update(learnings).where(c.monitor == monitor, c.in_force_at > after_at).values(stale=True))


def _packed(usual: UsualMany) -> bytes:
    parts = usual.seasons.centres.shape[1]
    frame = pl.DataFrame(
        {
            "slice": _names(usual.slices),
            "windows": usual.windows,
            "expected": usual.expected,
            "spread": usual.seasons.spreads,
            **{f"centre {part}": usual.seasons.centres[:, part] for part in range(parts)},
            **{f"known {part}": usual.seasons.known[:, part].astype(np.int32) for part in range(parts)},
        },
        schema_overrides={"slice": pl.String},
    )
    stream = BytesIO()
    frame.write_ipc(stream, compression="zstd")
    return stream.getvalue()


def _unpacked(body: bytes, width: float) -> UsualMany:
    frame = pl.read_ipc(BytesIO(body))
    parts = sum(name.startswith("centre ") for name in frame.columns)
    centres = frame.select(f"centre {part}" for part in range(parts)).to_numpy().reshape(frame.height, parts)
    known = frame.select(f"known {part}" for part in range(parts)).to_numpy().reshape(frame.height, parts)
    seasons = Seasons(centres.astype(np.float64), known.astype(np.int64), frame["spread"].to_numpy())
    slices = tuple(name or None for name in frame["slice"].to_list())
    return UsualMany(slices, frame["windows"].to_numpy(), frame["expected"].to_numpy(), seasons, width)


def _names(slices: Sequence[str | None]) -> list[str]:
    return [name or "" for name in slices]
