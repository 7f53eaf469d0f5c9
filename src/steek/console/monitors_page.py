"""Monitors: how each stands, and the page of one with its chart, slices and alerts."""

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
from steek.monitoring import Alert, Monitoring, MonitorState

_SHOWN_DAYS = 28
_HEALTHS = ("broken", "watch", "undecided", "well")


@dataclass(frozen=True, slots=True)
class MonitorLine:
    """One monitor in the list."""

    state: MonitorState
    said: str
    well: str
    basis: str
    spark: Markup


@dataclass(frozen=True, slots=True)
class MonitorView:
    """One monitor; `slices` are those that can be asked for, None the whole."""

    state: MonitorState
    said: str
    well: str
    basis: str
    slice: str | None
    slices: tuple[str | None, ...]
    picture: Picture
    alerts: tuple[Alert, ...]
    tested: Tested


def monitor_lines(monitoring: Monitoring, *, now: datetime) -> tuple[MonitorLine, ...]:
    """All monitors, the worst first."""
    ordered = sorted(
        monitoring.monitors_state(), key=lambda state: (_HEALTHS.index(worst([state.state])), state.monitor)
    )
    return tuple(_line(monitoring, state, now) for state in ordered)


def monitor_lines_of(monitoring: Monitoring, subject: str, *, now: datetime) -> tuple[MonitorLine, ...]:
    """Monitors about one URN, in order of declaration."""
    return tuple(_line(monitoring, state, now) for state in monitoring.monitors_state() if state.subject == subject)


def _line(monitoring: Monitoring, state: MonitorState, now: datetime) -> MonitorLine:
    since = now - timedelta(days=_SHOWN_DAYS)
    return MonitorLine(
        state,
        value_words(state.indicator, state.value, state.unit),
        well_words(state),
        basis_words(monitoring.monitors[state.monitor], state),
        spark(monitoring.series(state.monitor, state.slice, since=since), state.state, state.monitor),
    )


def monitor_view(services: Services, drawings: Drawings, name: str, slice: str | None, *, now: datetime) -> MonitorView:
    """One monitor and one of its slices; without a slice the one its state is about. What changed is marked.

    Raises:
        NotFoundError: no monitor by that name.
    """
    monitoring, since = services.monitoring, now - timedelta(days=_SHOWN_DAYS)
    slices = tuple(monitoring.slices(name))
    state = next(state for state in monitoring.monitors_state() if state.monitor == name)
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
    return MonitorView(state, said, well_words(state), basis, chosen, slices, picture, alerts, rule)
