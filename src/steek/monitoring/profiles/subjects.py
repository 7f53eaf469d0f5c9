"""What a project has that can be profiled: datasets, feature views, and what its models were asked and answered."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import time

import polars as pl

from steek.data import AnyDataset
from steek.features import FeatureView
from steek.governance.access.facts import FactsOf
from steek.kernel.errors import NotFoundError
from steek.models import Registry
from steek.monitoring.profiles.spec import LENGTHS, Profiled, ProfileSpec
from steek.serving import PREDICTIONS

FEATURES, ANSWERS, INPUTS = "features.", "predictions.", "inputs."
_AT, _VERSION = "at", "version"
_OF_ANSWERS = ("score_mean", "score_sum", "candidates", "latency_ms", "route", "fallback")
_MOST_MODELS = 10_000


class ProjectSubjects:
    """See `Subjects`.

    Args:
        datasets: Declared datasets by name.
        views: Declared feature views by name.
        models: Names of the models, also of those that others serve.
        registry: Trained models: the names of the features that each was served.
        facts: Which columns of a table are personal.
        profiled: Declarations by name; whatever is not declared has the defaults.
        day_starts_at: When business days begin, UTC.
    """

    def __init__(
        self,
        *,
        datasets: Mapping[str, AnyDataset],
        views: Mapping[str, FeatureView],
        models: Sequence[str],
        registry: Registry,
        facts: FactsOf,
        profiled: Mapping[str, Profiled],
        day_starts_at: time,
    ) -> None:
        self._datasets = datasets
        self._views = views
        self._models = models
        self._registry = registry
        self._facts = facts
        self._profiled = profiled
        self._day_starts_at = day_starts_at

    def names(self) -> list[str]:
        features = [f"{FEATURES}{name}" for name in self._views]
        return [*self._datasets, *features, *(f"{kind}{name}" for name in self._models for kind in (INPUTS, ANSWERS))]

    def spec(self, what: str) -> ProfileSpec:
        if what in self._datasets:
            found = self._of_dataset(self._datasets[what])
        elif what.startswith(FEATURES) and what.removeprefix(FEATURES) in self._views:
            found = ProfileSpec(what, what, "as_of", bare=self._personal(what))
        elif what.startswith(ANSWERS) and what.removeprefix(ANSWERS) in self._models:
            found = ProfileSpec(what, PREDICTIONS, _AT, by=(_VERSION,))
        elif what.startswith(INPUTS) and what.removeprefix(INPUTS) in self._models:
            found = ProfileSpec(what, PREDICTIONS, _AT, by=(_VERSION,), bare=self._personal_inputs(what))
        else:
            raise NotFoundError.among("profile", what, self.names())
        return self._declared(replace(found, starts_at=self._day_starts_at))

    def rows(self, what: str, table: pl.LazyFrame) -> pl.LazyFrame:
        if what.startswith(ANSWERS):
            answered = table.filter(pl.col("model") == what.removeprefix(ANSWERS))
            best = pl.col("scores").list.first().alias("score")
            return answered.select(_AT, _VERSION, best, *_OF_ANSWERS)
        if what.startswith(INPUTS):
            asked = table.filter(pl.col("model") == what.removeprefix(INPUTS))
            return asked.select(_AT, _VERSION, *self._inputs(what.removeprefix(INPUTS)))
        return table

    def _declared(self, spec: ProfileSpec) -> ProfileSpec:
        declared = self._profiled.get(spec.what)
        if declared is None:
            return spec
        return replace(
            spec,
            by=spec.by if declared.by is None else declared.by,
            length=LENGTHS[declared.window],
            columns=declared.columns,
            most_slices=declared.most_slices,
        )

    def _of_dataset(self, dataset: AnyDataset) -> ProfileSpec:
        return ProfileSpec(
            dataset.name,
            dataset.name,
            dataset.event_time if dataset.mode == "append" else None,
            by=tuple(dataset.volume_by),
            bare=self._personal(dataset.name),
            whole=dataset.mode == "replace",
        )

    def _personal(self, table: str) -> frozenset[str]:
        facts = self._facts(table)
        return frozenset(name for name, column in facts.columns.items() if column.is_personal)

    def _personal_inputs(self, what: str) -> frozenset[str]:
        """Features that are personal where they are made; those of the moment are nobody's."""
        names = {name for order in self._orders(what.removeprefix(INPUTS)).values() for name in order}
        return frozenset(name for name in names if self._is_personal(name))

    def _is_personal(self, feature: str) -> bool:
        view, _, column = feature.partition(".")
        return view in self._views and self._facts(f"{FEATURES}{view}").of(column).is_personal

    def _inputs(self, model: str) -> list[pl.Expr]:
        """One column a feature, found where the version that answered has it."""
        orders = self._orders(model)
        names = dict.fromkeys(name for order in orders.values() for name in order)
        columns: list[pl.Expr] = []
        for name in names:
            at = {version: order.index(name) for version, order in orders.items() if name in order}
            place = pl.col(_VERSION).replace_strict(list(at), list(at.values()), default=None, return_dtype=pl.Int64)
            columns.append(pl.col("features").list.get(place, null_on_oob=True).alias(name))
        return columns

    def _orders(self, model: str) -> dict[int, tuple[str, ...]]:
        """Version to the names of its features, in the order in which they were served."""
        return {one.version: tuple(one.feature_names) for one in self._registry.list(model, _MOST_MODELS)}
