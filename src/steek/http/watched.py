"""`/v1/watched`: models that somebody else trains and serves."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from steek.http.replying import Actor, actor_or_api, reply
from steek.platform import Platform, monitors_of_watched, watch


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1/watched", tags=["watching"])

    @routes.get("")
    def models() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Every watched model: answers, outcomes, from when to when, latest collections."""
        return reply([platform.watching.state(name) for name in platform.watching.models])

    @routes.get("/{model}")
    def model(model: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """One watched model and how its monitors stand."""
        return reply({"state": platform.watching.state(model), "monitors": monitors_of_watched(platform, model)})

    @routes.post("/{model}/runs")
    def run(model: str, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Take what is new in its logs and measure every window that is complete; then how it stands."""
        watch(platform, model, actor=actor_or_api(actor))
        return reply({"state": platform.watching.state(model), "monitors": monitors_of_watched(platform, model)})

    return routes
