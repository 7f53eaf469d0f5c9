"""Model health: everything that is watched of one model, in the order in which trouble flows, and each replica."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from steek.console.monitors_page import MonitorLine, lines_among
from steek.console.reach import datasets_of, monitors_of
from steek.console.services import Services
from steek.console.stations import worst
from steek.kernel.errors import NotFoundError
from steek.monitoring import MonitorHealth
from steek.serving import Replica, live_replicas

# Topic to the indicators that belong to it, in the order of the loop; what is in none is told under the last.
_TOPICS: Mapping[str, tuple[str, ...]] = {
    "Data that feeds it": (
        "volume", "vanished_slices", "new_slices", "new_value_share", "join_matched", "join_against_expected",
        "drift", "column_figure", "queue_age", "outside_series",
    ),
    "Freshness": ("model_age", "data_age", "freshness", "golden_age"),
    "Training": ("training_rate", "training_backlog", "golden_change"),
    "Serving": (
        "latency", "fallback_share", "canary_share", "recommendations_per_page", "candidate_unavailable_share",
        "feature_skew",
    ),
    "Answers": ("prediction_mean", "prediction_statistic"),
    "Outcomes": ("outcome_hit_rate", "expected_vs_observed", "calibration_error", "outcomes_known"),
    "Of its own": (),
}  # fmt: skip
_SHOWN_REPLICAS = 20


@dataclass(frozen=True, slots=True)
class Topic:
    """Indicators of one kind of trouble; `health` is the worst of them."""

    title: str
    health: str
    lines: tuple[MonitorLine, ...]


@dataclass(frozen=True, slots=True)
class ReplicaLine:
    """One serving process: what it answers with; `is_behind` when that is not what the route says."""

    replica: Replica
    is_behind: bool


@dataclass(frozen=True, slots=True)
class ModelHealthView:
    """All of the page."""

    model: str
    owner: str
    health: str
    topics: tuple[Topic, ...]
    without: tuple[str, ...]
    stalled: tuple[MonitorHealth, ...]
    replicas: tuple[ReplicaLine, ...]
    primary: int | None
    now: datetime


def model_health_view(services: Services, name: str) -> ModelHealthView:
    """Everything that is watched of a model and of the datasets that feed it.

    Raises:
        NotFoundError: the project has no such model.
    """
    project, now = services.project, services.clock.now()
    if name not in project.definitions:
        raise NotFoundError.among("model", name, project.definitions)
    definition = project.definitions[name]
    feeding = datasets_of(definition, project.views, project.datasets)
    about = {monitor.name for monitor in monitors_of(name, feeding, services.monitoring.monitors)}
    about |= {
        monitor.name
        for monitor in services.monitoring.monitors.values()
        if monitor.indicator.target.kind == "model" and monitor.indicator.target.name == name
    }
    lines = lines_among(services.monitoring, about, now=now)
    topics = tuple(_topic(title, lines) for title in _TOPICS)
    primary = services.routes.get(name).primary
    with services.database.reading() as connection:
        replicas = live_replicas(connection, name, now=now)[:_SHOWN_REPLICAS]
    return ModelHealthView(
        model=name,
        owner=definition.owner,
        health=worst([line.state.state for line in lines]),
        topics=tuple(topic for topic in topics if topic.lines),
        without=tuple(topic.title for topic in topics if not topic.lines and _TOPICS[topic.title]),
        stalled=tuple(line.health for line in lines if line.health.is_stalled),
        replicas=tuple(ReplicaLine(one, one.version != primary) for one in replicas),
        primary=primary,
        now=now,
    )


def _topic(title: str, lines: tuple[MonitorLine, ...]) -> Topic:
    named = {indicator for indicators in _TOPICS.values() for indicator in indicators}
    wanted = _TOPICS[title]
    mine = tuple(
        line for line in lines if line.state.indicator in wanted or (not wanted and line.state.indicator not in named)
    )
    return Topic(title, worst([line.state.state for line in mine]), mine)
