"""`/v1/monitors`, `/v1/alerts`: watching."""

from datetime import date

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from steek.http.replying import Actor, Key, actor_or_api, reply, require_key
from steek.kernel.windows import Window
from steek.platform import Platform


def router(platform: Platform) -> APIRouter:
    """Routes of this room."""
    routes = APIRouter(prefix="/v1", tags=["watching"])
    monitoring = platform.monitoring

    @routes.get("/monitors")
    def monitors() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """How every monitor stands."""
        return reply(monitoring.monitors_state())

    @routes.get("/monitors/{monitor}/series")
    def series(monitor: str, slice: str | None = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Points of a monitor with their bounds."""
        return reply(monitoring.series(monitor, slice))

    @routes.post("/monitors/evaluations")
    def evaluate(day: date, monitor: str | None = None, key: Key = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Measure a business day again."""
        window = Window.of_day(day, platform.settings.day_starts_at)
        changed = monitoring.evaluate(window, key=require_key(key), only=None if monitor is None else [monitor])
        platform.subscriptions.deliver()
        return reply(changed)

    @routes.get("/alerts")
    def alerts(open_only: bool = False) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Alerts, newest first."""
        return reply([alert for alert in monitoring.alerts() if alert.state != "resolved" or not open_only])

    @routes.post("/alerts/{alert}/acknowledgement")
    def acknowledge(alert: str, actor: Actor = None) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Say that a person has seen it."""
        return reply(monitoring.acknowledge(alert, actor=actor_or_api(actor)))

    return routes
