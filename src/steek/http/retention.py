"""`/v1/retention`, `/v1/housekeeping`: how long data stay, and what must happen regularly."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from steek.http.replying import Actor, Key, actor_or_api, reply, require_key
from steek.platform import Platform


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1", tags=["retention"])

    @routes.get("/retention")
    def report() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Every rule of retention, jurisdiction and erasure, met or not, and since when."""
        return reply(platform.compliance.report())

    @routes.get("/retention/due")
    def due() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Tables with rows, or old versions, beyond what their contract keeps."""
        return reply(platform.retention.due())

    @routes.post("/retention/runs")
    def run(key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Take out what is due, for good."""
        require_key(key)
        done = platform.retention.run(actor=actor_or_api(actor))
        platform.subscriptions.deliver()
        return reply(done)

    @routes.get("/housekeeping")
    def plan() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """What housekeeping would do now."""
        return reply(platform.housekeeping.plan())

    @routes.post("/housekeeping")
    def housekeeping(key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Do everything that is due."""
        require_key(key)
        done = platform.housekeeping.run(actor=actor_or_api(actor))
        platform.subscriptions.deliver()
        return reply({"done": done})

    return routes
