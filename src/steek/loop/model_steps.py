"""Steps of a night that make, judge and deploy models."""

from datetime import date
from typing import Any

from steek.governance import attributed
from steek.kernel.errors import FrozenError, IntegrityError, ResourceError
from steek.kernel.verdict import Verdict
from steek.kernel.waiting import wait_until
from steek.loop.calendar import actor, business_day
from steek.loop.services import Services

Summary = dict[str, Any]

# Worker and serving process start together, and a worker goes on at once with what it finds unfinished.
_SERVING_STARTS_WITHIN_S = 30.0


def train(s: Services, night: date, model: str) -> Summary:
    """Train one definition on what is known at the end of the day; a freeze is obeyed and said."""
    known_at = business_day(s, night).end_at
    try:
        with attributed(model=model):
            trained = s.trainer.train(model, known_at, key=f"night:{night}:{model}", actor=actor(night))
    except FrozenError as hold:
        return {"held": hold.message}
    return {"version": trained.version, "rows": trained.rows}


def train_again(s: Services, model: str, known_until: str, members: list[str] | None, key: str, by: str) -> Summary:
    """Train at a person's wish; members that are not named are carried over from the version that serves."""
    known_at = business_day(s, date.fromisoformat(known_until)).end_at
    base = s.routes.get(model).primary if members is not None else None
    with attributed(model=model, job=f"retraining {key}"):
        trained = s.trainer.train(model, known_at, key=key, actor=by, members=members, base_version=base)
    return {"version": trained.version, "rows": trained.rows}


def judge(s: Services, model: str, version: int, key: str) -> Summary:
    """Measure a version on its distributions, then let the gate decide."""
    trained = s.registry.get(model, version)
    against = s.routes.get(model).primary
    with attributed(model=model):
        evaluations = s.evaluator.evaluate(trained, key=key, against=against)
        decision = s.gate.decide(trained, against=against, key=key)
    return {"evaluations": len(evaluations), "verdict": decision.verdict.value}


def deploy(s: Services, model: str, version: int, key: str, by: str) -> Summary:
    """Begin to serve a version that passed its gate: at once, or with the first step of its canary."""
    decision = s.gate.decision(model, version)
    if decision is None or decision.verdict is not Verdict.PASS:
        return {"deployed": False, "reason": "the gate did not pass"}
    canary = s.definitions[model].serving.canary
    try:
        if s.routes.get(model).primary is None or canary is None:
            route = s.routes.deploy(model, version, key=key, actor=by, gate_decision_id=decision.id)
        else:
            share = canary.steps[0]
            route = s.routes.start_canary(model, version, share, key=key, actor=by, gate_decision_id=decision.id)
    except FrozenError as hold:
        return {"deployed": False, "reason": hold.message}
    # As the route says: after a crash the deployment is found by its key, whatever route it would be made on now.
    return {"deployed": True, "canary": route.candidate == version}


def sync(s: Services, model: str, version: int) -> Summary:
    """Verify that what serves is what was sent."""
    load_route(s, model)
    verification = s.serving.verify(model, version, registry=s.registry)
    if verification.verdict is not Verdict.PASS:
        message = f"{model}@{version} was deployed, but serving has something else: {verification.reason}"
        raise IntegrityError(message, next_step=f"Roll back with 'steek rollback {model}', then look at the server.")
    return {"verified": version}


def load_route(s: Services, model: str) -> None:
    """Make the serving process read a model's route now; one that is only just starting is waited for.

    Raises:
        ResourceError: it does not answer.
        BusyError: what the route names cannot be loaded.
    """

    def loaded() -> bool:
        try:
            s.serving.load(model)
        except ResourceError:
            return False
        return True

    if not wait_until(loaded, s.clock, timeout_s=_SERVING_STARTS_WITHIN_S):
        s.serving.load(model)


def evaluate_monitors(s: Services, night: date) -> Summary:
    """Measure every indicator for the day that was not measured yet; the alerts of the whole night are counted."""
    alerts = s.monitoring.evaluate(business_day(s, night), key=f"night:{night}")
    return {"alerts": len(alerts)}


def check_objectives(s: Services, night: date) -> Summary:
    """Judge every objective at the end of the day; objectives to how they stand, {} without any."""
    states = s.objectives.check(business_day(s, night), key=f"night:{night}")
    return {each.name: each.state for each in states}
