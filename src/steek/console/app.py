"""The console as an ASGI application."""

from collections.abc import AsyncIterator
from functools import partial

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from steek.console import pin_files
from steek.console.actions import ACTIONS, perform
from steek.console.actor import actor_of
from steek.console.alert_actions import ALERT_ACTIONS
from steek.console.attribution_actions import ATTRIBUTION_ACTIONS
from steek.console.bench_actions import BENCH_ACTIONS
from steek.console.bench_pages import BENCH_PAGES
from steek.console.calling_actions import CALLING_ACTIONS
from steek.console.control_actions import CONTROL_ACTIONS
from steek.console.data_actions import DATA_ACTIONS
from steek.console.defence_pages import DEFENCE_PAGES
from steek.console.drawings import Drawings
from steek.console.error_page import error_page
from steek.console.ethics_actions import ETHICS_ACTIONS
from steek.console.follow_up_actions import FOLLOW_UP_ACTIONS
from steek.console.guard import Guard
from steek.console.incident_live import here_part, shared_parts
from steek.console.notice_actions import NOTICE_ACTIONS
from steek.console.objective_actions import OBJECTIVE_ACTIONS
from steek.console.oncall_actions import ONCALL_ACTIONS
from steek.console.oncall_pages import ONCALL_PAGES
from steek.console.page import environment
from steek.console.pages import PAGES
from steek.console.postmortem_actions import POSTMORTEM_ACTIONS
from steek.console.services import Services
from steek.console.shown_once import SHOWN_ONCE
from steek.console.site import Site
from steek.console.state_actions import STATE_ACTIONS
from steek.console.stream import Live
from steek.kernel.errors import ConflictError, InputError, NotFoundError, RefusedError, ResourceError, SteekError

# Nearest class wins, so a leaf needs a line of its own only where it differs.
_STATUS: tuple[tuple[type[SteekError], int], ...] = (
    (NotFoundError, 404),
    (InputError, 400),
    (ConflictError, 409),
    (RefusedError, 403),
    (ResourceError, 503),
)


def build_console(platform: object) -> ASGIApp:
    """The console of an opened project, to be mounted at "/" behind everything more specific.

    Args:
        platform: Record of the project's services; the console takes those of `Services` by name.
    """
    site = _site(Services.of(platform))
    forms = {
        **ACTIONS,
        **ALERT_ACTIONS,
        **DATA_ACTIONS,
        **OBJECTIVE_ACTIONS,
        **NOTICE_ACTIONS,
        **ATTRIBUTION_ACTIONS,
        **ETHICS_ACTIONS,
    }
    forms |= FOLLOW_UP_ACTIONS
    forms |= STATE_ACTIONS
    forms |= BENCH_ACTIONS
    forms |= ONCALL_ACTIONS | CALLING_ACTIONS
    forms |= CONTROL_ACTIONS
    forms |= POSTMORTEM_ACTIONS
    pages = {**PAGES, **DEFENCE_PAGES, **BENCH_PAGES, **ONCALL_PAGES}
    routes = [
        Route("/stream", partial(_stream, site)),
        Route("/incidents/{id}/stream", partial(_room, site)),
        Route("/charts/{name}.svg", partial(_chart, site)),
        Route("/pins/{id}/chart.svg", partial(pin_files.chart, site)),
        Route("/pins/{id}/file", partial(pin_files.file, site)),
        Route("/incidents/{id}/files", partial(pin_files.attach, site), methods=["POST"]),
        *(Route(path, partial(page, site)) for path, page in pages.items()),
        *(Route(path, partial(perform, action, site), methods=["POST"]) for path, action in forms.items()),
        *(Route(path, partial(show, site), methods=["POST"]) for path, show in SHOWN_ONCE.items()),
        Mount("/static", StaticFiles(packages=[("steek.console", "static")])),
    ]
    handlers = {SteekError: partial(_explain, site), HTTPException: partial(_explain_status, site)}
    app = Starlette(routes=routes, exception_handlers=handlers)  # pyright: ignore[reportArgumentType] - handlers are by class
    return Guard(app, own_hosts=(site.services.settings.text("host"),))


def _site(services: Services) -> Site:
    templates, drawings = environment(), Drawings()
    draw = partial(shared_parts, services, drawings, templates)
    live = Live(services.ledger, services.clock, draw=draw, here=partial(here_part, services, templates))
    return Site(services, templates, drawings, live)


async def _stream(site: Site, _request: Request) -> Response:
    return _events(site.live.changes())


async def _room(site: Site, request: Request) -> Response:
    incident_id = request.path_params["id"]
    await run_in_threadpool(site.services.incidents.get, incident_id)
    seen = request.query_params.get("seen", "")
    messages = site.live.room(
        incident_id,
        actor=actor_of(request),
        seen_sequence=int(seen) if seen.isdecimal() and len(seen) < 19 else 0,
        last_id=request.headers.get("last-event-id", ""),
    )
    return _events(messages)


def _events(messages: AsyncIterator[str]) -> Response:
    return StreamingResponse(messages, media_type="text/event-stream", headers={"cache-control": "no-cache"})


def _chart(site: Site, request: Request) -> Response:
    # By content: what has this address never changes. The style inside says its colours in light and in dark.
    headers = {
        "cache-control": "private, max-age=86400, immutable",
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    }
    svg = site.drawings.svg(request.path_params["name"])
    return Response(svg, media_type="image/svg+xml", headers=headers)


def _explain(site: Site, request: Request, error: SteekError) -> Response:
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    return error_page(site, request, error, status)


def _explain_status(site: Site, request: Request, error: HTTPException) -> Response:
    known = {404: "no page has this address", 405: "this address does not take that"}
    message = known.get(error.status_code, error.detail)
    told = SteekError(message, next_step="Start from the overview, or search.")
    return error_page(site, request, told, error.status_code)
