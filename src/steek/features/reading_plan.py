"""How the features of a model are read: worked out once per list of names, followed on every request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from steek.features.blocks import Scalar
from steek.features.declarations import FeatureRef, FeatureView, MomentFeatures
from steek.kernel.errors import DeclarationError, InputError

_MOMENT = "moment"
_REMEMBERED_MOMENTS = 4096
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Positions = npt.NDArray[np.intp]


@dataclass(slots=True)
class ViewPart:
    """The columns of one view in a feature matrix.

    Args:
        name: The view.
        columns: Its features that are wanted.
        targets: Where they stand in the matrix.
        time_to_live: How long after its snapshot a value is valid.
        leading: Query columns that name the block.
        member: Query column that names the row in the block; None where candidates do, or the block is one row.
        per_candidate: Rows of the block are found by candidate.
        single_rows: The candidate itself is the view's whole entity.
    """

    name: str
    columns: tuple[str, ...]
    targets: Positions | slice
    time_to_live: timedelta
    leading: tuple[str, ...]
    member: str | None
    per_candidate: bool
    single_rows: bool
    _sources: dict[tuple[str, ...], Positions] = field(default_factory=dict[tuple[str, ...], Positions])

    def key(self, query: Mapping[str, Any]) -> tuple[Scalar, ...]:
        """Values of the leading columns in the query. Raises InputError when one is not given."""
        try:
            return tuple([query[name] for name in self.leading])
        except KeyError as cause:
            raise self._lacks(str(cause.args[0]), query) from None

    def value(self, query: Mapping[str, Any], column: str) -> Scalar:
        """Value of one column in the query. Raises InputError when it is not given."""
        if column not in query:
            raise self._lacks(column, query)
        return query[column]

    def is_valid(self, as_of: datetime, moment: datetime) -> bool:
        """Whether a snapshot may be used at the moment."""
        return as_of <= moment < as_of + self.time_to_live

    def sources(self, names: tuple[str, ...]) -> Positions:
        """Where the wanted columns stand in a block with features `names`; the NaN column for those it lacks."""
        found = self._sources.get(names)
        if found is None:
            place = {name: position for position, name in enumerate(names)}
            found = np.array([place.get(name, len(names)) for name in self.columns], dtype=np.intp)
            self._sources[names] = found
        return found

    def _lacks(self, column: str, query: Mapping[str, Any]) -> InputError:
        given = ", ".join(sorted(query)) or "nothing"
        message = f"the query lacks {column!r}, which feature view {self.name} needs; it gives: {given}"
        return InputError(message)


@dataclass(slots=True)
class MomentPart:
    """The features of the moment in a feature matrix."""

    targets: Positions | slice
    expressions: tuple[pl.Expr, ...]
    _remembered: dict[datetime, npt.NDArray[np.float32]] = field(
        default_factory=dict[datetime, npt.NDArray[np.float32]]
    )

    def values_at(self, moment: datetime) -> npt.NDArray[np.float32]:
        """One float32 per feature; requests of the same moment, as of one basket, share the work."""
        values = self._remembered.get(moment)
        if values is None:
            # From a number: building the column from a datetime costs more than evaluating the expressions.
            number = pl.Series(_MOMENT, [(moment - _EPOCH) // _MICROSECOND], dtype=pl.Int64)
            frame = number.cast(pl.Datetime("us", "UTC")).to_frame()
            values = frame.select(self.expressions).to_numpy()[0]
            if len(self._remembered) >= _REMEMBERED_MOMENTS:
                self._remembered = {}
            self._remembered[moment] = values
        return values


@dataclass(frozen=True, slots=True)
class ReadingPlan:
    """Parts that together fill a matrix of `width` columns; views that nobody declares any more stay NaN."""

    width: int
    views: tuple[ViewPart, ...]
    moments: tuple[MomentPart, ...]
    unknown_views: int


def plan_reading(
    feature_names: Sequence[str],
    candidate_column: str | None,
    views: Mapping[str, FeatureView],
    moments: Mapping[str, MomentFeatures],
) -> ReadingPlan:
    """The plan for one list of features.

    Raises:
        DeclarationError: a name is not view.column, an unknown feature of the moment, or candidates are not the
            last entity column of a view that is about them.
    """
    wanted: dict[str, dict[int, str]] = {}
    for position, name in enumerate(feature_names):
        reference = FeatureRef.parse(name)
        wanted.setdefault(reference.view, {})[position] = reference.column
    view_parts = [_view_part(views[name], wanted[name], candidate_column) for name in wanted if name in views]
    moment_parts = [_moment_part(moments[name], wanted[name]) for name in wanted if name in moments]
    unknown = [name for name in wanted if name not in views and name not in moments]
    return ReadingPlan(len(feature_names), tuple(view_parts), tuple(moment_parts), len(unknown))


def _view_part(view: FeatureView, wanted: dict[int, str], candidate_column: str | None) -> ViewPart:
    if candidate_column is not None and candidate_column in view.entity[:-1]:
        message = f"feature view {view.name} is about {', '.join(view.entity)}; candidates are {candidate_column}"
        raise DeclarationError(message, next_step=f"Put {candidate_column} last in its entity.")
    per_candidate = view.entity[-1] == candidate_column
    single = len(view.entity) == 1
    return ViewPart(
        name=view.name,
        columns=tuple(wanted.values()),
        targets=_targets(list(wanted)),
        time_to_live=view.time_to_live,
        leading=view.leading,
        member=None if per_candidate or single else view.entity[-1],
        per_candidate=per_candidate,
        single_rows=per_candidate and single,
    )


def _moment_part(features: MomentFeatures, wanted: dict[int, str]) -> MomentPart:
    expressions = features.expressions(_MOMENT)
    unknown = [column for column in wanted.values() if column not in expressions]
    if unknown:
        message = f"moment features {features.name} have no {', '.join(unknown)}; there are: {', '.join(expressions)}"
        raise DeclarationError(message)
    chosen = tuple(expressions[column].fill_null(float("nan")).alias(str(place)) for place, column in wanted.items())
    return MomentPart(_targets(list(wanted)), chosen)


def _targets(positions: list[int]) -> Positions | slice:
    """A slice where the columns stand side by side, which numpy fills faster."""
    first, last = positions[0], positions[-1]
    if positions == list(range(first, last + 1)):
        return slice(first, last + 1)
    return np.array(positions, dtype=np.intp)
