"""`/v1/joins`: what every join matched, beside what is usual, in all and per slice."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from steek.http.replying import Limit, reply
from steek.platform import Platform


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1", tags=["data"])

    @routes.get("/joins")
    def latest(dataset: str | None = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """The latest run of every join with its verdict, of one dataset or of all."""
        return reply(platform.joins.latest(dataset))

    @routes.get("/joins/{dataset}/{join}")
    def history(dataset: str, join: str, limit: Limit = 28) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """One join: its windows with slices and verdicts, newest first."""
        return reply(platform.joins.history(dataset, join, limit))

    return routes
