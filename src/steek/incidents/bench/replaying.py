"""Asking one side the questions: its candidates, its features, its scores."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from steek.evaluation.scoring import score_rows
from steek.features import FeatureView, MomentFeatures
from steek.features.candidates import candidate_lists, to_candidate_rows
from steek.features.feature_join import FeatureJoin
from steek.features.point_in_time import choose_snapshots
from steek.features.question_rows import LABEL, QUERY, Questions, Sample
from steek.incidents.bench.asking import REQUEST, SERVED
from steek.incidents.bench.chosen_data import ChosenData
from steek.incidents.bench.sides import Side
from steek.kernel.errors import InputError
from steek.models import ModelDefinition, Registry, TrainedModel

MOST_ROWS = 2_000_000
SCORE = "_score"
CANDIDATE = "_candidate"
_INSTANT = pl.Datetime("us", "UTC")


@dataclass(frozen=True, slots=True)
class Replayed:
    """What one side answered.

    Args:
        rows: `_query`, `_candidate` (text; null for a regression), `_score` (NaN where it has no answer) and the
            features that were used, float32.
        feature_names: Features in the order of the model.
        snapshots: URNs of the feature snapshots that were read.
    """

    rows: pl.DataFrame
    feature_names: tuple[str, ...]
    snapshots: tuple[str, ...]


class Replay:
    """Scores questions as serving would, from the point-in-time features; writes nothing."""

    def __init__(
        self,
        registry: Registry,
        features: ChosenData,
        views: Mapping[str, FeatureView],
        moments: Mapping[str, MomentFeatures],
    ) -> None:
        self._registry, self._features = registry, features
        self._views, self._moments = views, moments

    def ask(self, definition: ModelDefinition, side: Side, questions: pl.DataFrame) -> Replayed:
        """The answers of one side to all questions.

        Raises:
            NotFoundError: no such version, its artifact or a feature it was trained on is gone.
            DamagedArtifactError: its artifact is not what was trained.
            ConflictError: features of that moment were made by other code than today's.
            InputError: more rows than the bench takes.
        """
        trained = self._registry.get(definition.name, side.version)
        features = self._features.on(side.data) if side.data else self._features
        examples = definition.examples
        asked = questions.drop(LABEL, SERVED, REQUEST, strict=False)
        if side.as_of is not None:
            then = asked.with_columns(pl.lit(side.as_of).cast(_INSTANT).alias(examples.moment))
        else:
            then = asked
        rows = _rows(definition, features, then)
        if rows.height > MOST_ROWS:
            message = f"{questions.height:,} questions have {rows.height:,} candidates; {MOST_ROWS:,} are allowed"
            raise InputError(message, next_step="Ask fewer questions.")
        join = FeatureJoin(features, self._views, self._moments)
        # What the moment itself tells (the hour, the weekday) stays that of the question; only the data are others.
        of_moment = [name for name in trained.feature_names if name.partition(".")[0] in self._moments]
        of_views = [name for name in trained.feature_names if name not in of_moment]
        joined = join.join(examples, then, rows, of_views)
        moments = join.join(examples, asked, rows, of_moment)
        frame = rows.with_columns([*joined.columns, *moments.columns])
        scores = score_rows(self._registry, definition, trained, frame)
        return _replayed(definition, trained, frame, scores, joined.snapshots)


def _replayed(
    definition: ModelDefinition,
    trained: TrainedModel,
    frame: pl.DataFrame,
    scores: "np.ndarray[tuple[int], np.dtype[np.float64]]",
    snapshots: tuple[str, ...],
) -> Replayed:
    answer = definition.examples.answer
    candidate = pl.lit(None, pl.String) if answer is None else pl.col(answer).cast(pl.String)
    rows = frame.select(
        pl.col(QUERY), candidate.alias(CANDIDATE), pl.Series(SCORE, scores, pl.Float64), *trained.feature_names
    )
    return Replayed(rows, trained.feature_names, snapshots)


def _rows(definition: ModelDefinition, features: ChosenData, asked: pl.DataFrame) -> pl.DataFrame:
    """One row per question, or per question and candidate."""
    view, answer = definition.candidates, definition.examples.answer
    if definition.task != "ranking" or view is None or answer is None:
        return asked
    choice = choose_snapshots(features, view, asked[definition.examples.moment])
    lists = candidate_lists(features, choice, asked)
    nothing = pl.DataFrame(schema={QUERY: pl.UInt32(), answer: lists.members.dtype})
    rows = to_candidate_rows(definition.examples, Questions(asked, nothing, 0), lists, sample=Sample())
    own = asked[rows[QUERY].to_numpy()].drop(QUERY)
    return rows.select(QUERY, answer).with_columns(own.get_columns())
