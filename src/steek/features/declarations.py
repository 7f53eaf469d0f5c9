"""What a project's author declares about features: views over data, and features of the moment alone."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any

import polars as pl

from steek.kernel.code_identity import describe_code
from steek.kernel.errors import DeclarationError, user_code
from steek.kernel.records import content_hash
from steek.kernel.units import parse_duration

AS_OF = "as_of"


@dataclass(frozen=True, slots=True)
class FeatureRef:
    """One feature: a column of a view, or of features of the moment. Its name is "view.column" everywhere."""

    view: str
    column: str

    @property
    def name(self) -> str:
        return f"{self.view}.{self.column}"

    @classmethod
    def parse(cls, name: str) -> "FeatureRef":
        """Read "view.column".

        Raises:
            DeclarationError: no point, or nothing on one side of it.

        >>> FeatureRef.parse("store_product.lines_28d").column
        'lines_28d'
        """
        view, point, column = name.partition(".")
        if not (view and point and column):
            message = f"{name!r} is not the name of a feature"
            raise DeclarationError(message, next_step="Write it as view.column.")
        return cls(view, column)


@dataclass(frozen=True)
class FeatureView:
    """Features of one kind of entity, computed from datasets as of a moment.

    Args:
        name: Name of the declared function.
        function: Takes one LazyFrame per name in `inputs` (and `as_of`, an aware UTC datetime, if it asks for it),
            returns one row per entity: the entity columns and numeric feature columns.
        entity: Column names; where there are two or more, rows are served in blocks by all but the last.
        inputs: Names of the datasets it reads.
        lookback: How far before `as_of` the rows that it gets may lie.
        time_to_live: How long after `as_of` a value may be used.
        every: Cadence at which it is meant to be materialised.
        owner: Who answers for it.
        description: The function's docstring.
    """

    name: str
    function: Callable[..., pl.LazyFrame] = field(repr=False)
    entity: tuple[str, ...]
    inputs: tuple[str, ...]
    lookback: timedelta
    time_to_live: timedelta
    every: timedelta
    owner: str
    description: str
    takes_as_of: bool

    def __getitem__(self, columns: str | tuple[str, ...]) -> tuple[FeatureRef, ...]:
        """References to some of its columns: `view["a", "b"]`."""
        return _references(self.name, columns)

    @property
    def leading(self) -> tuple[str, ...]:
        """The entity columns whose values name one served block."""
        return self.entity[:-1] or self.entity

    def parameters(self) -> dict[str, object]:
        """What decides its values besides its code; owner and description do not."""
        return {
            "entity": self.entity,
            "inputs": self.inputs,
            "lookback_s": self.lookback.total_seconds(),
            "time_to_live_s": self.time_to_live.total_seconds(),
        }

    @cached_property
    def definition_hash(self) -> str:
        """SHA-256 of code and parameters, 64 hexadecimal digits."""
        return content_hash({"parameters": self.parameters(), "code": describe_code(self.function)})


@dataclass(frozen=True)
class MomentFeatures:
    """Features of the moment alone (hour, weekday): the same expressions in training and in serving."""

    name: str
    function: Callable[[pl.Expr], dict[str, pl.Expr]] = field(repr=False)
    owner: str
    description: str

    def __getitem__(self, columns: str | tuple[str, ...]) -> tuple[FeatureRef, ...]:
        """References to some of its columns."""
        return _references(self.name, columns)

    def expressions(self, moment: str) -> dict[str, pl.Expr]:
        """Column name to expression over the datetime column `moment` (UTC, microseconds), cast to float32."""
        with user_code(f"moment features {self.name}"):
            made: Mapping[str, pl.Expr] = self.function(pl.col(moment))
        return {name: expression.cast(pl.Float32) for name, expression in made.items()}

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of its features, in declared order."""
        return tuple(self.expressions("moment"))

    @cached_property
    def definition_hash(self) -> str:
        """SHA-256 of its code, 64 hexadecimal digits."""
        return content_hash({"code": describe_code(self.function)})


def feature_view(
    *, entity: str | tuple[str, ...], lookback: str, time_to_live: str, owner: str, every: str = "1d"
) -> Callable[[Callable[..., pl.LazyFrame]], FeatureView]:
    """Declare a view: the function's parameters name the datasets it reads, its docstring describes it.

    steek hands it only rows with event time in [as_of - lookback, as_of), so it cannot look ahead; tables without
    event time come in the version that was current at `as_of`.

    Raises:
        DeclarationError: no entity, an entity named twice, or a function without a dataset to read.
        InputError: a duration without unit.
    """
    columns = (entity,) if isinstance(entity, str) else tuple(entity)

    def declare(function: Callable[..., pl.LazyFrame]) -> FeatureView:
        name = function.__name__
        inputs = dataset_parameters(function, besides=(AS_OF,))
        if not columns or len(set(columns)) != len(columns) or AS_OF in columns:
            message = f"feature view {name}: entity is {columns!r}; it must be one or more different columns, not as_of"
            raise DeclarationError(message)
        return FeatureView(
            name=name,
            function=function,
            entity=columns,
            inputs=inputs,
            lookback=parse_duration(lookback),
            time_to_live=parse_duration(time_to_live),
            every=parse_duration(every),
            owner=owner,
            description=inspect.getdoc(function) or "",
            takes_as_of=AS_OF in inspect.signature(function).parameters,
        )

    return declare


def moment_features(*, owner: str) -> Callable[[Callable[[pl.Expr], dict[str, pl.Expr]]], MomentFeatures]:
    """Declare features of the moment: the function turns an expression for the moment into named expressions."""

    def declare(function: Callable[[pl.Expr], dict[str, pl.Expr]]) -> MomentFeatures:
        return MomentFeatures(function.__name__, function, owner, inspect.getdoc(function) or "")

    return declare


def dataset_parameters(function: Callable[..., Any], *, besides: tuple[str, ...]) -> tuple[str, ...]:
    """The function's parameters that name datasets.

    Raises:
        DeclarationError: there is none.
    """
    inputs = tuple(name for name in inspect.signature(function).parameters if name not in besides)
    if not inputs:
        message = f"{function.__name__} has no parameter that names a dataset"
        raise DeclarationError(message, next_step=f"Write for example def {function.__name__}(transactions): ...")
    return inputs


def _references(view: str, columns: str | tuple[str, ...]) -> tuple[FeatureRef, ...]:
    names = (columns,) if isinstance(columns, str) else columns
    return tuple(FeatureRef(view, name) for name in names)
