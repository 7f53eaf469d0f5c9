"""Reading and writing the rows of profiles in the database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from steek.kernel.windows import Window
from steek.monitoring.profiles.edges import ColumnEdges
from steek.monitoring.profiles.tables import profile_edges, profile_parts, profile_runs, profile_slices

_DONE, _PLANNED = "done", "planned"


@dataclass(frozen=True, slots=True)
class Run:
    """Versions of a table that are profiled together.

    Args:
        key: Its name, and the key of its change of the profile table.
        what: What is profiled.
        versions: Versions of the source table, in order; empty for what was computed elsewhere.
        afresh: All windows are computed again from the last version.
        note: What people should know of it, e.g. that there were too many slices; None for nothing.
        done_at: When it was done; None before.
    """

    key: str
    what: str
    versions: tuple[int, ...]
    afresh: bool = False
    note: str | None = None
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProfileWindow:
    """One window that has a profile. `parts` is how many were merged: more than one where data came late."""

    window: Window
    rows: int
    slices: int
    parts: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """What one run brought to one window; see the table."""

    window: Window
    source_version: int | None
    replaces: bool
    rows: int
    slices: int
    at: datetime


def next_run(connection: Connection, what: str) -> Run | None:
    """The run that was planned and not finished, None without one."""
    query = select(profile_runs).where(profile_runs.c.what == what, profile_runs.c.state == _PLANNED)
    row = connection.execute(query.order_by(profile_runs.c.sequence).limit(1)).mappings().first()
    return None if row is None else _run(row)


def run_by_key(connection: Connection, key: str) -> Run | None:
    """The run of a key, None without one."""
    row = connection.execute(select(profile_runs).where(profile_runs.c.key == key)).mappings().first()
    return None if row is None else _run(row)


def last_run(connection: Connection, what: str) -> Run | None:
    """The newest run that was done."""
    query = select(profile_runs).where(profile_runs.c.what == what, profile_runs.c.state == _DONE)
    row = connection.execute(query.order_by(profile_runs.c.sequence.desc()).limit(1)).mappings().first()
    return None if row is None else _run(row)


def profiled_until(connection: Connection, what: str) -> int | None:
    """The last version of the source that any run covers, None before the first."""
    query = select(func.max(profile_runs.c.last_version)).where(profile_runs.c.what == what)
    return connection.execute(query).scalar_one()


def plan_run(connection: Connection, run: Run, at: datetime) -> None:
    """Write down what a run will do."""
    plan = {"versions": list(run.versions), "afresh": run.afresh}
    last = max(run.versions) if run.versions else None
    row = {"key": run.key, "what": run.what, "last_version": last, "plan": plan, "state": _PLANNED, "planned_at": at}
    connection.execute(insert(profile_runs).values(row))


def finish_run(connection: Connection, key: str, note: str | None, at: datetime) -> None:
    """Write down that a run is done."""
    query = update(profile_runs).where(profile_runs.c.key == key)
    connection.execute(query.values(state=_DONE, note=note, done_at=at))


def add_parts(connection: Connection, run: Run, parts: Iterable[Part]) -> None:
    """Write down what a run brought."""
    rows = [
        {
            "key": run.key,
            "what": run.what,
            "window_start_at": part.window.start_at,
            "window_end_at": part.window.end_at,
            **{name: getattr(part, name) for name in ("source_version", "replaces", "rows", "slices", "at")},
        }
        for part in parts
    ]
    if rows:
        connection.execute(insert(profile_parts), rows)


def read_parts(connection: Connection, what: str, span: Window | None = None) -> list[Part]:
    """Parts in force of the windows that start in a span, oldest window first; what was replaced is left out."""
    query = select(profile_parts).where(profile_parts.c.what == what)
    if span is not None:
        query = query.where(
            profile_parts.c.window_start_at >= span.start_at, profile_parts.c.window_start_at < span.end_at
        )
    found = [
        Part(
            Window(row.window_start_at, row.window_end_at),
            row.source_version,
            row.replaces,
            row.rows,
            row.slices,
            row.at,
        )
        for row in connection.execute(query.order_by(profile_parts.c.window_start_at, profile_parts.c.at))
    ]
    floors = floors_of(found)
    return [part for part in found if _in_force(part, floors)]


def floors_of(parts: Iterable[Part]) -> dict[datetime, int]:
    """Start of a window to the last source version that replaced all there was of it."""
    floors: dict[datetime, int] = {}
    for part in parts:
        if part.replaces and part.source_version is not None:
            start = part.window.start_at
            floors[start] = max(part.source_version, floors.get(start, part.source_version))
    return floors


def add_slices(connection: Connection, what: str, names: Sequence[str], at: datetime) -> None:
    """Remember slices that were never seen before."""
    new = sorted(set(names) - set(read_slices(connection, what)))
    if new:
        connection.execute(insert(profile_slices), [{"what": what, "slice": name, "first_seen_at": at} for name in new])


def read_slices(connection: Connection, what: str) -> list[str]:
    """Slices that were ever seen, by name."""
    query = select(profile_slices.c.slice).where(profile_slices.c.what == what).order_by(profile_slices.c.slice)
    return list(connection.execute(query).scalars())


def read_edges(connection: Connection, what: str) -> dict[tuple[str, int], ColumnEdges]:
    """Edges of all columns and versions."""
    rows = connection.execute(select(profile_edges).where(profile_edges.c.what == what))
    return {(row.column, row.version): ColumnEdges.from_json(row.version, row.document) for row in rows}


def add_edges(connection: Connection, what: str, learned: dict[str, ColumnEdges], at: datetime) -> None:
    """Remember edges, but not where a version is there already: what others learned meanwhile stays."""
    known = read_edges(connection, what)
    rows: list[dict[str, Any]] = [
        {"what": what, "column": column, "version": edges.version, "document": edges.to_json(), "learned_at": at}
        for column, edges in learned.items()
        if (column, edges.version) not in known
    ]
    if rows:
        connection.execute(insert(profile_edges), rows)


def newest(edges: dict[tuple[str, int], ColumnEdges]) -> dict[str, ColumnEdges]:
    """The last version of the edges of each column."""
    return {column: edges[(column, version)] for column, version in sorted(edges)}


def _in_force(part: Part, floors: dict[datetime, int]) -> bool:
    floor = floors.get(part.window.start_at)
    return floor is None or part.source_version is None or part.source_version >= floor


def _run(row: Any) -> Run:
    plan = row["plan"]
    return Run(row["key"], row["what"], tuple(plan["versions"]), plan["afresh"], row["note"], row["done_at"])
