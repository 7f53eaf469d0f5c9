"""A model that somebody else serves: how far its log was taken, how its monitors stand, how its answers went."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from steek.console.indicator_words import name_beside, unit_of
from steek.console.monitors_page import MonitorLine, monitor_lines_of
from steek.console.pictures import Picture, chart, lettered
from steek.console.services import Services
from steek.console.site import Site
from steek.console.stations import worst
from steek.console.words import ago
from steek.monitoring import WatchState, slice_words

_SHOWN_DAYS = 28
_PICTURES = 4
# Kinds of the ledger that are marked on charts: what others tell of the world this model lives in.
_MARKED = ("external.changed",)


@dataclass(frozen=True, slots=True)
class WatchedLine:
    """One watched model in a list; `health` is that of its worst monitor."""

    name: str
    owner: str
    health: str
    answers: int
    with_outcome: int
    last: str


@dataclass(frozen=True, slots=True)
class WatchedView:
    """One watched model; pictures are of the monitors about the model itself, whole before slices."""

    state: WatchState
    health: str
    last: str
    is_silent: bool
    monitors: tuple[MonitorLine, ...]
    pictures: tuple[Picture, ...]


def watched_lines(services: Services, *, now: datetime) -> tuple[WatchedLine, ...]:
    """Every watched model, in order of declaration."""
    return tuple(_line(services, name, now) for name in services.watching.models)


def watched_view(site: Site, name: str) -> WatchedView:
    """One watched model. Raises NotFoundError."""
    services = site.services
    now = services.clock.now()
    state = services.watching.state(name)
    subjects = _subjects(state)
    lines = tuple(line for subject in subjects for line in monitor_lines_of(services.monitoring, subject, now=now))
    since = now - timedelta(days=_SHOWN_DAYS)
    changes = lettered(services.ledger.events(kinds=_MARKED, since=since))
    about = [line for line in lines if line.state.subject == subjects[0]]
    series = [(line, services.monitoring.series(line.state.monitor, line.state.slice, since=since)) for line in about]
    measured = [(line, one) for line, one in series if sum(point.value is not None for point in one.points) > 1]
    pictures = tuple(
        chart(
            site.drawings,
            _title(line, name),
            one,
            unit=unit_of(line.state.indicator, line.state.unit),
            markers=changes,
        )
        for line, one in measured[:_PICTURES]
    )
    health = worst([line.state.state for line in lines])
    return WatchedView(state, health, _last(state, now), state.answers == 0, lines, pictures)


def _title(line: MonitorLine, model: str) -> str:
    slice = line.state.slice
    return name_beside(line.state.monitor, model) + ("" if slice is None else f", {slice_words(slice)}")


def _line(services: Services, name: str, now: datetime) -> WatchedLine:
    state = services.watching.state(name)
    subjects = _subjects(state)
    states = [one.state for one in services.monitoring.monitors_state() if one.subject in subjects]
    return WatchedLine(name, state.model.owner, worst(states), state.answers, state.with_outcome, _last(state, now))


def _subjects(state: WatchState) -> list[str]:
    declared = state.model
    datasets = [f"dataset:{name}" for name in (declared.predictions, declared.outcomes) if name]
    return [str(declared.urn), *datasets]


def _last(state: WatchState, now: datetime) -> str:
    return "no answer yet" if state.span is None else f"last answer {ago(state.span.end_at, now)}"
