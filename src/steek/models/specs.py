"""What a definition asks of learning, evaluation, the gate and serving: plain records without behaviour.

Their builders with the field's names live in the room that understands them (`sk.held_out_by_time` in evaluation,
`sk.learners.LightGBM` in training), so a definition can be read without loading any of those rooms.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from steek.features import FeatureRef
from steek.kernel.errors import DeclarationError
from steek.kernel.units import parse_duration

Parameters = Mapping[str, Any]

HELD_OUT_BY_TIME = "held_out_by_time"
GOLDEN = "golden"
PREVIOUS_VERSION = "previous_version"
FEATURE_AS_ANSWER = "feature_as_answer"


@dataclass(frozen=True, slots=True)
class LearnerSpec:
    """Which registered learner fits a definition, and its arguments (JSON values)."""

    name: str
    parameters: Parameters = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class EvaluationSpec:
    """A distribution to measure on; `parameters` are JSON values.

    Two kinds decide what training may see: "held_out_by_time" with {"length": "1d"}, and "golden" with
    {"moment": "2017-09-25T00:00:00+00:00", "length": "1d"}.
    """

    kind: str
    parameters: Parameters = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """One check of a gate's policy; a check that does not block only warns."""

    kind: str
    parameters: Parameters = field(default_factory=dict[str, Any])
    blocking: bool = True


@dataclass(frozen=True, slots=True)
class BaselineSpec:
    """A simple rule to beat: `score` takes the example frame and returns a Polars expression, higher is better."""

    name: str
    score: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class FallbackSpec:
    """One link of the chain that answers when the model in front of it cannot."""

    kind: str
    parameters: Parameters = field(default_factory=dict[str, Any])


def previous_version() -> FallbackSpec:
    """Fall back to the version that served before.

    >>> previous_version().kind
    'previous_version'
    """
    return FallbackSpec(PREVIOUS_VERSION)


def feature_as_answer(feature: FeatureRef | str) -> FallbackSpec:
    """Fall back to one feature as the score, e.g. popularity.

    Args:
        feature: A feature, or its name "view.column".

    >>> feature_as_answer("category_product.lines_56d").parameters["feature"]
    'category_product.lines_56d'
    """
    ref = FeatureRef.parse(feature) if isinstance(feature, str) else feature
    return FallbackSpec(FEATURE_AS_ANSWER, {"feature": ref.name})


@dataclass(frozen=True, slots=True)
class Freshness:
    """The age a model in serving may reach.

    Args:
        objective: Largest age, e.g. "48h".
    """

    objective: str

    def __post_init__(self) -> None:
        _require_positive("freshness objective", self.objective)

    @property
    def limit(self) -> timedelta:
        return parse_duration(self.objective)


@dataclass(frozen=True, slots=True)
class Canary:
    """How a new version takes over.

    Args:
        steps: Rising shares of the traffic, each inside (0, 1).
        min_requests: Requests a step must see before it is judged.
        dwell: Least time that a step lasts, e.g. "1h".
    """

    steps: tuple[float, ...] = (0.1, 0.5)
    min_requests: int = 100
    dwell: str = "1h"

    def __post_init__(self) -> None:
        rising = all(low < high for low, high in zip(self.steps, self.steps[1:], strict=False))
        if not self.steps or not rising or not all(0 < step < 1 for step in self.steps):
            message = f"canary steps are {self.steps}; they must rise, each between 0 and 1"
            raise DeclarationError(message, next_step="For example steps=(0.1, 0.5).")
        _require_positive("canary dwell", self.dwell)

    @property
    def dwell_time(self) -> timedelta:
        return parse_duration(self.dwell)


@dataclass(frozen=True, slots=True)
class Serving:
    """How a model answers.

    Args:
        deadline: Longest time for one answer before the fallback chain takes over, e.g. "50ms".
        top: How many candidates a ranking answers with, best first.
        canary: The ramp for new versions; None lets a version that passed its gate take over at once.
        fallback: Tried in this order.
    """

    deadline: str = "50ms"
    top: int = 10
    canary: Canary | None = field(default_factory=Canary)
    fallback: tuple[FallbackSpec, ...] | list[FallbackSpec] = ()

    def __post_init__(self) -> None:
        _require_positive("serving deadline", self.deadline)
        if self.top < 1:
            message = f"serving top is {self.top}; at least 1 answer is needed"
            raise DeclarationError(message)

    @property
    def deadline_s(self) -> float:
        return parse_duration(self.deadline).total_seconds()


def _require_positive(what: str, text: str) -> None:
    if parse_duration(text) <= timedelta():
        message = f"{what} is {text!r}; it must be longer than nothing"
        raise DeclarationError(message)
