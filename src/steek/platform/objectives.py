"""The part of objectives: promises about what the rooms below do."""

from dataclasses import dataclass

from steek.data import Compliance, Derivation
from steek.monitoring import Objectives, Readings
from steek.platform.parts import Ground


@dataclass(frozen=True, slots=True)
class ObjectivesPart:
    """Objectives and their budgets."""

    objectives: Objectives


def objectives_part(base: Ground, derivation: Derivation, compliance: Compliance) -> ObjectivesPart:
    """Objectives of the project, with where their events are counted."""
    readings = Readings(
        lake=base.lake_of("monitoring", "monitoring"),
        derivation=derivation,
        database=base.database,
        rules=compliance.report,
    )
    project = base.project
    return ObjectivesPart(Objectives(readings, *base.state, project.objectives, project.monitors))
