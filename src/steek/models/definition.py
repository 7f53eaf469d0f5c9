"""Model definitions: one configured model, and the windows of time it learns from and is measured on."""

from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from steek.features import Examples, FeatureRef, FeatureView, MomentFeatures
from steek.kernel.errors import DeclarationError
from steek.kernel.units import parse_duration
from steek.kernel.windows import Window
from steek.models.specs import (
    GOLDEN,
    HELD_OUT_BY_TIME,
    BaselineSpec,
    CheckSpec,
    EvaluationSpec,
    Freshness,
    LearnerSpec,
    Serving,
)

Task = Literal["ranking", "regression"]
FeatureChoice = FeatureRef | FeatureView | MomentFeatures | tuple[FeatureRef, ...]

_TASKS = ("ranking", "regression")


@dataclass(frozen=True)
class ModelDefinition:
    """One configured model; its identity is the hash of its content and of the code it names.

    Args:
        name: Name of the model, shared by all its definitions and trained models.
        task: "ranking" orders candidates, `_label` 0 or 1; "regression" answers a number.
        examples: What a row is and what the right answer was.
        features: Features as `view["a", "b"]`, or whole views for all their columns.
        candidates: For a ranking, the view whose members are the possible answers.
        learner: How it is fitted.
        training_window: Length of event time it learns from, e.g. "14d".
        schedule: When it is trained, for people, e.g. "daily, after transactions".
        freshness: The age it may reach in serving.
        evaluations: Distributions it is measured on.
        baselines: Simple rules it is compared with.
        gate: Checks it must pass; no check means it never passes.
        serving: How it answers.
        owner: Who answers for it.
        worst_case: The worst that can happen when it fails, in words of the business.
        intended_use: What it is for.
        partition_by: Column whose every value gets a model of its own (a fleet).
        priority: Feature "view.column" that orders recovery, largest first.
        negatives_per_query: Ranking: wrong candidates kept per query; None keeps all.
        sample_fraction: Share of the queries learned from, in (0, 1].
        weight_half_life: Age at which a row counts half, e.g. "14d"; None weighs all the same.
        seed: Seed of everything random in its training.
    """

    name: str
    _: KW_ONLY
    task: Task
    examples: Examples
    features: Sequence[FeatureChoice]
    learner: LearnerSpec
    training_window: str
    schedule: str
    freshness: Freshness
    owner: str
    worst_case: str
    candidates: FeatureView | None = None
    evaluations: Sequence[EvaluationSpec] = ()
    baselines: Sequence[BaselineSpec] = ()
    gate: Sequence[CheckSpec] = ()
    serving: Serving = field(default_factory=Serving)
    intended_use: str = ""
    partition_by: str | None = None
    priority: str | None = None
    negatives_per_query: int | None = None
    sample_fraction: float = 1.0
    weight_half_life: str | None = None
    seed: int = 7

    def __post_init__(self) -> None:
        if self.task not in _TASKS:
            self._refuse(f"has task {self.task!r}; allowed: {', '.join(_TASKS)}")
        if self.task == "ranking" and self.candidates is None:
            self._refuse("is a ranking without candidates; name the view whose members it ranks")
        if not self.features:
            self._refuse("has no features")
        if not 0 < self.sample_fraction <= 1:
            self._refuse(f"has sample_fraction {self.sample_fraction}; allowed: above 0, at most 1")
        if parse_duration(self.training_window) <= timedelta():
            self._refuse(f"has training_window {self.training_window!r}; it must be longer than nothing")
        if not self.owner:
            self._refuse("has no owner; somebody must answer for it")

    def columns(self) -> tuple[FeatureRef | str, ...]:
        """The features in order: one `FeatureRef` each, or the name of a view that is taken whole."""
        return tuple(self._flat())

    def _flat(self) -> Iterator[FeatureRef | str]:
        for choice in self.features:
            if isinstance(choice, tuple):
                yield from choice
            elif isinstance(choice, FeatureRef):
                yield choice
            else:
                yield choice.name

    def _refuse(self, complaint: str) -> None:
        message = f"model definition {self.name!r} {complaint}"
        raise DeclarationError(message)


def held_out_window(definition: ModelDefinition, known_at: datetime) -> Window | None:
    """The last stretch of matured examples, kept from training; None when nothing is held out by time.

    It ends where answers are complete at `known_at`: one label window before it. Training labels may still
    overlap the held-out moments by up to one label window; features never do.

    Args:
        definition: Held-out lengths come from its evaluations of kind "held_out_by_time"; the longest counts.
        known_at: Instant up to which the truth is known.
    """
    specs = [spec for spec in definition.evaluations if spec.kind == HELD_OUT_BY_TIME]
    if not specs:
        return None
    length = max(parse_duration(spec.parameters["length"]) for spec in specs)
    return Window.before(_matured_until(definition, known_at), length)


def training_window(definition: ModelDefinition, known_at: datetime) -> Window:
    """The window a model trained at `known_at` learns from; it ends where the held-out window begins."""
    held_out = held_out_window(definition, known_at)
    end_at = _matured_until(definition, known_at) if held_out is None else held_out.start_at
    return Window.before(end_at, parse_duration(definition.training_window))


def golden_windows(definition: ModelDefinition) -> list[Window]:
    """The moments of its golden sets, which no training of it may see; sorted by start."""
    specs = [spec.parameters for spec in definition.evaluations if spec.kind == GOLDEN]
    starts = [(datetime.fromisoformat(each["moment"]), parse_duration(each["length"])) for each in specs]
    return sorted((Window(start, start + length) for start, length in starts), key=lambda window: window.start_at)


def _matured_until(definition: ModelDefinition, known_at: datetime) -> datetime:
    return known_at - definition.examples.label_window
