"""Steps of a night that let new versions take over from the old ones while real traffic flows."""

from datetime import date
from typing import Any

from steek.kernel.errors import FrozenError
from steek.kernel.verdict import Verdict
from steek.kernel.waiting import wait_until
from steek.loop.calendar import actor
from steek.loop.services import Services
from steek.models import Canary
from steek.serving import RouteStats, judge_canary

Summary = dict[str, Any]

# A canary step that saw too little traffic after so many dwells is given up, and says so.
_PATIENCE = 24
_WAIT_LIMIT_S = 7 * 86_400.0


def in_canary(s: Services, models: list[str]) -> list[str]:
    """Those of the models that have a candidate taking part of the traffic."""
    return [model for model in models if s.routes.get(model).candidate is not None]


def longest_ramp(s: Services, models: list[str]) -> int:
    """The largest number of canary steps among the models."""
    canaries = [s.definitions[model].serving.canary for model in models]
    return max((len(canary.steps) for canary in canaries if canary), default=0)


def observe(s: Services, night: date, model: str, step: int) -> Summary:
    """Wait until a canary step has lasted its dwell and seen enough traffic, judge it, and go on or back."""
    canary = s.definitions[model].serving.canary
    route = s.routes.get(model)
    if canary is None or route.candidate is None or step >= len(canary.steps):
        return {"verdict": "no canary"}
    wait_until(lambda: _is_over(s, model, canary), s.clock, timeout_s=_WAIT_LIMIT_S)
    candidate, primary = _stats(s, model)
    decision = judge_canary(candidate, primary, canary)
    key, by = f"night:{night}:{model}:canary:{step}", actor(night)
    if decision.verdict is not Verdict.PASS:
        s.routes.abort_canary(model, reason="; ".join(decision.reasons), key=key, actor=by)
        return {"verdict": decision.verdict.value, "reasons": list(decision.reasons)}
    return {"verdict": "pass", "reasons": list(decision.reasons)} | _go_on(s, model, step, key=key, by=by)


def _go_on(s: Services, model: str, step: int, *, key: str, by: str) -> Summary:
    canary = s.definitions[model].serving.canary
    assert canary is not None
    try:
        if step + 1 < len(canary.steps):
            s.routes.step_canary(model, canary.steps[step + 1], key=key, actor=by)
            return {"fraction": canary.steps[step + 1]}
        s.routes.promote(model, key=key, actor=by)
    except FrozenError as hold:
        return {"held": hold.message}
    return {"fraction": 1.0}


def _is_over(s: Services, model: str, canary: Canary) -> bool:
    route = s.routes.get(model)
    assert route.updated_at is not None
    lasted = s.clock.now() - route.updated_at
    if lasted < canary.dwell_time:
        return False
    return lasted >= _PATIENCE * canary.dwell_time or _seen(s, model) >= canary.min_requests


def _seen(s: Services, model: str) -> int:
    candidate, _ = _stats(s, model)
    return 0 if candidate is None else candidate.requests


def _stats(s: Services, model: str) -> tuple[RouteStats | None, RouteStats | None]:
    stats = s.serving.stats(model)
    return stats.on("candidate"), stats.on("primary")
