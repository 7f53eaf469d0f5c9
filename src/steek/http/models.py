"""`/v1/models`: trained models, evaluations, gates and routes."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import JSONResponse

from steek.http.replying import Actor, Key, actor_or_api, reply, require_key
from steek.kernel.errors import GateRefusedError, InputError, NotFoundError
from steek.models import model_card
from steek.platform import Platform
from steek.serving import Route

IfMatch = Annotated[str | None, Header(alias="If-Match", description="ETag of the route you decided on.")]


@dataclass(frozen=True, slots=True)
class Rollback:
    """Where to go back to; a member of a fleet first, or everything."""

    to: str = "last-good"
    member: str | None = None
    reason: str = "asked for over the API"


@dataclass(frozen=True, slots=True)
class Deployment:
    """A version that passed its gate; `fraction` makes or steps a canary, `promote` ends it."""

    version: int
    fraction: float | None = None
    promote: bool = False


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1/models", tags=["models"])

    @routes.get("")
    def names() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Every declared model with its route."""
        return reply([{"model": name, "route": platform.routes.get(name)} for name in platform.project.definitions])

    @routes.get("/{model}")
    def card(model: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """The card of the newest trained version."""
        return reply(model_card(_definition(platform, model), platform.registry.latest(model)))

    @routes.get("/{model}/versions")
    def versions(model: str, limit: int = 100) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Trained versions, newest first."""
        _definition(platform, model)
        return reply(platform.registry.list(model, limit))

    @routes.get("/{model}/versions/{version}/evaluations")
    def evaluations(model: str, version: int) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Metrics with distribution, interval and row count."""
        return reply(platform.evaluator.evaluations(model, version))

    @routes.get("/{model}/versions/{version}/gate")
    def gate(model: str, version: int) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """What the gate said, check by check."""
        decision = platform.gate.decision(model, version)
        if decision is None:
            message = f"no gate has decided on {model}@{version}"
            raise NotFoundError(message)
        return reply(decision)

    @routes.get("/{model}/route")
    def route(model: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Who answers now; its ETag makes a later change a compare-and-set."""
        _definition(platform, model)
        return _tagged(platform.routes.get(model))

    @routes.post("/{model}/deploy")
    def deploy(  # pyright: ignore[reportUnusedFunction]
        model: str, asked: Deployment, key: Key = None, actor: Actor = None, if_match: IfMatch = None
    ) -> JSONResponse:
        """Serve a version that passed its gate."""
        return _tagged(_deploy(platform, model, asked, require_key(key), actor_or_api(actor), _epoch(if_match)))

    @routes.post("/{model}/rollback")
    def rollback(  # pyright: ignore[reportUnusedFunction]
        model: str, asked: Rollback, key: Key = None, actor: Actor = None, if_match: IfMatch = None
    ) -> JSONResponse:
        """Go back to a version that served before."""
        _definition(platform, model)
        after = platform.routes.rollback(
            model,
            to=_version(asked.to),
            member=asked.member,
            actor=actor_or_api(actor),
            reason=asked.reason,
            key=require_key(key),
            expected_epoch=_epoch(if_match),
        )
        return _tagged(after)

    return routes


def _deploy(platform: Platform, model: str, asked: Deployment, key: str, actor: str, epoch: int | None) -> Route:
    definition, routes = _definition(platform, model), platform.routes
    present = routes.get(model)
    if present.candidate == asked.version:
        if asked.promote:
            return routes.promote(model, key=key, actor=actor, expected_epoch=epoch)
        return routes.step_canary(model, asked.fraction or 0.5, key=key, actor=actor, expected_epoch=epoch)
    decision = platform.gate.decision(model, asked.version)
    if decision is None:
        message = f"no gate has decided on {model}@{asked.version}"
        raise GateRefusedError(message, next_step="Train and judge it first.")
    canary = definition.serving.canary
    if present.primary is None or canary is None:
        return routes.deploy(
            model, asked.version, key=key, actor=actor, gate_decision_id=decision.id, expected_epoch=epoch
        )
    share = asked.fraction or canary.steps[0]
    return routes.start_canary(
        model, asked.version, share, key=key, actor=actor, gate_decision_id=decision.id, expected_epoch=epoch
    )


def _definition(platform: Platform, model: str):
    definition = platform.project.definitions.get(model)
    if definition is None:
        raise NotFoundError.among("model", model, platform.project.definitions)
    return definition


def _tagged(route: Route) -> JSONResponse:
    response = reply(route)
    response.headers["ETag"] = f'"{route.epoch}"'
    return response


def _epoch(if_match: str | None) -> int | None:
    if if_match is None:
        return None
    text = if_match.strip().strip('"')
    if not text.isdigit():
        message = f"If-Match is {if_match!r}; it must be the ETag of a route, such as \"3\""
        raise InputError(message)
    return int(text)


def _version(to: str) -> "int | str":
    if to == "last-good":
        return "last-good"
    if to.isdigit():
        return int(to)
    message = f"cannot go back to {to!r}; allowed: last-good, or the number of a version"
    raise InputError(message)
