"""The page of a model: what serves, how well, compared with what, and how it came to be."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from steek.charts import Marker
from steek.console.changes_near import changes_near
from steek.console.comparison_parts import ComparisonTable, comparison_tables
from steek.console.drawings import Drawings
from steek.console.evaluation_parts import CalibrationPlot, EvaluationTable, calibration_plot, evaluation_tables
from steek.console.freshness import objective_words, stale_at
from steek.console.gate_parts import GateView, gate_view, verdicts
from steek.console.indicator_words import basis_words, name_beside, unit_of, value_words, well_words
from steek.console.lineage_page import Side, upstream_side
from steek.console.live_quality import LiveQuality, live_quality
from steek.console.pictures import Picture, chart, lettered
from steek.console.reach import datasets_of, monitors_of, views_of
from steek.console.services import Services
from steek.console.stations import worst
from steek.kernel.errors import NotFoundError
from steek.kernel.units import format_duration
from steek.kernel.urn import Urn
from steek.models import ModelCard, ModelDefinition, TrainedModel, model_card
from steek.monitoring import Monitor, MonitorState, slice_words
from steek.serving import Route, RouteChange

_CHART_DAYS = 28
_MOST_CHARTS = 12
_VERSIONS_SHOWN = 15
_HISTORY_SHOWN = 6
_LINEAGE_DISTANCE = 4


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One trained model; `role` is primary, candidate or "", `verdict` the gate's, "" when it has not spoken."""

    trained: TrainedModel
    role: str
    verdict: str


@dataclass(frozen=True, slots=True)
class LiveChart:
    """A monitored series with how it stands: `said` is its value, `well` what it is compared with, `basis` why that."""

    monitor: Monitor
    state: MonitorState
    said: str
    well: str
    basis: str
    picture: Picture


@dataclass(frozen=True, slots=True)
class ModelView:
    """All of the page; what does not exist yet is None or empty. `health` is the worst of what watches it."""

    health: str
    definition: ModelDefinition
    card: ModelCard
    latest: TrainedModel | None
    serving: TrainedModel | None
    route: Route
    history: tuple[RouteChange, ...]
    versions: tuple[VersionLine, ...]
    charts: tuple[LiveChart, ...]
    charts_left_out: int
    markers: tuple[Marker, ...]
    live: LiveQuality | None
    comparisons: tuple[ComparisonTable, ...]
    evaluations: tuple[EvaluationTable, ...]
    calibration: CalibrationPlot | None
    gate: GateView | None
    lineage: Side | None
    objective: str
    wait: str
    stale_at: datetime | None
    form_key: str


def model_view(services: Services, drawings: Drawings, name: str, *, form_key: str) -> ModelView:
    """The page of one declared model.

    Raises:
        NotFoundError: no definition by that name.
    """
    definitions = services.project.definitions
    if name not in definitions:
        raise NotFoundError.among("model", name, definitions)
    definition, now = definitions[name], services.clock.now()
    trained = services.registry.list(name, limit=_VERSIONS_SHOWN)
    latest = trained[0] if trained else None
    route = services.routes.get(name)
    serving = None if route.primary is None else services.registry.get(name, route.primary)
    shown = serving or latest
    charts, markers, left_out = _charts(services, drawings, definition, now)
    version = None if latest is None else latest.version
    fresh_until = None if serving is None else stale_at(definition, serving)
    missed = fresh_until is not None and fresh_until < now
    return ModelView(
        health=worst([*(live.state.state for live in charts), "broken" if missed else "well"]),
        definition=definition,
        card=model_card(definition, shown),
        latest=latest,
        serving=serving,
        route=route,
        history=tuple(services.routes.history(name, limit=_HISTORY_SHOWN)),
        versions=_versions(services, trained, route),
        charts=charts,
        charts_left_out=left_out,
        markers=markers,
        live=live_quality(services.lake, definition, since=now - timedelta(days=_CHART_DAYS)),
        comparisons=comparison_tables(services.evaluator.comparisons(name, version)) if version else (),
        evaluations=evaluation_tables(services.evaluator.evaluations(name, version)) if version else (),
        calibration=calibration_plot(drawings, services.evaluator.calibration(name, version)) if version else None,
        gate=gate_view(services.ledger, latest) if latest else None,
        lineage=upstream_side(services.lineage, shown.urn, max_distance=_LINEAGE_DISTANCE) if shown else None,
        objective=objective_words(definition),
        wait=format_duration(definition.examples.label_window) if definition.examples.label_window else "",
        stale_at=fresh_until,
        form_key=form_key,
    )


def _versions(services: Services, trained: list[TrainedModel], route: Route) -> tuple[VersionLine, ...]:
    spoken = verdicts(services.ledger, route.model)
    roles = {route.candidate: "candidate", route.primary: "primary"}
    return tuple(VersionLine(one, roles.get(one.version, ""), spoken.get(one.urn, "")) for one in trained)


def _charts(
    services: Services, drawings: Drawings, definition: ModelDefinition, now: datetime
) -> tuple[tuple[LiveChart, ...], tuple[Marker, ...], int]:
    project = services.project
    datasets = datasets_of(definition, project.views, project.datasets)
    watching = monitors_of(definition.name, datasets, project.monitors)
    states = {state.monitor: state for state in services.monitoring.monitors_state()}
    since = now - timedelta(days=_CHART_DAYS)
    events = changes_near(
        services.ledger,
        definition.name,
        datasets=datasets,
        views=views_of(definition, project.views),
        since=since,
        until=now + timedelta(seconds=1),
    )
    markers = lettered(events)
    own_first = sorted(watching, key=lambda monitor: monitor.subject != f"model:{definition.name}")
    live = [_live(services, drawings, one, states[one.name], markers, since) for one in own_first[:_MOST_CHARTS]]
    shown = {mark for one in live for mark in one.picture.markers}
    return tuple(live), tuple(mark for mark in markers if mark in shown), max(len(own_first) - _MOST_CHARTS, 0)


def _live(
    services: Services,
    drawings: Drawings,
    monitor: Monitor,
    state: MonitorState,
    markers: tuple[Marker, ...],
    since: datetime,
) -> LiveChart:
    series = services.monitoring.series(monitor.name, state.slice, since=since)
    where = "" if state.slice is None else f", {slice_words(state.slice)}"
    title = name_beside(monitor.name, Urn.parse(monitor.subject).name) + where
    unit = unit_of(state.indicator, state.unit)
    picture = chart(drawings, title, series, unit=unit, markers=markers)
    said = value_words(state.indicator, state.value, state.unit)
    return LiveChart(monitor, state, said, well_words(state), basis_words(monitor, state), picture)
