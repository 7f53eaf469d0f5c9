"""One question as somebody typed or saw it: what each version answers, and which features made it so."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from steek.evaluation.scoring import score_rows
from steek.features.question_rows import QUERY
from steek.incidents.bench.asking import entity_columns
from steek.incidents.bench.replaying import CANDIDATE, SCORE, Replayed
from steek.models import ModelDefinition, Registry, TrainedModel

MOST_FEATURES = 200


@dataclass(frozen=True, slots=True)
class UsedFeature:
    """A feature of the best answer: its value (None where nothing was known), and by how much the answer would be
    lower without it; None where that cannot be told.
    """

    name: str
    value: float | None
    effect: float | None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer and its score; `candidate` is None for a regression."""

    candidate: str | None
    score: float | None


@dataclass(frozen=True, slots=True)
class SideAnswer:
    """What one side answers, best first, and why; `problem` says why it cannot."""

    side: str
    trained: str
    answers: tuple[Answer, ...]
    features: tuple[UsedFeature, ...]
    snapshots: tuple[str, ...]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One question to several sides. `entity` has pseudonyms for what names a person."""

    model: str
    entity: Mapping[str, str]
    moment: datetime
    sides: tuple[SideAnswer, ...]


def answer_of(
    registry: Registry,
    definition: ModelDefinition,
    trained: TrainedModel,
    replayed: Replayed,
    question: pl.DataFrame,
    *,
    side: str,
    top: int,
) -> SideAnswer:
    """The best answers of one side to a question, with the effect of each feature on the first of them."""
    ordered = replayed.rows.sort(SCORE, CANDIDATE, descending=[True, False], nulls_last=True)
    ordered = ordered.filter(pl.col(SCORE).is_not_nan())
    answers = tuple(Answer(row[CANDIDATE], float(row[SCORE])) for row in ordered.head(top).iter_rows(named=True))
    best = ordered.head(1)
    features = () if best.is_empty() else _effects(registry, definition, trained, best, question)
    return SideAnswer(side, trained.urn, answers, features, replayed.snapshots)


def _effects(
    registry: Registry, definition: ModelDefinition, trained: TrainedModel, best: pl.DataFrame, question: pl.DataFrame
) -> tuple[UsedFeature, ...]:
    """Each feature is taken away in turn, the others stay; the largest effect first."""
    names = trained.feature_names[:MOST_FEATURES]
    values = best.select(names).to_numpy()[0].astype(np.float64)
    changed = np.repeat(best.select(trained.feature_names).to_numpy(), len(names) + 1, axis=0)
    for index in range(len(names)):
        changed[index + 1, index] = np.nan
    frame = pl.DataFrame(changed.astype(np.float32), schema=list(trained.feature_names), orient="row")
    own = question.select(name for name in entity_columns(definition) if name not in frame.columns)
    frame = frame.with_columns(pl.repeat(own[name][0], frame.height, eager=True).alias(name) for name in own.columns)
    scores = score_rows(registry, definition, trained, frame)
    used = [
        UsedFeature(name, _number(values[index]), _number(scores[0] - scores[index + 1]))
        for index, name in enumerate(names)
    ]
    return tuple(sorted(used, key=lambda one: (-abs(one.effect or 0.0), one.name)))


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def entity_of(shown: pl.DataFrame, columns: tuple[str, ...]) -> dict[str, str]:
    """The first row of shown entities as text by column."""
    return {name: str(shown[name][0]) for name in columns if name != QUERY}
