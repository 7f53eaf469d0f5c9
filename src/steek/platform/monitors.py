"""Monitoring, built from all that its indicators read."""

from dataclasses import dataclass
from datetime import time

from steek.evaluation.store import EvaluationStore
from steek.monitoring import EvaluationOptions, Monitoring, OutsideSeries, Profiles, Sources
from steek.platform.parts import DataPart, FeaturesPart, Ground, ModelsPart, ServingPart


@dataclass(frozen=True, slots=True)
class MonitorsPart:
    """Monitors, and the series from outside that some of them watch."""

    monitoring: Monitoring
    series: OutsideSeries


def monitors_part(
    base: Ground, data: DataPart, features: FeaturesPart, models: ModelsPart, serving: ServingPart, profiles: Profiles
) -> MonitorsPart:
    """The service of monitors and that of fed series."""
    project, settings = base.project, base.settings
    sources = Sources(
        lake=base.lake_of("monitoring", "monitoring"),
        ingestion=data.ingestion,
        derivation=data.derivation,
        registry=models.registry,
        routes=serving.routes,
        evaluations=EvaluationStore(base.database),
        clock=base.clock,
        database=base.database,
        features=features.features,
        example_sets=features.example_sets,
        profiles=profiles,
        datasets=project.datasets,
        definitions=project.definitions,
    )
    day_starts_at = settings.day_starts_at
    assert isinstance(day_starts_at, time)
    options = EvaluationOptions(day_starts_at, settings.number("most_slices"), settings.number("catch_up_windows"))
    return MonitorsPart(
        Monitoring(sources, *base.state, project.monitors, options), OutsideSeries(*base.state, project.monitors)
    )
