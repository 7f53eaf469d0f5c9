"""Runs of the bench as they are kept: one row each, and their results in a file that is named by its content."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection, RowMapping, insert, select

from steek.incidents.bench.comparison import Comparison, Figures, Mover
from steek.incidents.bench.tables import bench_runs
from steek.kernel.errors import NotFoundError
from steek.kernel.records import to_plain
from steek.ledger import Database
from steek.models import ArtifactStore

SCORES = "score_"


@dataclass(frozen=True, slots=True)
class SideRun:
    """How one side did: how many rows it scored, what it read, or why it could not answer."""

    label: str
    version: int
    as_of: datetime | None
    data: Mapping[str, int]
    rows: int
    snapshots: tuple[str, ...]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the bench.

    Args:
        id: Its name; evidence links "bench:ID".
        model: Whose versions answered.
        incident_id: The incident it was run for, or None.
        hypothesis: Number of the hypothesis it tests, or None.
        question: What was asked, as given.
        sides: Those compared, in the order given.
        comparisons: Each side that answered against the first that did.
        queries: Number of questions.
        rows: Number of rows (candidates of a ranking count each).
        results_sha256: Name of the file of results.
        actor: Who ran it.
        ran_at: When.
    """

    id: str
    model: str
    incident_id: str | None
    hypothesis: int | None
    question: Mapping[str, Any]
    sides: tuple[SideRun, ...]
    comparisons: tuple[Comparison, ...]
    queries: int
    rows: int
    results_sha256: str
    actor: str
    ran_at: datetime

    @property
    def sentence(self) -> str:
        """What came out, for people."""
        asked = "1 question" if self.queries == 1 else f"{self.queries} questions"
        failed = [side.label for side in self.sides if side.problem is not None]
        could_not = f"; {', '.join(failed)} could not answer" if failed else ""
        if not self.comparisons:
            return f"{asked} to {self.sides[0].label} of {self.model}{could_not}"
        said = "; ".join(_difference(one) for one in self.comparisons)
        return f"{asked} to {self.model}: {said}{could_not}"


def _difference(one: Comparison) -> str:
    whole = one.whole
    if whole.difference is None:
        return f"{one.after} and {one.before} have no row in common"
    best = "" if whole.best_changed is None else f", another best answer for {whole.best_changed:.0%}"
    if not whole.moved and not whole.only_after and not whole.only_before:
        return f"{one.after} answers as {one.before} does"
    return f"{one.after} answers {whole.difference:+.4g} against {one.before} on average{best}"


class Runs:
    """Keeps runs; safe to share between processes."""

    def __init__(self, database: Database, store: ArtifactStore) -> None:
        self._database, self._store = database, store

    def put(self, results: pl.DataFrame) -> str:
        """Keep results; the same rows are kept once. Raises StorageFullError."""
        sink = io.BytesIO()
        results.write_parquet(sink, compression="zstd")
        return self._store.put(sink.getvalue())

    def results(self, run: Run) -> pl.DataFrame:
        """The rows of a run. Raises NotFoundError and DamagedArtifactError."""
        return pl.read_parquet(io.BytesIO(self._store.get(run.results_sha256)))

    def by_key(self, connection: Connection, key: str) -> Run | None:
        """The run that a key made, or None."""
        row = connection.execute(select(bench_runs).where(bench_runs.c.key == key)).mappings().first()
        return None if row is None else _to_run(row)

    def add(self, connection: Connection, run: Run, key: str) -> None:
        """Write a run; stands or falls with the surrounding transaction."""
        plain: Any = to_plain({"sides": run.sides, "summary": run.comparisons, "question": run.question})
        columns = ("id", "model", "incident_id", "hypothesis", "queries", "rows", "results_sha256", "actor", "ran_at")
        values = {name: getattr(run, name) for name in columns}
        connection.execute(insert(bench_runs).values(**values, **plain, key=key))

    def get(self, run_id: str) -> Run:
        """One run. Raises NotFoundError."""
        with self._database.reading() as connection:
            row = connection.execute(select(bench_runs).where(bench_runs.c.id == run_id)).mappings().first()
        if row is None:
            raise NotFoundError.among("run of the bench", run_id, [run.id for run in self.list(limit=20)])
        return _to_run(row)

    def list(self, *, model: str | None = None, incident: str | None = None, limit: int = 100) -> Sequence[Run]:
        """Runs, newest first, of one model or for one incident where given."""
        query = select(bench_runs).order_by(bench_runs.c.ran_at.desc(), bench_runs.c.id)
        if model is not None:
            query = query.where(bench_runs.c.model == model)
        if incident is not None:
            query = query.where(bench_runs.c.incident_id == incident)
        with self._database.reading() as connection:
            return [_to_run(row) for row in connection.execute(query.limit(limit)).mappings()]


def _to_run(row: RowMapping) -> Run:
    values: dict[str, Any] = {name: row[name] for name in Run.__dataclass_fields__ if name in row}
    values["sides"] = tuple(_to_side(side) for side in row["sides"])
    values["comparisons"] = tuple(_to_comparison(one) for one in row["summary"])
    return Run(**values)


def _to_side(plain: Mapping[str, Any]) -> SideRun:
    as_of = None if plain["as_of"] is None else datetime.fromisoformat(plain["as_of"])
    values: dict[str, Any] = {**plain, "as_of": as_of, "snapshots": tuple(plain["snapshots"])}
    return SideRun(**values)


def _to_comparison(plain: Mapping[str, Any]) -> Comparison:
    return Comparison(
        plain["before"],
        plain["after"],
        Figures(**plain["whole"]),
        tuple(Figures(**one) for one in plain["slices"]),
        tuple(Mover(**one) for one in plain["movers"]),
    )


def entity_text(entity: Mapping[str, object]) -> str:
    """Entity columns as one text that names them, in order of name."""
    return json.dumps(dict(sorted(entity.items())), ensure_ascii=False)
