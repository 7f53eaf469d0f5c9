"""Which trained models had rows of a person before them when they were trained."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from steek.data.erasure.ports import Exposure, Learned
from steek.ledger import Lineage
from steek.models.definition import ModelDefinition
from steek.models.registry import Registry
from steek.models.trained import TrainedModel

# Examples and features, what both were derived from, and what that was derived from.
_STEPS = 4
_ALL = 1_000_000
_HOUR = timedelta(hours=1)


class LearnedFrom:
    """Tells it from the lineage of each trained model and the window of event time that it learned from.

    Args:
        registry: Trained models.
        lineage: What each was made from.
        definitions: Declared definitions by name, for whether a model takes a sample.
    """

    def __init__(
        self,
        registry: Registry,
        lineage: Lineage,
        definitions: Mapping[str, ModelDefinition],
    ) -> None:
        self._registry = registry
        self._lineage = lineage
        self._definitions = definitions

    def __call__(self, exposures: Sequence[Exposure]) -> list[Learned]:
        """Models in order of name and version, once per person.

        "learned": its examples read a dataset that held rows of the person with event time inside its window, and it
        took all of them. "may have": it took a sample, or only what its features were computed from held rows
        before the window's end. Models whose lineage does not meet the datasets are left out.
        """
        if not exposures:
            return []
        trained = [model for name in self._registry.names() for model in self._registry.list(name, limit=_ALL)]
        found: list[Learned] = []
        for model in sorted(trained, key=lambda each: (each.name, each.version)):
            found += self._by(model, exposures)
        return found

    def _by(self, model: TrainedModel, exposures: Sequence[Exposure]) -> list[Learned]:
        direct = {_dataset(urn) for urn in model.inputs}
        near = [each for each in exposures if not each.hours or each.hours[0] < model.window.end_at]
        if not near:
            return []
        walked = self._lineage.upstream(model.urn, max_distance=_STEPS).distance
        upstream = {_dataset(urn) for urn in walked} | direct
        told: dict[str, Learned] = {}
        for each in near:
            if each.dataset not in upstream:
                continue
            surely = each.dataset in direct and _inside(model, each) and not self._samples(model.name)
            known = told.get(each.digest)
            if known is None or (surely and known.certainty != "learned"):
                certainty = "learned" if surely else "may have"
                told[each.digest] = Learned(each.digest, model.urn, certainty, f"{each.rows} rows in {each.dataset}")
        return list(told.values())

    def _samples(self, name: str) -> bool:
        definition = self._definitions.get(name)
        return definition is None or definition.sample_fraction < 1


def _inside(model: TrainedModel, exposure: Exposure) -> bool:
    """Whether an event of the person happened inside the window, to the hour."""
    start_at, end_at = model.window.start_at - _HOUR, model.window.end_at
    return any(start_at < hour < end_at for hour in exposure.hours)


def _dataset(urn: str) -> str:
    return urn.removeprefix("dataset:").partition("@")[0] if urn.startswith("dataset:") else ""
