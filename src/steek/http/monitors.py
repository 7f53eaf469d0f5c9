"""`/v1/monitors`, `/v1/series`: watching."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from fastapi.responses import JSONResponse

from steek.http.replying import Actor, Key, Limit, actor_or_api, reply, require_key
from steek.kernel.windows import Window
from steek.monitoring import MonitorFilter, SliceOrder, read_slices
from steek.platform import Platform, measure_again, measure_due, series_values

_SHOWN = timedelta(days=28)
Rows = Annotated[
    list[dict[str, Any]],
    Body(description="Values: `at`, a moment; `value`, a number; everything else tells them apart."),
]
Stalled = Annotated[bool, Query(description="Only those that would not notice anything.")]


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1", tags=["watching"])
    _monitors(routes, platform)
    _evaluations(routes, platform)
    _series(routes, platform)
    return routes


def _monitors(routes: APIRouter, platform: Platform) -> None:
    monitoring = platform.monitoring

    @routes.get("/monitors")
    def monitors(  # pyright: ignore[reportUnusedFunction]
        model: str | None = None, purpose: str | None = None, state: str | None = None, owner: str | None = None
    ) -> JSONResponse:
        """How every monitor that fits stands, and how it itself is doing."""
        which = MonitorFilter(model, purpose, state, owner)
        found = monitoring.explore(which, since=platform.clock.now())
        return reply([{**asdict(one.state), "health": one.health} for one in found])

    @routes.get("/monitors/health")
    def health(stalled: Stalled = False) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """How the monitors themselves are doing: evaluated in time, and measuring what can be."""
        return reply([one for one in monitoring.health() if one.is_stalled or not stalled])

    @routes.get("/monitors/{monitor}/series")
    def series(monitor: str, slice: str | None = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Points of a monitor with their bounds."""
        return reply(monitoring.series(monitor, slice))

    @routes.get("/monitors/{monitor}/slices")
    def slices(  # pyright: ignore[reportUnusedFunction]
        monitor: str, text: str = "", order: SliceOrder = "strain", limit: Limit = 100
    ) -> JSONResponse:
        """Slices of a monitor in its newest window, those furthest out first."""
        monitoring.slices(monitor)
        since = platform.clock.now() - _SHOWN
        table = read_slices(platform.database, monitor, since=since, text=text, order=order)
        return reply({"total": table.total, "window_start_at": table.window_start_at, "slices": table.lines[:limit]})


def _evaluations(routes: APIRouter, platform: Platform) -> None:

    @routes.post("/monitors/evaluations")
    def evaluate(day: date, monitor: str | None = None, key: Key = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Measure a business day again."""
        window = Window.of_day(day, platform.settings.day_starts_at)
        return reply(measure_again(platform, window, key=require_key(key), only=_only(monitor)))

    @routes.post("/monitors/catch-ups")
    def catch_up(monitor: str | None = None, key: Key = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Measure every window that is over and was not measured yet; again, it finds nothing left."""
        require_key(key)
        return reply(measure_due(platform, only=_only(monitor)))


def _series(routes: APIRouter, platform: Platform) -> None:
    @routes.get("/series")
    def series() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Series that are fed from outside, and the moment of the newest value of each."""
        return reply(platform.series.latest())

    @routes.post("/series/{name}", status_code=201)
    def feed(name: str, rows: Rows, key: Key = None, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Take in values; one of the same moment and slice as an earlier one replaces it."""
        values = series_values(rows)
        return reply(platform.series.feed(name, values, key=require_key(key), actor=actor_or_api(actor)), 201)


def _only(monitor: str | None) -> Sequence[str] | None:
    return None if monitor is None else [monitor]
