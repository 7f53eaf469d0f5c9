"""`/v1/models`: trained models, evaluations, gates and routes."""

from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from steek.http.preconditions import IfMatch, seen_version, tag
from steek.http.replying import Actor, Key, Limit, actor_or_api, reply, require_key
from steek.kernel.errors import NotFoundError
from steek.models import model_card
from steek.platform import Platform, deploy_version, find_definition, rollback_target
from steek.serving import Route


@dataclass(frozen=True, slots=True)
class Rollback:
    """Where to go back to; a member of a fleet first, or everything."""

    to: str = "last-good"
    member: str | None = None
    reason: str = "asked for over the API"


@dataclass(frozen=True, slots=True)
class Override:
    """Why a version may serve although its gate did not pass."""

    reason: str


@dataclass(frozen=True, slots=True)
class Deployment:
    """A version that passed its gate; `fraction` makes or steps a canary, `promote` ends it."""

    version: int
    fraction: float | None = None
    promote: bool = False


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1/models", tags=["models"])
    _reading(routes, platform)
    _writing(routes, platform)
    return routes


def _reading(routes: APIRouter, platform: Platform) -> None:
    @routes.get("")
    def names() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Every declared model with its route."""
        return reply([{"model": name, "route": platform.routes.get(name)} for name in platform.project.definitions])

    @routes.get("/{model}")
    def card(model: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """The card of the newest trained version."""
        return reply(model_card(find_definition(platform, model), platform.registry.latest(model)))

    @routes.get("/{model}/versions")
    def versions(model: str, limit: Limit = 100) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Trained versions, newest first."""
        find_definition(platform, model)
        return reply(platform.registry.list(model, limit))

    @routes.get("/{model}/versions/{version}/evaluations")
    def evaluations(model: str, version: int) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Metrics with distribution, interval and row count."""
        find_definition(platform, model)
        return reply(platform.evaluator.evaluations(model, version))

    @routes.get("/{model}/versions/{version}/gate")
    def gate(model: str, version: int) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """What the gate said, check by check."""
        find_definition(platform, model)
        decision = platform.gate.decision(model, version)
        if decision is None:
            message = f"no gate has decided on {model}@{version}"
            raise NotFoundError(message)
        return reply(decision)

    @routes.get("/{model}/route")
    def route(model: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Who answers now; its ETag makes a later change a compare-and-set."""
        find_definition(platform, model)
        return _tagged(platform.routes.get(model))


def _writing(routes: APIRouter, platform: Platform) -> None:
    @routes.post("/{model}/versions/{version}/override", status_code=201)
    def override(  # pyright: ignore[reportUnusedFunction]
        model: str, version: int, asked: Override, key: Key = None, actor: Actor = None
    ) -> JSONResponse:
        """Let a version through against its gate; approver and reason are written down for ever."""
        find_definition(platform, model)
        trained, by, name = platform.registry.get(model, version), actor_or_api(actor), require_key(key)
        return reply(platform.gate.override(trained, approver=by, reason=asked.reason, key=name), 201)

    @routes.post("/{model}/deploy")
    def deploy(  # pyright: ignore[reportUnusedFunction]
        model: str, asked: Deployment, key: Key = None, actor: Actor = None, if_match: IfMatch = None
    ) -> JSONResponse:
        """Serve a version that passed its gate."""
        after = deploy_version(
            platform,
            model,
            asked.version,
            fraction=asked.fraction,
            promote=asked.promote,
            key=require_key(key),
            actor=actor_or_api(actor),
            expected_epoch=seen_version(if_match),
        )
        return _tagged(after)

    @routes.post("/{model}/rollback")
    def rollback(  # pyright: ignore[reportUnusedFunction]
        model: str, asked: Rollback, key: Key = None, actor: Actor = None, if_match: IfMatch = None
    ) -> JSONResponse:
        """Go back to a version that served before."""
        find_definition(platform, model)
        after = platform.routes.rollback(
            model,
            to=rollback_target(asked.to),
            member=asked.member,
            actor=actor_or_api(actor),
            reason=asked.reason,
            key=require_key(key),
            expected_epoch=seen_version(if_match),
        )
        return _tagged(after)


def _tagged(route: Route) -> JSONResponse:
    return tag(reply(route), route.epoch)
