"""The indicator explorer: every monitor, how it stands and how it itself is doing; and the page of one."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup

from steek.charts import Point
from steek.console.back_test_parts import Tested, tested
from steek.console.changes_about import changes_about
from steek.console.drawings import Drawings
from steek.console.indicator_words import basis_words, series_name, unit_of, value_words, well_words
from steek.console.pictures import Picture, chart, lettered, spark
from steek.console.services import Services
from steek.console.stations import worst
from steek.kernel.urn import Urn
from steek.monitoring import Alert, Explored, MonitorFilter, MonitorHealth, Monitoring, MonitorState, Series

_SHOWN_DAYS = 28
_HEALTHS = ("broken", "watch", "undecided", "well")
_FILTERS = ("model", "purpose", "state", "owner")
_STATES = (*_HEALTHS, "stalled")


@dataclass(frozen=True, slots=True)
class MonitorLine:
    """One monitor in the list: how it stands, and how it itself is doing."""

    state: MonitorState
    health: MonitorHealth
    said: str
    well: str
    basis: str
    spark: Markup


@dataclass(frozen=True, slots=True)
class Choice:
    """One filter: its values that there are, and the one that is chosen; "" for all."""

    name: str
    values: tuple[str, ...]
    chosen: str


@dataclass(frozen=True, slots=True)
class ExplorerView:
    """All indicators that fit the filters, the worst first. `stalled` monitors would not notice anything, of all."""

    lines: tuple[MonitorLine, ...]
    total: int
    choices: tuple[Choice, ...]
    stalled: tuple[MonitorHealth, ...]
    series: tuple[tuple[str, datetime | None], ...]

    @property
    def is_filtered(self) -> bool:
        return any(choice.chosen for choice in self.choices)


@dataclass(frozen=True, slots=True)
class MonitorView:
    """One monitor; `slices` are those that can be asked for, None the whole."""

    state: MonitorState
    health: MonitorHealth
    said: str
    well: str
    basis: str
    slice: str | None
    slices: tuple[str | None, ...]
    picture: Picture
    alerts: tuple[Alert, ...]
    tested: Tested


def explorer_view(services: Services, asked: Mapping[str, str | None]) -> ExplorerView:
    """The indicator explorer.

    Args:
        services: Of the project.
        asked: Filters by name: model, purpose, state, owner; None for all.
    """
    monitoring, now = services.monitoring, services.clock.now()
    which = MonitorFilter(*(asked.get(name) for name in _FILTERS))
    found = monitoring.explore(which, since=now - timedelta(days=_SHOWN_DAYS))
    lines = sorted((_line(monitoring, one) for one in found), key=_place)
    health = monitoring.health()
    return ExplorerView(
        lines=tuple(lines),
        total=len(health),
        choices=_choices(services, asked),
        stalled=tuple(one for one in health if one.is_stalled),
        series=tuple(services.series.latest().items()),
    )


def monitor_lines_of(monitoring: Monitoring, subject: str, *, now: datetime) -> tuple[MonitorLine, ...]:
    """Monitors about one URN, in order of declaration."""
    since = now - timedelta(days=_SHOWN_DAYS)
    found = monitoring.explore(MonitorFilter(model=Urn.parse(subject).name), since=since)
    return tuple(_line(monitoring, one) for one in found if one.state.subject == subject)


def lines_among(monitoring: Monitoring, names: Collection[str], *, now: datetime) -> tuple[MonitorLine, ...]:
    """These monitors, by name."""
    found = monitoring.explore(since=now - timedelta(days=_SHOWN_DAYS))
    return tuple(_line(monitoring, one) for one in found if one.state.monitor in names)


def _choices(services: Services, asked: Mapping[str, str | None]) -> tuple[Choice, ...]:
    monitors = services.monitoring.monitors.values()
    values: Mapping[str, Iterable[str]] = {
        "model": {*services.project.definitions, *services.project.watched, *services.project.datasets},
        "purpose": {monitor.purpose for monitor in monitors},
        "state": _STATES,
        "owner": {monitor.owner for monitor in monitors},
    }
    return tuple(
        Choice(name, tuple(values[name] if name == "state" else sorted(values[name])), asked.get(name) or "")
        for name in _FILTERS
    )


def _place(line: MonitorLine) -> tuple[int, bool, str]:
    return _HEALTHS.index(worst([line.state.state])), not line.health.is_stalled, line.state.monitor


def _line(monitoring: Monitoring, one: Explored) -> MonitorLine:
    state = one.state
    series = Series(state.monitor, state.slice, one.points, state.lower, state.upper, state.unit, state.threshold)
    return MonitorLine(
        state,
        one.health,
        value_words(state.indicator, state.value, state.unit),
        well_words(state),
        basis_words(monitoring.monitors[state.monitor], state),
        spark(series, state.state, state.monitor),
    )


def monitor_view(services: Services, drawings: Drawings, name: str, slice: str | None, *, now: datetime) -> MonitorView:
    """One monitor and one of its slices; without a slice the one its state is about. What changed is marked.

    Raises:
        NotFoundError: no monitor by that name.
    """
    monitoring, since = services.monitoring, now - timedelta(days=_SHOWN_DAYS)
    slices = tuple(monitoring.slices(name))
    state = next(state for state in monitoring.monitors_state() if state.monitor == name)
    health = next(one for one in monitoring.health() if one.monitor == name)
    chosen = slice if slice is not None else state.slice
    series = monitoring.series(name, chosen, since=since)
    alerts = tuple(alert for alert in monitoring.alerts() if alert.monitor == name)[:20]
    relevant = next((alert for alert in alerts if alert.slice == chosen), None)
    onset = (relevant.onset.start_at, relevant.onset.end_at) if relevant is not None else (None, None)
    unit = unit_of(state.indicator, state.unit)
    first = tuple(Point(one.window.end_at, one.value, None) for one in alerts if one.slice == chosen)
    markers = lettered(changes_about(services, state.subject, since=since, until=now))
    shown: dict[str, Any] = {"onset": onset, "markers": markers, "replaced": first, "is_main": True}
    picture = chart(drawings, series_name(name, chosen), series, unit=unit, **shown)
    said = value_words(state.indicator, state.value, state.unit)
    basis, rule = basis_words(monitoring.monitors[name], state), tested(monitoring, name)
    return MonitorView(state, health, said, well_words(state), basis, chosen, slices, picture, alerts, rule)
