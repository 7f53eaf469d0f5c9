"""What a model learns from: who asked what at which moment, and what turned out to be right."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

import polars as pl

from steek.features.declarations import dataset_parameters
from steek.kernel.code_identity import describe_code
from steek.kernel.errors import DeclarationError
from steek.kernel.records import content_hash
from steek.kernel.units import parse_duration

WINDOW = "window"


@dataclass(frozen=True)
class Examples:
    """Declared examples: rows of entity columns, the moment, and the answer or the label.

    Args:
        name: Name of the declared function.
        function: Takes one LazyFrame per name in `inputs` (and `window`, if it asks for it); returns the rows.
        entity: Columns that say who or what is asked about.
        moment: Column of the instant at which the question was asked; features are taken as of then.
        label_window: How long after the moment the answer is complete.
        lookback: How far before the window the rows that the function gets may lie.
        answer: Ranking: the column that holds a right candidate, one row for each.
        label: Regression: the column that holds the number to predict.
        inputs: Names of the datasets and of the labels that it reads.
        description: The function's docstring.
    """

    name: str
    function: Callable[..., pl.LazyFrame] = field(repr=False)
    entity: tuple[str, ...]
    moment: str
    label_window: timedelta
    lookback: timedelta
    answer: str | None
    label: str | None
    inputs: tuple[str, ...]
    description: str
    takes_window: bool

    @property
    def outcome(self) -> str:
        """The column that holds what was right."""
        outcome = self.answer or self.label
        assert outcome is not None
        return outcome

    def parameters(self) -> dict[str, object]:
        """What decides its rows besides its code."""
        return {
            "entity": self.entity,
            "moment": self.moment,
            "label_window_s": self.label_window.total_seconds(),
            "lookback_s": self.lookback.total_seconds(),
            "answer": self.answer,
            "label": self.label,
            "inputs": self.inputs,
        }

    @cached_property
    def definition_hash(self) -> str:
        """SHA-256 of code and parameters, 64 hexadecimal digits."""
        return content_hash({"parameters": self.parameters(), "code": describe_code(self.function)})


def examples(
    *,
    entity: str | tuple[str, ...],
    moment: str,
    label_window: str,
    answer: str | None = None,
    label: str | None = None,
    lookback: str = "0d",
) -> Callable[[Callable[..., pl.LazyFrame]], Examples]:
    """Declare examples: the function's parameters name the datasets and the labels it reads.

    It gets rows with event time in [window start - lookback, window end + label_window), never later than what is
    known when the set is built. Of labels it gets one row per example with its moment in that stretch, as `label` was
    known when the set is built and only where the window of the labels had ended by then.

    Raises:
        DeclarationError: not exactly one of `answer` and `label`, or a column in two roles.
    """
    columns = (entity,) if isinstance(entity, str) else tuple(entity)

    def declare(function: Callable[..., pl.LazyFrame]) -> Examples:
        name = function.__name__
        if (answer is None) == (label is None):
            message = f"examples {name}: give answer=… (ranking) or label=… (regression), exactly one of them"
            raise DeclarationError(message)
        roles = [*columns, moment, answer or label]
        if not columns or len(set(roles)) != len(roles):
            message = f"examples {name}: entity, moment and outcome must be different columns, not {roles}"
            raise DeclarationError(message)
        return Examples(
            name=name,
            function=function,
            entity=columns,
            moment=moment,
            label_window=parse_duration(label_window),
            lookback=parse_duration(lookback),
            answer=answer,
            label=label,
            inputs=dataset_parameters(function, besides=(WINDOW,)),
            description=inspect.getdoc(function) or "",
            takes_window=WINDOW in inspect.signature(function).parameters,
        )

    return declare
