"""Golden sets: rows of one moment, pinned with their features, and the answers that each version gave to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
from sqlalchemy import Connection, func, insert, select

from steek.data import Lake
from steek.evaluation.ports import Floats
from steek.evaluation.specs import GOLDEN, distribution_name, golden_window
from steek.evaluation.tables import golden_answers, golden_sets
from steek.features import ExampleSet, ExampleSets
from steek.kernel.clock import Clock
from steek.kernel.records import content_hash
from steek.kernel.windows import Window
from steek.ledger import Database, Draft, Ledger
from steek.measures import Queries, first_rows, overlap
from steek.models import EvaluationSpec, ModelDefinition, TrainedModel, golden_windows

_ROW = "_row"

# Per query the answers, best first; for a regression one number per row.
Answers = list[list[Any]]


@dataclass(frozen=True)
class GoldenSet:
    """A pinned set.

    Args:
        table: Name of its lake table; another one when the features of the definition change.
        distribution: What it is called in evaluations.
        window: The moments it pins.
        frame: Its rows, as an example set has them.
    """

    table: str
    distribution: str
    window: Window
    frame: pl.DataFrame


class GoldenSets:
    """Pins golden sets when their answers are known, and keeps what every version answered.

    Args:
        example_sets: Builds the rows, once.
        lake: Where they are pinned.
        database: Where pins and answers are recorded.
        ledger: Gets `golden.pinned`.
        clock: Processing time.
    """

    def __init__(self, example_sets: ExampleSets, lake: Lake, database: Database, ledger: Ledger, clock: Clock) -> None:
        self._example_sets = example_sets
        self._lake = lake
        self._database = database
        self._ledger = ledger
        self._clock = clock

    @staticmethod
    def windows(definition: ModelDefinition) -> list[Window]:
        """The moments that this definition may never be trained on."""
        return golden_windows(definition)

    def pinned(self, definition: ModelDefinition, *, actor: str) -> list[GoldenSet]:
        """The golden sets of a definition; one not pinned yet is pinned now.

        A set whose answers are not complete yet, or for whose moment there are no features, is left out and tried
        again the next time.
        """
        specs = [spec for spec in definition.evaluations if spec.kind == GOLDEN]
        found = [self._pinned(definition, spec, actor) for spec in specs]
        return [golden for golden in found if golden is not None]

    def answers(self, golden: GoldenSet, version: int) -> Answers | None:
        """What a version answered, or None when it was never asked."""
        query = select(golden_answers.c.answers).where(
            golden_answers.c.table_name == golden.table, golden_answers.c.version == version
        )
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one_or_none()

    def version_before(self, golden: GoldenSet, version: int) -> int | None:
        """The latest version before `version` that answered this set, or None."""
        query = select(func.max(golden_answers.c.version)).where(
            golden_answers.c.table_name == golden.table, golden_answers.c.version < version
        )
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one()

    def keep(
        self, connection: Connection, golden: GoldenSet, trained: TrainedModel, answers: Answers, *, at: datetime
    ) -> None:
        """Store the answers of a version inside the caller's transaction; answers given before stay as they are."""
        where = (golden_answers.c.table_name == golden.table, golden_answers.c.version == trained.version)
        if connection.execute(select(golden_answers.c.version).where(*where)).first() is None:
            row = {"table_name": golden.table, "version": trained.version, "answers": answers, "answered_at": at}
            connection.execute(insert(golden_answers).values(row))

    def _pinned(self, definition: ModelDefinition, spec: EvaluationSpec, actor: str) -> GoldenSet | None:
        table = _table_name(definition, spec)
        with self._database.reading() as connection:
            query = select(golden_sets.c.table_version).where(golden_sets.c.table_name == table)
            version = connection.execute(query).scalar_one_or_none()
        if version is None:
            version = self._pin(definition, spec, table, actor)
        if version is None:
            return None
        version = self._lake.readable_version(table, version)
        frame = self._lake.scan(table, version=version).sort(_ROW).drop(_ROW).collect()
        if frame.is_empty():
            # Everybody in it was erased.
            return None
        return GoldenSet(table, distribution_name(spec), golden_window(spec), frame)

    def _pin(self, definition: ModelDefinition, spec: EvaluationSpec, table: str, actor: str) -> int | None:
        window, now = golden_window(spec), self._clock.now()
        if window.end_at + definition.examples.label_window > now:
            return None
        examples = self._example_sets.build(
            definition.examples,
            columns=definition.columns(),
            candidates=None if definition.candidates is None else definition.candidates.name,
            window=window,
            known_at=now,
            member_column=definition.partition_by,
        )
        frame = _evenly(examples.frame, definition.task, spec.parameters["queries"])
        if frame.is_empty():
            return None
        # The key is the table itself: whoever pins it again after a crash pins the same.
        version = self._lake.append(table, frame.with_row_index(_ROW), key=f"pin {table}")
        row = {
            "table_name": table,
            "name": definition.name,
            "distribution": distribution_name(spec),
            "table_version": version,
            "queries": frame["_query"].n_unique(),
            "rows": frame.height,
            "pinned_at": now,
        }
        with self._database.transaction() as connection:
            known = select(golden_sets.c.table_name).where(golden_sets.c.table_name == table)
            if connection.execute(known).first() is None:
                connection.execute(insert(golden_sets).values(row))
                self._ledger.append(connection, _event(row, examples, window, actor))
        return version


