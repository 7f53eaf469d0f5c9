"""Live quality: what was answered to real requests, joined with what turned out to be right."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
from sqlalchemy import RowMapping, insert, select

from steek.data import Lake
from steek.evaluation.evaluator import baseline_scores, columns_of_baselines, extra_columns
from steek.evaluation.outcome_rows import OUTCOMES, answered_questions, ranking_outcomes, regression_outcomes
from steek.evaluation.tables import outcome_joins
from steek.features import ExampleSets
from steek.kernel.clock import Clock
from steek.kernel.errors import NotFoundError
from steek.kernel.windows import Window
from steek.ledger import Database, Draft, Ledger
from steek.models import ModelDefinition

PREDICTIONS = "predictions"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeJoin:
    """One join of predictions with outcomes.

    Args:
        key: Its idempotency key.
        model: Name of the model.
        window: Moments that were asked about.
        predictions: Answers logged in the window.
        matched: How many of them found what was right; the others asked what the examples do not know.
        table_version: Version of the lake table "outcomes" that holds them; None when nothing matched.
        joined_at: Processing time.
    """

    key: str
    model: str
    window: Window
    predictions: int
    matched: int
    table_version: int | None
    joined_at: datetime


class Outcomes:
    """Joins the prediction log with the examples by entity and moment, and appends to the lake table "outcomes".

    Args:
        lake: Holds "predictions" and gets "outcomes".
        example_sets: Says what was right.
        definitions: Model definitions by name.
        database: Where joins are recorded.
        ledger: Gets `outcomes.joined`.
        clock: Processing time.
    """

    def __init__(
        self,
        lake: Lake,
        example_sets: ExampleSets,
        definitions: Mapping[str, ModelDefinition],
        database: Database,
        ledger: Ledger,
        clock: Clock,
    ) -> None:
        self._lake = lake
        self._example_sets = example_sets
        self._definitions = definitions
        self._database = database
        self._ledger = ledger
        self._clock = clock

    def join(self, model: str, window: Window, *, key: str, actor: str = "steek") -> OutcomeJoin:
        """Join the answers to the moments in `window`; with a known key, the join that was made.

        Call it when the window's answers are complete, one label window after its end: moments whose outcome is not
        known yet stay unmatched. Rows have request_id, model, version, member, route, fallback, moment, the entity
        columns, the columns to slice by, expected, observed, hit (rankings: any right answer among the first five)
        and, for each baseline on the same query, baseline_<name> (its hit) or baseline_<name>_squared_error.

        Raises:
            NotFoundError: no such definition.
            UserCodeError: a baseline, feature or example of the project raised.
        """
        known = self._by_key(key)
        if known is not None:
            return known
        if model not in self._definitions:
            raise NotFoundError.among("model definition", model, self._definitions)
        definition = self._definitions[model]
        source = self._lake.latest_version(PREDICTIONS)
        predictions = self._predictions(model, window, source)
        rows, labels = self._matched(definition, predictions, window)
        version = self._lake.append(OUTCOMES, rows, key=key) if rows.height else None
        return self._record(
            OutcomeJoin(
                key=key,
                model=model,
                window=window,
                predictions=predictions.height,
                matched=rows.height,
                table_version=version,
                joined_at=self._clock.now(),
            ),
            (f"dataset:{PREDICTIONS}@{source}", *labels),
            actor,
        )

    def _predictions(self, model: str, window: Window, version: int | None) -> pl.DataFrame:
        if version is None:
            return pl.DataFrame()
        inside = pl.col("at").is_between(window.start_at, window.end_at, closed="left")
        found = self._lake.scan(PREDICTIONS, version=version).filter((pl.col("model") == model) & inside).collect()
        return found.sort("at", "request_id")

    def _matched(
        self, definition: ModelDefinition, predictions: pl.DataFrame, window: Window
    ) -> tuple[pl.DataFrame, tuple[str, ...]]:
        """Outcome rows, and URNs of the labels that say what was right."""
        if predictions.is_empty():
            return predictions, ()
        kept = extra_columns(definition)
        examples = self._example_sets.build(
            definition.examples,
            columns=columns_of_baselines(definition),
            candidates=None if definition.candidates is None else definition.candidates.name,
            window=window,
            known_at=self._clock.now(),
            member_column=definition.partition_by,
            extra_columns=kept,
        )
        frame = examples.frame
        if frame.is_empty():
            return frame, ()
        asked = answered_questions(predictions, frame, definition.examples.entity, definition.examples.moment, kept)
        baselines = {
            name.removeprefix("baseline:"): scores for name, scores in baseline_scores(definition, frame).items()
        }
        labels = frame["_label"].to_numpy().astype(np.float64)
        if definition.candidates is None:
            return regression_outcomes(asked, labels, baselines), examples.labels
        candidates = frame[definition.candidates.entity[-1]]
        return ranking_outcomes(asked, frame["_query"], candidates, labels, baselines), examples.labels

    def _record(self, joined: OutcomeJoin, sources: tuple[str, ...], actor: str) -> OutcomeJoin:
        row = {
            "key": joined.key,
            "name": joined.model,
            "window_start_at": joined.window.start_at,
            "window_end_at": joined.window.end_at,
            "predictions": joined.predictions,
            "matched": joined.matched,
            "table_version": joined.table_version,
            "joined_at": joined.joined_at,
        }
        payload: dict[str, object] = {
            "window": joined.window,
            "predictions": joined.predictions,
            "matched": joined.matched,
        }
        table = f"dataset:{OUTCOMES}@{joined.table_version}"
        edges = () if joined.table_version is None else tuple((urn, table) for urn in sources)
        with self._database.transaction() as connection:
            found = (
                connection.execute(select(outcome_joins).where(outcome_joins.c.key == joined.key)).mappings().first()
            )
            if found is not None:
                return _to_join(found)
            connection.execute(insert(outcome_joins).values(row))
            self._ledger.append(
                connection, Draft("outcomes.joined", f"model:{joined.model}", actor, payload, edges=edges)
            )
        return joined

    def _by_key(self, key: str) -> OutcomeJoin | None:
        with self._database.reading() as connection:
            row = connection.execute(select(outcome_joins).where(outcome_joins.c.key == key)).mappings().first()
        return None if row is None else _to_join(row)


def _to_join(row: RowMapping) -> OutcomeJoin:
    return OutcomeJoin(
        key=row["key"],
        model=row["name"],
        window=Window(row["window_start_at"], row["window_end_at"]),
        predictions=row["predictions"],
        matched=row["matched"],
        table_version=row["table_version"],
        joined_at=row["joined_at"],
    )
