"""Pages of people: who is on call, the status of an incident for everybody, and the one for outsiders."""

from dataclasses import replace
from datetime import timedelta
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from steek.console.incident_live import nobodys_frame
from steek.console.oncall_page import oncall_view
from steek.console.page import render
from steek.console.pages import PageFunction, frame
from steek.console.site import DONE, Site
from steek.console.status_page import stakeholder_view, status_view
from steek.governance import caller
from steek.incidents.oncall.icalendar import icalendar
from steek.incidents.updates.status_documents import OUTSIDE_HEADERS, outside_html
from steek.incidents.updates.viewing import is_of_team, status_for
from steek.kernel.errors import NotFoundError
from steek.kernel.ids import new_id

_AHEAD = timedelta(days=60)


def oncall(site: Site, request: Request) -> Response:
    system = request.query_params.get("system", "").strip()
    view = oncall_view(site.services, form_key=_form_key(site), system=system)
    return HTMLResponse(render(site.templates, "oncall.html", frame(site, request, stream=""), view=view))


def calendar(site: Site, request: Request) -> Response:
    now = site.services.clock.now()
    asked = request.query_params.get("rotation") or None
    found = site.services.oncall.watches(now, now + _AHEAD, rotation=asked)
    headers = {"content-disposition": 'attachment; filename="on-call.ics"'}
    return Response(icalendar(found, made_at=now), media_type="text/calendar; charset=utf-8", headers=headers)


def status(site: Site, request: Request) -> Response:
    """In the view of whoever looks: the team's with its forms, a stakeholder's without the console around it."""
    services, looks, key = site.services, caller(), _form_key(site)
    updates, stakeholders = services.updates, services.stakeholders
    found, sees = status_for(looks, request.path_params["id"], status=updates.status, stakeholders=stakeholders.list)
    if looks is None or is_of_team(looks):
        view = status_view(services, found, form_key=key)
        return HTMLResponse(render(site.templates, "incident_status.html", frame(site, request), view=view))
    shown = stakeholder_view(services, found, sees, looks.principal, form_key=key)
    done = DONE.get(request.query_params.get("done", ""), "")
    bare = replace(nobodys_frame(services, request.url.path), stream="/stream", message=done, actor=looks.principal)
    return HTMLResponse(render(site.templates, "stakeholder_status.html", bare, view=shown))


def outside(site: Site, request: Request) -> Response:
    """Without the frame of the console: outsiders read neither its navigation nor its errors."""
    try:
        page, code = outside_html(site.services.outsiders.page(request.path_params["token"])), 200
    except NotFoundError as error:
        said = f"{escape(error.message)}. {escape(error.next_step)}"
        page, code = (
            f'<!doctype html><html lang="en"><title>Nothing here</title><main><h1>Nothing here</h1>{said}</main>',
            404,
        )
    return HTMLResponse(page, code, headers=OUTSIDE_HEADERS)


def _form_key(site: Site) -> str:
    return f"console:{new_id(site.services.clock.now())}"


ONCALL_PAGES: dict[str, PageFunction] = {
    "/on-call": oncall,
    "/on-call/calendar.ics": calendar,
    "/incidents/{id}/status": status,
    "/status/{token}": outside,
}
