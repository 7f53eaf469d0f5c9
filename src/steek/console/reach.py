"""Which declared things feed a model: read from the declarations, so it is known before anything has run."""

from collections.abc import Mapping

from steek.data import Dataset, DerivedDataset
from steek.features import FeatureView
from steek.models import ModelDefinition
from steek.monitoring import Monitor


def views_of(definition: ModelDefinition, views: Mapping[str, FeatureView]) -> tuple[str, ...]:
    """Names of the feature views a model reads, sorted; features of the moment alone are none of them."""
    named = {choice if isinstance(choice, str) else choice.view for choice in definition.columns()}
    if definition.candidates is not None:
        named.add(definition.candidates.name)
    return tuple(sorted(named & views.keys()))


def datasets_of(
    definition: ModelDefinition,
    views: Mapping[str, FeatureView],
    datasets: Mapping[str, Dataset | DerivedDataset],
) -> frozenset[str]:
    """Names of all datasets upstream of a model, through its views and examples down to what arrives from outside."""
    waiting = set(definition.examples.inputs)
    for view in views_of(definition, views):
        waiting |= set(views[view].inputs)
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in found or name not in datasets:
            continue
        found.add(name)
        dataset = datasets[name]
        if isinstance(dataset, DerivedDataset):
            waiting |= set(dataset.inputs)
    return frozenset(found)


def monitors_of(model: str, datasets: frozenset[str], monitors: Mapping[str, Monitor]) -> tuple[Monitor, ...]:
    """Monitors about a model or about a dataset that feeds it, in order of declaration."""
    return tuple(
        monitor
        for monitor in monitors.values()
        if monitor.subject == f"model:{model}"
        or (monitor.indicator.target.kind == "dataset" and monitor.indicator.target.name in datasets)
    )