def windows_left_out(content: Mapping[str, Any]) -> list[Window]:
    """Moments that a training by this description of a definition left out: those of its golden sets."""
    specs = (EvaluationSpec(one["kind"], one["parameters"]) for one in content["evaluations"])
    return [golden_window(spec) for spec in specs if spec.kind == GOLDEN]


def answers_of(frame: pl.DataFrame, scores: Floats, *, candidate: str | None, top: int) -> Answers:
    """What scores answer to pinned rows: the first `top` candidates of each query, or the number of each row.

    Args:
        frame: Pinned rows.
        scores: One per row; NaN where there was no answer (an empty list, for a regression).
        candidate: Column of the candidates; None for a regression.
        top: Length of an answer.
    """
    if candidate is None:
        return [[] if np.isnan(score) else [float(score)] for score in scores]
    candidates = frame[candidate].to_numpy()
    queries = Queries.of(frame["_query"].to_numpy())
    return [candidates[rows].tolist() for rows in first_rows(scores, queries, top)]


def changes(answers: Answers, before: Answers, *, ranking: bool) -> Floats:
    """[queries] how far each answer moved, 0 (the same) to 1 (nothing in common).

    Rankings: one minus the share of common answers. Regressions: |difference| over the larger absolute value; an
    answer where there was none, or the reverse, counts as 1.

    >>> changes([[1, 2], [3, 4]], [[2, 1], [3, 9]], ranking=True).tolist()
    [0.0, 0.5]
    >>> changes([[3.0], [0.0], []], [[4.0], [0.0], [1.0]], ranking=False).tolist()
    [0.25, 0.0, 1.0]
    """
    pairs = zip(answers, before, strict=True)
    if ranking:
        return np.array([1 - overlap(np.array(now), np.array(then)) for now, then in pairs], dtype=np.float64)
    return np.array([_relative(now, then) for now, then in pairs], dtype=np.float64)


def _relative(now: list[float], then: list[float]) -> float:
    if len(now) != len(then):
        return 1.0
    if not now:
        return 0.0
    larger = max(abs(now[0]), abs(then[0]))
    return min(1.0, abs(now[0] - then[0]) / larger) if larger else 0.0


def _table_name(definition: ModelDefinition, spec: EvaluationSpec) -> str:
    """One table per set and per list of features, because pinned rows hold the features they were pinned with."""
    features = [str(column) for column in definition.columns()]
    identity = content_hash([dict(spec.parameters), features])[:12]
    return f"golden/{definition.name}-{golden_window(spec).start_at:%Y%m%d}-{identity}"


def _evenly(frame: pl.DataFrame, task: str, most: int) -> pl.DataFrame:
    """At most `most` queries (rows, for a regression), evenly spread over the frame's order of moments."""
    ids = frame["_query"] if task == "ranking" else pl.Series("_row", np.arange(frame.height))
    known = ids.unique().sort()
    chosen = known.gather(np.unique(np.linspace(0, len(known) - 1, min(most, len(known))).astype(np.int64)))
    return frame.filter(ids.is_in(chosen.implode()))


def _event(row: dict[str, Any], examples: ExampleSet, window: Window, actor: str) -> Draft:
    subject = f"golden:{row['table_name'].removeprefix('golden/')}@{row['table_version']}"
    payload: dict[str, object] = {
        "model": row["name"],
        "distribution": row["distribution"],
        "window": window,
        "queries": row["queries"],
        "rows": row["rows"],
    }
    made_from = (*examples.snapshots, *examples.labels)
    return Draft("golden.pinned", subject, actor, payload, edges=tuple((urn, subject) for urn in made_from))
