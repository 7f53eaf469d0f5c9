"""`/v1/monitors/{monitor}/back-test`, `/v1/monitors/{monitor}/learned`: what rules would have done, what they know."""

from datetime import date

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from steek.http.replying import reply
from steek.kernel.windows import Window
from steek.platform import Platform


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1", tags=["watching"])
    thresholds = platform.monitoring.thresholds

    @routes.get("/monitors/{monitor}/back-test")
    def back_test(  # pyright: ignore[reportUnusedFunction]
        monitor: str, days: int = 90, width: float | None = None, until: date | None = None
    ) -> JSONResponse:
        """How often a rule would have fired, and on which days; nothing is written."""
        end_at = None if until is None else Window.of_day(until, platform.settings.day_starts_at).end_at
        return reply(thresholds.back_test(monitor, days, width=width, until=end_at))

    @routes.get("/monitors/{monitor}/learned")
    def learned(monitor: str) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """When bounds were learned, from which windows, and why."""
        return reply(thresholds.learned(monitor))

    return routes
