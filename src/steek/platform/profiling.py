"""The part of profiles: what was looked like, of everything the project has."""

from collections.abc import Sequence
from dataclasses import dataclass

from steek.engines import Engine
from steek.governance import MAINTENANCE
from steek.kernel.errors import NotFoundError
from steek.kernel.windows import Window
from steek.models import Registry
from steek.monitoring import Profiles
from steek.monitoring.profiles.showing import ProfileView, view
from steek.monitoring.profiles.spans import parse_span, span_text
from steek.monitoring.profiles.subjects import ProjectSubjects
from steek.platform.parts import Ground
from steek.platform.record import Platform


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


def span(platform: Platform, text: str) -> Window:
    """The business days of the project that a text names; see `parse_span`."""
    return parse_span(text, platform.settings.day_starts_at)


def newest_span(platform: Platform, what: str) -> Window | None:
    """The newest window of something that has a profile; None without one."""
    windows = platform.profiles.windows(what)
    return windows[-1].window if windows else None


def profile_view(
    platform: Platform, what: str, days: str | None, *, slice: str | None = None, columns: Sequence[str] | None = None
) -> ProfileView:
    """A profile in plain numbers, by default that of the newest window.

    Raises:
        NotFoundError: there is no such thing, or nothing of it was profiled.
        InputError: `days` is no stretch of time.
    """
    window = newest_span(platform, what) if days is None else span(platform, days)
    found = None if window is None else platform.profiles.read(what, window, slice)
    if found is None:
        told = f" of {slice}" if slice else ""
        message = f"nothing{told} was profiled of {what}{'' if window is None else f' in {span_text(window)}'}"
        raise NotFoundError(message, next_step=f"'steek profile catch-up {what}', then 'steek profile list'.")
    return view(found, columns)
