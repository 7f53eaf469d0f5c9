"""The control API as one application."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from steek.http import (
    access,
    alertmanager,
    alerts,
    attributions,
    bench,
    break_glass,
    changes,
    concerns,
    contracts,
    data,
    defences,
    erasures,
    feed,
    follow_ups,
    freezes,
    hypotheses,
    incident_alerts,
    incident_control,
    incident_ethics,
    incident_people,
    incident_state,
    incident_status,
    incidents,
    joins,
    labels,
    lake,
    ledger,
    lineage,
    looking,
    models,
    monitors,
    nights,
    notices,
    oncall,
    pins,
    postmortems,
    preparing,
    privacy,
    profiles,
    prometheus,
    quarantine,
    retention,
    signals,
    slos,
    thresholds,
    watched,
)
from steek.http.callers import Callers
from steek.http.events import EventsApi, EventsDoor, committing
from steek.http.guard import OwnHostsOnly
from steek.http.problems import (
    explain_crash,
    explain_error,
    explain_leaving,
    explain_request,
    explain_status,
    explain_value,
)
from steek.http.replying import reply
from steek.http.tracing import TracedRequests
from steek.kernel.errors import SteekError
from steek.platform import Platform, loop_status

_ALL_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
ROOMS = (
    access,
    data,
    feed,
    quarantine,
    contracts,
    labels,
    looking,
    preparing,
    joins,
    nights,
    models,
    monitors,
    alerts,
    thresholds,
    attributions,
    changes,
    notices,
    alertmanager,
    prometheus,
    watched,
    postmortems,
    incidents,
    incident_alerts,
    incident_state,
    pins,
    signals,
    hypotheses,
    bench,
    incident_control,
    freezes,
    incident_ethics,
    incident_people,
    incident_status,
    oncall,
    break_glass,
    concerns,
    follow_ups,
    defences,
    ledger,
    lineage,
    lake,
    privacy,
    erasures,
    retention,
    slos,
    profiles,
)


def build_api(platform: Platform) -> FastAPI:
    """The application; every route works on this opened project."""
    own_host = platform.settings.text("host")
    app = EventsApi(title="steek", version="1", docs_url=None, redoc_url=None, lifespan=committing(platform))
    app.events_door = OwnHostsOnly(Callers(EventsDoor(platform), platform), own_host)
    app.add_exception_handler(SteekError, explain_error)
    app.add_exception_handler(RequestValidationError, explain_request)
    app.add_exception_handler(HTTPException, explain_status)
    app.add_exception_handler(ClientDisconnect, explain_leaving)
    for kind in (OverflowError, UnicodeError, DataError):
        app.add_exception_handler(kind, explain_value)
    app.add_exception_handler(Exception, explain_crash)
    app.add_middleware(Callers, platform=platform)
    app.add_middleware(OwnHostsOnly, own_host=own_host)
    app.add_middleware(TracedRequests)
    for room in ROOMS:
        app.include_router(room.router(platform))

    @app.get("/healthz", tags=["process"])
    def alive() -> dict[str, bool]:  # pyright: ignore[reportUnusedFunction]
        """The process answers."""
        return {"alive": True}

    @app.get("/readyz", tags=["process"])
    def ready() -> dict[str, object]:  # pyright: ignore[reportUnusedFunction]
        """The database answers too."""
        return {"ready": True, "events": platform.ledger.count()}

    @app.get("/v1/status", tags=["loop"])
    def status() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """The loop at a glance."""
        return reply(loop_status(platform))

    @app.get("/v1/settings", tags=["process"])
    def settings() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """Every setting, its value and where that came from; secrets are hidden."""
        return reply(platform.settings.shown())

    @app.api_route("/v1/{rest:path}", methods=_ALL_METHODS, include_in_schema=False)
    def nothing(rest: str, request: Request) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        # Behind this application stands the console, which would answer programs with a page.
        raise HTTPException(404, f"{request.method} /v1/{rest} is no address of this API")

    return app
