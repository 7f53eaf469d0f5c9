"""What a project declares, as far as it defends: the things by name, and who depends on which data."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from steek.data import AnyDataset, DerivedDataset, Labels
from steek.features import FeatureView
from steek.governance import Policy, Role
from steek.models import ModelDefinition
from steek.monitoring import Monitor, Objective, Profiled, WatchedModel


def _nothing() -> dict[str, object]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """Declarations by name, as a project has them, and the settings that defend."""

    datasets: Mapping[str, AnyDataset]
    views: Mapping[str, FeatureView]
    definitions: Mapping[str, ModelDefinition]
    watched: Mapping[str, WatchedModel]
    monitors: Mapping[str, Monitor]
    objectives: Mapping[str, Objective]
    profiled: Mapping[str, Profiled]
    labels: Mapping[str, Labels]
    roles: Mapping[str, Role]
    policies: tuple[Policy, ...]
    settings: Mapping[str, object] = field(default_factory=_nothing)

    @property
    def models(self) -> tuple[str, ...]:
        """Names of all models, those that are served elsewhere last."""
        return (*self.definitions, *self.watched)

    def datasets_of(self, model: str) -> frozenset[str]:
        """Names of all datasets upstream of a model, down to what arrives from outside."""
        watched = self.watched.get(model)
        if watched is not None:
            named = {watched.predictions, *([watched.outcomes] if watched.outcomes else [])}
            return frozenset(named & self.datasets.keys())
        definition = self.definitions.get(model)
        if definition is None:
            return frozenset()
        waiting = set(definition.examples.inputs)
        for view in self.views_of(definition):
            waiting |= set(self.views[view].inputs)
        return self._upstream(waiting)

    def views_of(self, definition: ModelDefinition) -> frozenset[str]:
        """Names of the feature views a model reads."""
        named = {choice if isinstance(choice, str) else choice.view for choice in definition.columns()}
        if definition.candidates is not None:
            named.add(definition.candidates.name)
        return frozenset(named & self.views.keys())

    def readers_of(self, dataset: str) -> frozenset[str]:
        """Names of the models that depend on a dataset."""
        return frozenset(model for model in self.models if dataset in self.datasets_of(model))

    def _upstream(self, waiting: set[str]) -> frozenset[str]:
        found: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name in found or name not in self.datasets:
                continue
            found.add(name)
            dataset = self.datasets[name]
            if isinstance(dataset, DerivedDataset):
                waiting |= set(dataset.inputs)
        return frozenset(found)
