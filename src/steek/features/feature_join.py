"""The features of example rows: each column from the snapshot that its row's moment could see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from steek.features.declarations import FeatureRef, FeatureView, MomentFeatures
from steek.features.example_declaration import Examples
from steek.features.point_in_time import SnapshotChoice, choose_snapshots, look_up
from steek.features.question_rows import QUERY
from steek.features.service import FeatureService
from steek.kernel.errors import DeclarationError, NotFoundError

Values = npt.NDArray[np.float32]


@dataclass(slots=True)
class _Wanted:
    """Columns asked of one view; `choice` is None for features of the moment."""

    choice: SnapshotChoice | None
    known: tuple[str, ...]
    columns: dict[str, None] = field(default_factory=dict[str, None])


@dataclass(frozen=True, slots=True)
class JoinedFeatures:
    """Feature columns in the order asked for, and the URNs of the snapshots that were read."""

    columns: tuple[pl.Series, ...]
    snapshots: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


class FeatureJoin:
    """Finds the features of example rows in the snapshots of a project's views."""

    def __init__(
        self, features: FeatureService, views: Mapping[str, FeatureView], moments: Mapping[str, MomentFeatures]
    ) -> None:
        self._features = features
        self._views = views
        self._moments = moments

    def view(self, name: str) -> FeatureView:
        """A view by name. Raises NotFoundError naming the nearest."""
        if name not in self._views:
            raise NotFoundError.among("feature view", name, [*self._views, *self._moments])
        return self._views[name]

    def join(
        self, examples: Examples, queries: pl.DataFrame, rows: pl.DataFrame, columns: Sequence[FeatureRef | str]
    ) -> JoinedFeatures:
        """Features of `rows`, float32, NaN where nothing was known at the row's moment.

        Args:
            examples: Names the entity, the moment and the answer column.
            queries: One row per query, in order of `_query` from 0.
            rows: `_query`, entity and candidate of each example row.
            columns: References, "view.column" names, or names of views that are taken whole; each counts once.

        Raises:
            NotFoundError: an unknown view or feature, or a view that was never materialised.
            DeclarationError: a view is about an entity that the examples do not have.
        """
        order, by_view = self._resolve(examples, queries, columns)
        position = rows[QUERY].to_numpy()
        made: dict[str, pl.Series] = {}
        for view, wanted in by_view.items():
            values = self._values(examples, queries, rows, position, view, wanted)
            for index, column in enumerate(wanted.columns):
                name = FeatureRef(view, column).name
                made[name] = pl.Series(name, np.ascontiguousarray(values[:, index]))
        choices = [wanted.choice for wanted in by_view.values() if wanted.choice is not None]
        urns = {snapshot.urn for choice in choices for snapshot in choice.used}
        return JoinedFeatures(tuple(made[name] for name in order), tuple(sorted(urns)))

    def _values(
        self,
        examples: Examples,
        queries: pl.DataFrame,
        rows: pl.DataFrame,
        position: npt.NDArray[np.uint32],
        view: str,
        wanted: _Wanted,
    ) -> Values:
        columns = list(wanted.columns)
        if wanted.choice is None:
            expressions = self._moments[view].expressions(examples.moment)
            made = [expressions[name].fill_null(float("nan")).alias(name) for name in columns]
            return queries.select(made).to_numpy()[position]
        choice = wanted.choice
        if set(choice.view.entity) <= set(examples.entity):
            return look_up(self._features, choice, queries, columns)[position]
        of_rows = SnapshotChoice(choice.view, choice.used, choice.as_of.gather(position))
        return look_up(self._features, of_rows, rows, columns)

    def _resolve(
        self, examples: Examples, queries: pl.DataFrame, columns: Sequence[FeatureRef | str]
    ) -> tuple[tuple[str, ...], dict[str, _Wanted]]:
        by_view: dict[str, _Wanted] = {}
        order: dict[str, None] = {}
        for asked in columns:
            view = asked.view if isinstance(asked, FeatureRef) else asked.partition(".")[0]
            if view not in by_view:
                by_view[view] = self._wanted(examples, queries, view)
            wanted = by_view[view]
            for column in wanted.known if asked == view else (_reference(asked).column,):
                if column not in wanted.known:
                    raise NotFoundError.among(f"feature of {view}", column, wanted.known)
                wanted.columns[column] = None
                order[FeatureRef(view, column).name] = None
        return tuple(order), by_view

    def _wanted(self, examples: Examples, queries: pl.DataFrame, name: str) -> _Wanted:
        if name in self._moments:
            return _Wanted(None, self._moments[name].columns)
        view = self.view(name)
        has = {*examples.entity, *(() if examples.answer is None else (examples.answer,))}
        if not set(view.entity) <= has:
            wants, knows = ", ".join(view.entity), ", ".join(sorted(has))
            message = f"feature view {name} is about {wants}, but examples {examples.name} know only {knows}"
            raise DeclarationError(message)
        choice = choose_snapshots(self._features, view, queries[examples.moment])
        snapshots = choice.used or self._features.snapshots(name)
        if not snapshots:
            message = f"feature view {name} was never materialised"
            raise NotFoundError(message, next_step="Materialise it as of the start of the window.")
        return _Wanted(choice, snapshots[-1].columns)


def _reference(asked: FeatureRef | str) -> FeatureRef:
    return asked if isinstance(asked, FeatureRef) else FeatureRef.parse(asked)
