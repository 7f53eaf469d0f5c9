"""The loop at a glance, as plain records for CLI and HTTP."""

from dataclasses import dataclass
from datetime import datetime

from steek.incidents import Incident
from steek.platform.record import Platform

# Worst first; a model is as well as the worst of its monitors.
_STATES = ("broken", "watch", "undecided", "well")


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """One model. `state` is the worst of its monitors, undecided without any; None where nothing is known yet."""

    model: str
    state: str
    serves: int | None
    candidate: int | None
    data_until: datetime | None
    gate: str | None
    alerts: int


@dataclass(frozen=True, slots=True)
class LoopStatus:
    """All models, open incidents, and the stage of the last night."""

    at: datetime
    night: str | None
    models: tuple[ModelStatus, ...]
    incidents: tuple[Incident, ...]


def loop_status(platform: Platform) -> LoopStatus:
    """How the loop of a project stands now."""
    nights = platform.nights.latest()
    return LoopStatus(
        at=platform.clock.now(),
        night=f"{nights[0].day}: {nights[0].stage}" if nights else None,
        models=tuple(_model(platform, name) for name in platform.project.definitions),
        incidents=platform.incidents.list(open_only=True),
    )


def _model(platform: Platform, name: str) -> ModelStatus:
    route = platform.routes.get(name)
    serving = None if route.primary is None else platform.registry.get(name, route.primary)
    decision = None if route.primary is None else platform.gate.decision(name, route.primary)
    subject = f"model:{name}"
    states = [each.state for each in platform.monitoring.monitors_state() if each.subject == subject]
    firing = [alert for alert in platform.monitoring.alerts() if alert.subject == subject and alert.state != "resolved"]
    return ModelStatus(
        model=name,
        state=next((state for state in _STATES if state in states), "undecided"),
        serves=route.primary,
        candidate=route.candidate,
        data_until=None if serving is None else serving.data_until,
        gate=None if decision is None else decision.verdict.value,
        alerts=len(firing),
    )
