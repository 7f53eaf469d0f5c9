"""Steps of a night that let new versions take over from the old ones while real traffic flows."""

from datetime import date, datetime, timedelta
from typing import Any

from steek.kernel.errors import FrozenError
from steek.kernel.verdict import Verdict
from steek.kernel.waiting import wait_until
from steek.loop.calendar import actor
from steek.loop.model_steps import load_route
from steek.loop.services import Services
from steek.models import Canary
from steek.serving import CanaryDecision, Route, judge_canary

Summary = dict[str, Any]

# A canary step that saw too little traffic for so many dwells is given up, and says so.
_PATIENCE = 4
_WAIT_LIMIT_S = 7 * 86_400.0


def begin(s: Services, models: list[str]) -> Summary:
    """When the canaries of a night began, and how long the shortest of their steps lasts; {} without canaries."""
    running = in_canary(s, models)
    if not running:
        return {}
    dwell = min(_canary(s, model).dwell_time for model in running)
    return {"at": s.clock.now().isoformat(), "dwell_s": dwell.total_seconds()}


def in_canary(s: Services, models: list[str]) -> list[str]:
    """Those of the models that have a candidate taking part of the traffic."""
    return [model for model in models if s.routes.get(model).candidate is not None]


def due_at(began: Summary, number: int) -> datetime:
    """When the canaries have lasted `number` dwells.

    >>> due_at({"at": "2017-10-02T06:05:00+00:00", "dwell_s": 7200.0}, 2).isoformat()
    '2017-10-02T10:05:00+00:00'
    """
    return datetime.fromisoformat(began["at"]) + number * timedelta(seconds=began["dwell_s"])


def look(s: Services, night: date, models: list[str], began: Summary, number: int) -> Summary:
    """Wait until the canaries have lasted `number` dwells, then judge each whose step is over, and go on or back."""
    wait_until(lambda: s.clock.now() >= due_at(began, number), s.clock, timeout_s=_WAIT_LIMIT_S)
    judged: Summary = {}
    for model in models:
        key = f"night:{night}:{model}:look:{number}"
        route = _route_before(s, model, key)
        if route.candidate is not None:
            judged[model] = _judge(s, route, key=key, by=actor(night))
    return judged


def _route_before(s: Services, model: str, key: str) -> Route:
    """The route that a look finds; a look that is repeated after a crash finds what it found before it moved it."""
    history = [change for change in s.routes.history(model) if change.key != key]
    return history[0].route if history else Route(model)


def _judge(s: Services, route: Route, *, key: str, by: str) -> Summary:
    model, canary = route.model, _canary(s, route.model)
    assert route.updated_at is not None
    lasted = s.clock.now() - route.updated_at
    if lasted < canary.dwell_time:
        return {"verdict": "running", "fraction": route.fraction}
    # From the log, not from the server's counters: those forget what they counted when the server starts anew.
    evidence = s.predictions.canary_evidence(model, route.epoch)
    deadline_s = s.definitions[model].serving.deadline_s
    decision = judge_canary(evidence.get("candidate"), evidence.get("primary"), canary, deadline_s=deadline_s)
    said = {"verdict": decision.verdict.value, "reasons": list(decision.reasons), "fraction": route.fraction}
    if decision.verdict is Verdict.UNDECIDED and lasted < _PATIENCE * canary.dwell_time:
        return said
    said |= _move(s, route, decision, key=key, by=by)
    load_route(s, model)
    return said


def _move(s: Services, route: Route, decision: CanaryDecision, *, key: str, by: str) -> Summary:
    model, canary = route.model, _canary(s, route.model)
    if decision.verdict is not Verdict.PASS:
        s.routes.abort_canary(model, reason="; ".join(decision.reasons), key=key, actor=by)
        return {"fraction": 0.0}
    larger = [step for step in canary.steps if step > route.fraction]
    try:
        if larger:
            s.routes.step_canary(model, larger[0], key=key, actor=by)
            return {"fraction": larger[0]}
        s.routes.promote(model, key=key, actor=by)
    except FrozenError as hold:
        return {"held": hold.message}
    return {"fraction": 1.0}


def _canary(s: Services, model: str) -> Canary:
    canary = s.definitions[model].serving.canary
    assert canary is not None, "only models with a canary have a candidate"
    return canary
