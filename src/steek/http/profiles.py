"""`/v1/profiles`: what every column looked like, per window and slice, and what changed between two."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from fastapi.responses import JSONResponse

from steek.http.replying import Actor, Key, actor_or_api, reply, require_key
from steek.monitoring.profiles.outside import parse_sketches
from steek.platform import Platform
from steek.platform.profiling import profile_view, span

Slice = Annotated[str | None, Query(description="One slice, as store_id=367; by default the whole.")]
Span = Annotated[str, Query(description="Days, as 2017-10-02, 2017-10 or 2017-10-02..2017-10-08.")]
Sketches = Annotated[list[dict[str, Any]], Body(description="Columns with rows, nulls and sketches in base64.")]


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1", tags=["watching"])
    profiles = platform.profiles

    @routes.get("/profiles")
    def states() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Everything that can be profiled, and how far that is."""
        return reply(profiles.states())

    @routes.get("/profiles/{what}")
    def profile(  # pyright: ignore[reportUnusedFunction]
        what: str,
        days: Annotated[str | None, Query(description="Days; by default the newest window.")] = None,
        slice: Slice = None,
        column: Annotated[list[str] | None, Query(description="Only these columns.")] = None,
    ) -> JSONResponse:
        """What the columns looked like."""
        return reply(profile_view(platform, what, days, slice=slice, columns=column))

    @routes.get("/profiles/{what}/windows")
    def windows(what: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Windows that have a profile."""
        return reply(profiles.windows(what))

    @routes.get("/profiles/{what}/slices")
    def slices(what: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Slices ever seen."""
        return reply(profiles.slices(what))

    @routes.get("/profiles/{what}/comparison")
    def comparison(what: str, before: Span, after: Span, slice: Slice = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """What changed from one stretch of time to another, the largest change first."""
        return reply(profiles.compare(what, span(platform, before), span(platform, after), slice))

    _writes(routes, platform)
    return routes


def _writes(routes: APIRouter, platform: Platform) -> None:
    profiles = platform.profiles

    @routes.post("/profiles/runs")
    def catch_up(what: str | None = None, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Profile what came in since the last time, each version of a table once; how far everything is then."""
        require_key(key)
        profiles.catch_up(what, actor=actor_or_api(actor))
        platform.subscriptions.deliver()
        return reply(profiles.states())

    @routes.post("/profiles/{what}/parts", status_code=201)
    def merge_in(  # pyright: ignore[reportUnusedFunction]
        what: str, window: Span, sketches: Sketches, key: Key = None, actor: Actor = None
    ) -> JSONResponse:
        """Add what was computed elsewhere to the profile of a window."""
        own = require_key(key)
        brought = parse_sketches(sketches)
        done = profiles.merge_in(what, span(platform, window), brought, key=own, actor=actor_or_api(actor))
        platform.subscriptions.deliver()
        return reply(done, 201)
