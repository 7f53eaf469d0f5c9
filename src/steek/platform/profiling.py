"""The part of profiles: what was looked like, of everything the project has."""

from dataclasses import dataclass

from steek.engines import Engine
from steek.governance import MAINTENANCE
from steek.models import Registry
from steek.monitoring import Profiles
from steek.monitoring.profiles.subjects import ProjectSubjects
from steek.platform.parts import Ground


@dataclass(frozen=True, slots=True)
class ProfilingPart:
    """Profiles."""

    profiles: Profiles


def profiling_part(base: Ground, registry: Registry, engine: Engine) -> ProfilingPart:
    """Profiles of the project. They read as keepers do, because they count the nulls of what is closed to others;
    of personal columns they look at nothing else.
    """
    project = base.project
    subjects = ProjectSubjects(
        datasets=project.datasets,
        views=project.views,
        models=[*project.definitions, *project.watched],
        registry=registry,
        facts=base.access.facts,
        profiled=project.profiled,
        day_starts_at=base.settings.day_starts_at,
    )
    lake = base.lake_of("profiling", MAINTENANCE)
    return ProfilingPart(Profiles(lake, *base.state, engine, subjects))
