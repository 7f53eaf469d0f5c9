"""Training a definition on what was known at an instant."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any

import numpy as np
import polars as pl
from sqlalchemy import insert, select

from steek.engines import Engine
from steek.features import ExampleSet, ExampleSets
from steek.kernel.clock import Clock
from steek.kernel.errors import NotFoundError, ResourceError, SteekError, user_code
from steek.kernel.urn import Urn
from steek.kernel.windows import Window
from steek.ledger import Draft, Ledger
from steek.models import (
    Freezes,
    ModelDefinition,
    NewTrainedModel,
    Registry,
    TrainedModel,
    golden_windows,
    training_window,
)
from steek.training.fleet import assemble
from steek.training.fleet_fit import fit_members
from steek.training.learners import open_learner
from steek.training.rows import to_rows
from steek.training.tables import training_failures

_REASON_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class _Order:
    """One training as it was asked for."""

    definition: ModelDefinition
    definition_hash: str
    window: Window
    members: Sequence[str] | None
    base: TrainedModel | None


@dataclass(frozen=True, slots=True)
class _Lesson:
    """What one training learns from."""

    frame: pl.DataFrame
    feature_names: tuple[str, ...]
    inputs: tuple[str, ...]
    data_until: datetime
    queries: int
    golden_rows: int


@dataclass(frozen=True, slots=True)
class _Fit:
    data: bytes
    format: str
    members: int | None
    report: dict[str, Any]


class Trainer:
    """Makes trained models out of definitions; one training at a time per process."""

    def __init__(
        self,
        registry: Registry,
        example_sets: ExampleSets,
        engine: Engine,
        definitions: Mapping[str, ModelDefinition],
        ledger: Ledger,
        clock: Clock,
        freezes: Freezes,
    ) -> None:
        self._registry = registry
        self._example_sets = example_sets
        self._engine = engine
        self._definitions = definitions
        self._ledger = ledger
        self._clock = clock
        self._freezes = freezes

    def train(
        self,
        definition_name: str,
        known_at: datetime,
        *,
        key: str,
        actor: str,
        members: Sequence[str] | None = None,
        base_version: int | None = None,
        incident: str | None = None,
    ) -> TrainedModel:
        """Train a definition on the examples whose answers were complete at `known_at`.

        With a known key it returns that training's model. A fleet keeps, of its base, the members not fitted now.

        Args:
            definition_name: Name of the model.
            known_at: Instant up to which data may be used.
            key: Idempotency key.
            actor: Who trains, for the events.
            members: Members of a fleet to fit; None fits all.
            base_version: Version that members are carried over from; None takes the latest.
            incident: URN of the incident this training is part of; its own freeze does not hold it back.

        Raises:
            NotFoundError: no such definition, base version or member.
            FrozenError: an incident holds this model; the change is listed.
            RefusedError: nothing to learn from, or the fit failed numerically; the last good version stays.
            UserCodeError: examples, features or learner of the project raised.
        """
        if (done := self._registry.by_key(key)) is not None:
            return done
        definition = self._definition(definition_name)
        held = f"model:{definition.name}", "train", _what_training(known_at, members)
        self._freezes.require(*held, actor=actor, key=key, incident=incident)
        order = _Order(
            definition=definition,
            definition_hash=self._registry.register(definition, actor=actor),
            window=training_window(definition, known_at),
            members=members,
            base=self._base(definition, base_version),
        )
        try:
            new, artifact = self._fit(order, known_at)
        except ResourceError:  # This machine could not do it now; that says nothing about the model.
            raise
        except SteekError as error:
            self._record_failure(order, error, key=key, actor=actor)
            raise
        return self._registry.add(new, artifact, key=key, actor=actor)

    def _definition(self, name: str) -> ModelDefinition:
        if name not in self._definitions:
            raise NotFoundError.among("model definition", name, self._definitions)
        return self._definitions[name]

    def _base(self, definition: ModelDefinition, base_version: int | None) -> TrainedModel | None:
        if base_version is not None:
            return self._registry.get(definition.name, base_version)
        return self._registry.latest(definition.name) if definition.partition_by else None

    def _fit(self, order: _Order, known_at: datetime) -> tuple[NewTrainedModel, bytes]:
        definition = order.definition
        lesson = self._lesson(order, known_at)
        began_s = self._clock.monotonic_s()
        fit = self._fit_one(order, lesson) if definition.partition_by is None else self._fit_fleet(order, lesson)
        took_s = round(self._clock.monotonic_s() - began_s, 3)
        said = {"queries": lesson.queries, "golden_rows_left_out": lesson.golden_rows, "environment": _environment()}
        said |= {"took_s": took_s}
        new = NewTrainedModel(
            name=definition.name,
            definition_hash=order.definition_hash,
            data_until=lesson.data_until,
            window=order.window,
            rows=lesson.frame.height,
            feature_names=lesson.feature_names,
            format=fit.format,
            members=fit.members,
            learner_report=fit.report | said,
            inputs=lesson.inputs,
            owner=definition.owner,
        )
        return new, fit.data

    def _lesson(self, order: _Order, known_at: datetime) -> _Lesson:
        definition = order.definition
        examples = self._example_sets.build(
            definition.examples,
            columns=definition.columns(),
            candidates=None if definition.candidates is None else definition.candidates.name,
            window=order.window,
            known_at=known_at,
            negatives_per_query=definition.negatives_per_query,
            sample_fraction=definition.sample_fraction,
            seed=definition.seed,
            member_column=definition.partition_by,
            weight_half_life=definition.weight_half_life,
        )
        frame = _without_golden(examples.frame, definition)
        return _Lesson(
            frame=frame,
            feature_names=tuple(examples.feature_names),
            inputs=_inputs(examples),
            data_until=min(order.window.end_at, examples.matured_until),
            queries=frame["_query"].n_unique(),
            golden_rows=examples.frame.height - frame.height,
        )

    def _fit_one(self, order: _Order, lesson: _Lesson) -> _Fit:
        definition = order.definition
        rows = to_rows(lesson.frame, lesson.feature_names, what=f"model {definition.name!r}")
        with user_code(f"learner {definition.learner.name}"):
            fitted = open_learner(definition.learner).fit(
                rows.matrix, rows.labels, rows.weights, rows.groups, lesson.feature_names, definition.seed
            )
        return _Fit(fitted.data, fitted.format, None, fitted.report)

    def _fit_fleet(self, order: _Order, lesson: _Lesson) -> _Fit:
        definition = order.definition
        assert definition.partition_by is not None
        fits = fit_members(
            lesson.frame,
            member_column=definition.partition_by,
            feature_names=lesson.feature_names,
            learner=definition.learner,
            seed=definition.seed,
            engine=self._engine,
            only=order.members,
        )
        fleet = assemble(
            fits,
            registry=self._registry,
            base=order.base,
            only=order.members,
            data_until=lesson.data_until,
            feature_names=lesson.feature_names,
        )
        return _Fit(fleet.data, fleet.format, fleet.members, fleet.report)

    def _record_failure(self, order: _Order, error: SteekError, *, key: str, actor: str) -> None:
        name, reason = order.definition.name, error.message[:_REASON_LENGTH]
        with self._ledger.database.transaction() as connection:
            known = select(training_failures.c.key).where(training_failures.c.key == key)
            if connection.execute(known).first() is not None:
                return
            row = {"key": key, "name": name, "reason": reason, "failed_at": self._clock.now()}
            connection.execute(insert(training_failures).values(row))
            payload: dict[str, object] = {"reason": reason, "code": error.code, "window": order.window}
            subject = str(Urn("definition", name, order.definition_hash))
            self._ledger.append(connection, Draft("training.failed", subject, actor, payload))


def _without_golden(frame: pl.DataFrame, definition: ModelDefinition) -> pl.DataFrame:
    """The frame without the moments of golden sets: what is pinned to compare versions is never learned from."""
    moment = pl.col(definition.examples.moment)
    pinned = [moment.is_between(each.start_at, each.end_at, closed="left") for each in golden_windows(definition)]
    return frame.filter(~pl.any_horizontal(pinned)) if pinned else frame


def _inputs(examples: ExampleSet) -> tuple[str, ...]:
    datasets = (str(Urn("dataset", name, str(number))) for name, number in sorted(examples.dataset_versions.items()))
    return (*examples.snapshots, *datasets, *examples.labels)


def _environment() -> dict[str, str]:
    return {"python": platform.python_version(), "numpy": np.__version__, "steek": version("steek")}


def _what_training(known_at: datetime, members: Sequence[str] | None) -> str:
    """Which training this is, the same at every attempt."""
    of = "" if members is None else f", members {', '.join(sorted(members)[:20])}"
    more = f" and {len(members) - 20} more" if members is not None and len(members) > 20 else ""
    return f"on data known until {known_at:%Y-%m-%d %H:%M} UTC{of}{more}"
