"""The overview: the loop as a table, one model a line, so that one look says where the thread is broken."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from steek.console.changes_list import notable
from steek.console.event_words import EventLine
from steek.console.freshness import FreshLine, fresh_line
from steek.console.reach import datasets_of, monitors_of, views_of
from steek.console.services import Services
from steek.console.stations import (
    STATIONS,
    Station,
    ViewAge,
    features_station,
    gate_station,
    monitored,
    serving_station,
    training_station,
    unwatched,
)
from steek.console.watched_page import WatchedLine, watched_lines
from steek.console.words import interval_words, short_time
from steek.incidents import Incident, Role
from steek.incidents.next_action import TRIED_KINDS, NextAction, next_action, tried
from steek.ledger import Event, Ledger
from steek.models import ModelDefinition, TrainedModel
from steek.monitoring import Monitoring, MonitorState
from steek.serving import Route

_CHANGES_SHOWN = 8
_SNAPSHOTS_SHOWN = 28


@dataclass(frozen=True, slots=True)
class ModelLine:
    """One model of the loop."""

    name: str
    detail: str
    stations: tuple[Station, ...]


@dataclass(frozen=True, slots=True)
class Banner:
    """An open incident at the top of the page."""

    id: str
    title: str
    severity: str
    state: str
    since: str
    commander: str
    next_action: str


@dataclass(frozen=True, slots=True)
class OverviewView:
    """All of the overview."""

    facts: str
    stations: tuple[str, ...]
    lines: tuple[ModelLine, ...]
    watched: tuple[WatchedLine, ...]
    banners: tuple[Banner, ...]
    waiting: str
    changes: tuple[EventLine, ...]
    fresh: tuple[FreshLine, ...]


def overview_view(services: Services) -> OverviewView:
    """The overview as of the clock of the project."""
    now = services.clock.now()
    states = {state.monitor: state for state in services.monitoring.monitors_state()}
    routes = services.routes.all()
    definitions = services.project.definitions
    lines = tuple(_line(services, definition, states, routes, now) for definition in definitions.values())
    firing = sum(1 for state in states.values() if state.state == "broken")
    watched = f"{len(states)} monitors, {firing} broken"
    return OverviewView(
        facts=" · ".join((f"{len(definitions)} models", watched, *_last_night(services.ledger, now))),
        stations=STATIONS,
        lines=lines,
        watched=watched_lines(services, now=now),
        banners=banners(services, now),
        waiting=_waiting(services, now),
        changes=notable(services.ledger, _CHANGES_SHOWN),
        fresh=tuple(
            fresh_line(definition, _serving(services, routes, definition.name), now)
            for definition in definitions.values()
        ),
    )


def _waiting(services: Services, now: datetime) -> str:
    """What waits in the inbox of alerts, in a few words; "" when nothing does."""
    groups = [line for line in services.alert_inbox.inbox("open") if line.firing > line.silenced]
    if not groups:
        return ""
    first = min(line.head.opened_at for line in groups)
    count = f"{len(groups)} group{'' if len(groups) == 1 else 's'} of alerts"
    return f"{count} wait{'s' if len(groups) == 1 else ''} for somebody, the first since {short_time(first, now)}"


def _line(
    services: Services,
    definition: ModelDefinition,
    states: Mapping[str, MonitorState],
    routes: Mapping[str, Route],
    now: datetime,
) -> ModelLine:
    name, project, monitoring = definition.name, services.project, services.monitoring
    page = f"/models/{name}"
    watching = monitors_of(name, datasets_of(definition, project.views, project.datasets), project.monitors)
    told = {
        station: monitored(station, name, watching, states, monitoring, now=now, href=f"{page}#{station}")
        for station in STATIONS
        if station != "features"
    }
    views = views_of(definition, project.views)
    ages = [_view_age(services, view) for view in views]
    latest = services.registry.latest(name)
    route = routes.get(name, Route(name))
    stations = (
        told["data"] or unwatched("data", f"{page}#data"),
        features_station(ages, now=now, href=f"{page}#features"),
        told["training"] or training_station(definition, latest, now=now, href=f"{page}#versions"),
        gate_station(latest_gate(services.ledger, name), told["gate"], now=now, href=f"{page}#gate"),
        serving_station(route, told["serving"], href=f"{page}#route"),
        told["outcome"] or unwatched("outcome", f"{page}#outcome"),
    )
    members = f" · {latest.members} members" if latest is not None and latest.members is not None else ""
    return ModelLine(name, f"{definition.owner}{members}", stations)


def _view_age(services: Services, view: str) -> ViewAge:
    taken = sorted(services.features.snapshots(view), key=lambda snapshot: snapshot.as_of)[-_SNAPSHOTS_SHOWN:]
    sizes = tuple(snapshot.rows for snapshot in taken)
    return ViewAge(view, taken[-1].as_of if taken else None, services.project.views[view].time_to_live, sizes)


def latest_gate(ledger: Ledger, model: str) -> Event | None:
    """The gate's latest word on any version of a model."""
    kinds = ("gate.decided", "gate.overridden")
    found = ledger.events(kinds=kinds, subject_prefix=f"trained:{model}@", newest_first=True, limit=1)
    return found[0] if found else None


def banners(services: Services, now: datetime) -> tuple[Banner, ...]:
    """Open incidents, worst first."""
    found = services.incidents.list(open_only=True)
    worst_first = sorted(found, key=lambda incident: (incident.severity, incident.declared_at))
    return tuple(_banner(incident, services, now) for incident in worst_first)


def next_step(incident: Incident, ledger: Ledger, monitoring: Monitoring) -> NextAction:
    """The next action of an incident by its own events and the alerts that are open on its subject."""
    known = tried(ledger.events(kinds=TRIED_KINDS, subject=incident.urn))
    open_alerts = [alert for alert in monitoring.alerts() if alert.state != "resolved"]
    not_back = [alert.monitor for alert in open_alerts if alert.subject == incident.subject]
    return next_action(incident, tried=known, not_back=not_back)


def _banner(incident: Incident, services: Services, now: datetime) -> Banner:
    declared = services.ledger.events(kinds=("incident.declared",), subject=incident.urn, limit=1)
    since = _onset_words(declared[0].payload.get("onset"), now) if declared else ""
    return Banner(
        id=incident.id,
        title=incident.title,
        severity=f"sev {incident.severity.removeprefix('sev')}",
        state=incident.state,
        since=since or interval_words(incident.declared_at, None, now),
        commander=incident.roles.get(Role.COMMANDER, ""),
        next_action=next_step(incident, services.ledger, services.monitoring).title,
    )


def _onset_words(onset: object, now: datetime) -> str:
    if not isinstance(onset, list):
        return ""
    ends = [datetime.fromisoformat(end) if isinstance(end, str) else None for end in cast("list[object]", onset)]
    return interval_words(ends[0], ends[-1], now)


def _last_night(ledger: Ledger, now: datetime) -> list[str]:
    """How the newest night stands; nothing before the first."""
    newest = ledger.events(kinds=("night.started", "night.finished"), newest_first=True, limit=1)
    if not newest:
        return []
    event, night = newest[0], newest[0].subject.removeprefix("night:")
    if event.kind == "night.started":
        return [f"night {night} runs since {short_time(event.at, now)}"]
    return [f"night {night} finished {short_time(event.at, now)}"]


def _serving(services: Services, routes: Mapping[str, Route], model: str) -> TrainedModel | None:
    primary = routes[model].primary if model in routes else None
    return None if primary is None else services.registry.get(model, primary)
