"""What has to be read for a run, and the edges and slices that all its pieces share."""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from steek.data import Lake
from steek.data.lake.added import brought_by
from steek.kernel.clock import Clock
from steek.kernel.errors import NotFoundError
from steek.kernel.windows import Window
from steek.ledger import Database
from steek.monitoring.profiles import rows
from steek.monitoring.profiles.columns import profiled_columns
from steek.monitoring.profiles.computing import Kept, slice_label, window_start
from steek.monitoring.profiles.edges import ColumnEdges, learn
from steek.monitoring.profiles.rows import Run
from steek.monitoring.profiles.sources import Subjects
from steek.monitoring.profiles.spec import By, ProfileSpec, columns_of
from steek.monitoring.profiles.work import Piece

# Rows that edges are learned from.
_MOST_ROWS = 200_000


class Pieces:
    """Cuts runs into pieces. Arguments as of `Profiles`."""

    def __init__(self, lake: Lake, database: Database, clock: Clock, subjects: Subjects) -> None:
        self._lake = lake
        self._database = database
        self._clock = clock
        self._subjects = subjects

    def of(self, run: Run) -> tuple[list[Piece], str | None]:
        """The pieces of a run, and what people should know of it.

        Reads version by version what each brought. Where a version cannot be read any more (an erasure, retention or
        vacuum ended it), all windows are computed again from the last one.
        """
        spec = self._subjects.spec(run.what)
        try:
            cut = self._afresh(run, spec) if run.afresh else self._of_versions(run, spec)
            note = None
        except NotFoundError:
            cut = self._afresh(run, spec)
            note = "some versions cannot be read any more: all windows were computed again"
        if not cut:
            return [], note
        edges = self._edges(run.what, spec, cut)
        kept, crowded = self._kept(run.what, spec, cut)
        told = "; ".join(one for one in (note, crowded) if one) or None
        return [replace(piece, edges=edges, kept=kept) for piece in cut], told

    def _of_versions(self, run: Run, spec: ProfileSpec) -> list[Piece]:
        operations = {one.version: one for one in self._lake.versions(spec.table, 10 * len(run.versions) + 1000)}
        pieces: list[Piece] = []
        for version in run.versions:
            told = operations[version]
            window = spec.window_of(told.at) if spec.event_time is None else None
            if told.operation == "append" and not spec.whole:
                frame = self._lake.scan(spec.table, version=version, added=True)
                pieces.append(self._piece(run, spec, frame, version, window, replaces=False))
            elif told.operation == "replace_window" and spec.event_time is not None:
                pieces += self._replaced(run, spec, version)
            else:
                frame = self._lake.scan(spec.table, version=version)
                if window is None:
                    pieces += self._by_window(run, spec, frame, version)
                else:
                    pieces.append(self._piece(run, spec, frame, version, window, replaces=True))
        return pieces

    def _replaced(self, run: Run, spec: ProfileSpec, version: int) -> list[Piece]:
        """Every window that the replaced stretch touches, as a whole."""
        replaced = brought_by(*self._lake.place(spec.table), version).replaced
        if replaced is None:
            message = f"the log of {spec.table} does not tell which rows version {version} replaced"
            raise NotFoundError(message)
        span = Window(spec.window_of(replaced.start_at).start_at, spec.window_of(replaced.end_at).end_at)
        frame = self._lake.scan(spec.table, version=version)
        window, pieces = spec.window_of(span.start_at), list[Piece]()
        while window.start_at < replaced.end_at:
            pieces.append(self._within(run, spec, frame, version, window))
            window = Window(window.end_at, window.end_at + spec.length)
        return pieces

    def _afresh(self, run: Run, spec: ProfileSpec) -> list[Piece]:
        version = self._lake.readable_version(spec.table, max(run.versions))
        frame = self._lake.scan(spec.table, version=version)
        if spec.event_time is not None:
            return self._by_window(run, spec, frame, version)
        at = next(one.at for one in self._lake.versions(spec.table, 1000) if one.version <= version)
        return [self._piece(run, spec, frame, version, spec.window_of(at), replaces=True)]

    def _by_window(self, run: Run, spec: ProfileSpec, frame: pl.LazyFrame, version: int) -> list[Piece]:
        starts = frame.select(window_start(spec).alias("start")).unique().drop_nulls().sort("start").collect()["start"]
        windows = [Window(start, start + spec.length) for start in starts]
        return [self._within(run, spec, frame, version, window) for window in windows]

    def _within(self, run: Run, spec: ProfileSpec, frame: pl.LazyFrame, version: int, window: Window) -> Piece:
        assert spec.event_time is not None
        moment = pl.col(spec.event_time)
        inside = frame.filter(moment.is_between(window.start_at, window.end_at, closed="left"))
        return self._piece(run, spec, inside, version, window, replaces=True)

    def _piece(
        self, run: Run, spec: ProfileSpec, frame: pl.LazyFrame, version: int, window: Window | None, *, replaces: bool
    ) -> Piece:
        return Piece(self._subjects.rows(run.what, frame), spec, {}, {}, window, version, replaces)

    def _edges(self, what: str, spec: ProfileSpec, pieces: Sequence[Piece]) -> dict[str, ColumnEdges]:
        """The newest edges of each column; learned from the first rows where there are none yet, and kept."""
        with self._database.reading() as connection:
            known = rows.newest(rows.read_edges(connection, what))
        kinds = profiled_columns(pieces[0].frame, spec)
        new = [name for name, kind in kinds.items() if name not in known and kind in ("number", "category")]
        if not new:
            return known
        sample = _sample(pieces, new)
        learned = {name: learn(sample[name], kinds[name], 1) for name in new}
        with self._database.transaction() as connection:
            found = {name: edges for name, edges in learned.items() if edges is not None}
            rows.add_edges(connection, what, found, self._clock.now())
            return rows.newest(rows.read_edges(connection, what))

    def _kept(self, what: str, spec: ProfileSpec, pieces: Sequence[Piece]) -> tuple[Kept, str | None]:
        """Slices that are counted by themselves where there are too many, and a sentence about the others."""
        kept: dict[By, frozenset[str]] = {}
        told: list[str] = []
        with self._database.reading() as connection:
            seen = set(rows.read_slices(connection, what))
        schema = pieces[0].frame.collect_schema()
        for by in spec.by:
            if any(name not in schema for name in columns_of(by)):
                continue
            counted = pl.collect_all([piece.frame.group_by(slice_label(by).alias("slice")).len() for piece in pieces])
            sizes = pl.concat(counted).group_by("slice").agg(pl.col("len").sum())
            if sizes.height <= spec.most_slices:
                continue
            before = pl.col("slice").is_in(list(seen))
            ordered = sizes.sort(before, "len", "slice", descending=[True, True, False])
            own: list[str] = ordered["slice"].head(spec.most_slices).to_list()
            kept[by] = frozenset(own)
            others = sizes.height - len(own)
            told.append(
                f"{sizes.height:,} slices by {', '.join(columns_of(by))}, {spec.most_slices:,} are allowed: "
                f"those known before and the largest were kept, {others:,} counted together as '(other)'"
            )
        return kept, "; ".join(told) or None


def _sample(pieces: Sequence[Piece], columns: Sequence[str]) -> pl.DataFrame:
    """Rows evenly from the first pieces that have enough."""
    taken: list[pl.DataFrame] = []
    height = 0
    for piece in pieces:
        frame = piece.frame.select(columns)
        count = int(frame.select(pl.len()).collect().item())
        taken.append(frame.gather_every(max(count // _MOST_ROWS, 1)).collect(engine="streaming"))
        height += taken[-1].height
        if height >= _MOST_ROWS // 10:
            break
    return pl.concat(taken)
