"""Catching up: new versions of a table become parts of profiles, each exactly once."""

import pickle
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import polars as pl
from sqlalchemy import Connection

from steek.data import Lake
from steek.data.lake.lake import check_key
from steek.engines import Engine
from steek.kernel.clock import Clock
from steek.kernel.errors import SteekError
from steek.kernel.windows import Window
from steek.ledger import Database, Draft, Ledger
from steek.monitoring.profiles import rows
from steek.monitoring.profiles.pieces import Pieces
from steek.monitoring.profiles.rows import Part, Run
from steek.monitoring.profiles.sources import Subjects
from steek.monitoring.profiles.storing import STORED, storable, table_of
from steek.monitoring.profiles.table import WHOLE
from steek.monitoring.profiles.work import Piece, compute

# Of the changes that a table knows, those that bring rows; others move them or take persons out of them.
_BRINGING = ("append", "replace", "replace_window")
_MOST_VERSIONS = 64
_FEW_PIECES = 8


@dataclass(frozen=True, slots=True)
class Caught:
    """What one run did.

    Args:
        what: What was profiled.
        versions: Versions of the source table.
        windows: Windows that got a part.
        rows: Rows that were profiled.
        note: What people should know of it; None for nothing.
    """

    what: str
    versions: tuple[int, ...]
    windows: int
    rows: int
    note: str | None


class CatchingUp:
    """Plans runs, computes them and puts them into the lake. Arguments as of `Profiles`."""

    def __init__(
        self, lake: Lake, database: Database, ledger: Ledger, clock: Clock, engine: Engine, subjects: Subjects
    ) -> None:
        self._lake = lake
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._engine = engine
        self._subjects = subjects
        self._pieces = Pieces(lake, database, clock, subjects)

    def run(self, what: str, *, actor: str) -> list[Caught]:
        """Do all runs that are due."""
        done: list[Caught] = []
        while (planned := self._plan(what)) is not None:
            done.append(self._do(planned, actor))
        return done

    def new_versions(self, what: str) -> list[int]:
        """Versions of the source that bring rows and belong to no run yet, oldest first."""
        table = self._subjects.spec(what).table
        latest = self._lake.latest_version(table)
        with self._database.reading() as connection:
            until = rows.profiled_until(connection, what)
        if latest is None or (until is not None and latest <= until):
            return []
        versions = self._lake.versions(table, latest + 1 - (until or 0))
        return sorted(one.version for one in versions if one.operation in _BRINGING and one.version > (until or -1))

    def add(self, what: str, frame: pl.DataFrame, *, key: str, actor: str) -> Run:
        """Put rows that were computed elsewhere beside the others, once for each key."""
        check_key(key)
        with self._database.transaction() as connection:
            run = rows.run_by_key(connection, key)
            if run is None:
                run = Run(key, what, ())
                rows.plan_run(connection, run, self._clock.now())
        if run.done_at is None:
            self._write(run, frame, None, actor)
        with self._database.reading() as connection:
            found = rows.run_by_key(connection, key)
        assert found is not None
        return found

    def _plan(self, what: str) -> Run | None:
        versions = self.new_versions(what)
        with self._database.transaction() as connection:
            waiting = rows.next_run(connection, what)
            if waiting is not None or not versions:
                return waiting
            until = rows.profiled_until(connection, what)
            left = [version for version in versions if until is None or version > until]
            if not left:
                return None
            # A long past is read once as it is now, not version by version.
            afresh = until is None and len(left) > _FEW_PIECES
            taken = left if afresh else left[:_MOST_VERSIONS]
            run = Run(f"profile:{what}:{taken[0]}-{taken[-1]}", what, tuple(taken), afresh=afresh)
            rows.plan_run(connection, run, self._clock.now())
            return run

    def _do(self, run: Run, actor: str) -> Caught:
        if not run.versions:
            # Somebody died while bringing what was computed elsewhere; nothing of it can be seen, so it is let go.
            return self._write(run, STORED.to_frame(eager=True), "nothing came of it", actor)
        pieces, note = self._pieces.of(run)
        table = pl.concat(self._compute(pieces)) if pieces else STORED.to_frame(eager=True)
        return self._write(run, table, note, actor)

    def _compute(self, pieces: Sequence[Piece]) -> list[pl.DataFrame]:
        if len(pieces) >= _FEW_PIECES and _travels(pieces[0]):
            return self._engine.map(compute, pieces)
        return [compute(piece) for piece in pieces]

    def _write(self, run: Run, table: pl.DataFrame, note: str | None, actor: str) -> Caught:
        now, stored = self._clock.now(), storable(table)
        parts = _parts(stored, now)
        caught = Caught(run.what, run.versions, len(parts), sum(part.rows for part in parts), note)
        record = partial(self._record, run=run, parts=parts, caught=caught, table=stored, actor=actor)
        self._lake.append(table_of(run.what), stored, key=run.key, connection_work=record)
        return caught

    def _record(
        self,
        connection: Connection,
        version: int,
        *,
        run: Run,
        parts: Sequence[Part],
        caught: Caught,
        table: pl.DataFrame,
        actor: str,
    ) -> None:
        now = self._clock.now()
        rows.add_parts(connection, run, parts)
        names: list[str] = table["slice"].unique().to_list()
        rows.add_slices(connection, run.what, [name for name in names if name != WHOLE], now)
        rows.finish_run(connection, run.key, caught.note, now)
        facts: dict[str, object] = {
            "key": run.key,
            "versions": list(run.versions),
            "windows": caught.windows,
            "rows": caught.rows,
            "slices": len(names) - (WHOLE in names),
            "note": caught.note,
            "table_version": version,
        }
        self._ledger.append(connection, Draft("profile.computed", f"profile:{run.what}", actor, facts))


def _parts(table: pl.DataFrame, at: datetime) -> list[Part]:
    keys = ["window_start", "window_end", "source_version", "replaces"]
    whole = pl.col("slice") == WHOLE
    counted = table.group_by(keys).agg(
        pl.col("rows").filter(whole).max().fill_null(0),
        pl.col("slice").filter(~whole).n_unique().alias("slices"),
    )
    parts = [
        Part(Window(start, end), version, replaces, count, slices, at)
        for start, end, version, replaces, count, slices in counted.sort(keys).iter_rows()
    ]
    return _by_window(parts)


def _by_window(parts: Sequence[Part]) -> list[Part]:
    """One part for each window of a run: its versions together."""
    found: dict[datetime, Part] = {}
    for part in parts:
        before = found.get(part.window.start_at)
        if before is None or part.replaces:
            found[part.window.start_at] = part
        else:
            slices = max(before.slices, part.slices)
            found[part.window.start_at] = replace(before, rows=before.rows + part.rows, slices=slices)
    return list(found.values())


def _travels(piece: Piece) -> bool:
    """Whether the work can go to another process; what opens sealed values, for example, cannot."""
    try:
        pickle.dumps(piece)
    except (pickle.PicklingError, pl.exceptions.PolarsError, SteekError, TypeError, AttributeError):
        return False
    return True
