"""Pages of what was learned: follow-ups, the map of defences, readiness."""

from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from steek.console.defences_page import category_view, defences_view
from steek.console.follow_ups_page import follow_up_view, follow_ups_view
from steek.console.page import render
from steek.console.pages import PageFunction, frame
from steek.console.readiness_page import readiness_view
from steek.console.site import Site
from steek.kernel.ids import new_id


def defences(site: Site, request: Request) -> Response:
    view = defences_view(site.services, _model(request), form_key=_form_key(site))
    return _html(site, request, "defences.html", view=view)


def defences_against(site: Site, request: Request) -> Response:
    category = request.path_params["category"]
    view = category_view(site.services, category, _model(request), form_key=_form_key(site))
    return _html(site, request, "defences_against.html", view=view)


def readiness(site: Site, request: Request) -> Response:
    view = readiness_view(site.services, _model(request), form_key=_form_key(site))
    return _html(site, request, "readiness.html", view=view)


def follow_ups(site: Site, request: Request) -> Response:
    owner = request.query_params.get("owner") or None
    view = follow_ups_view(site.services, owner, form_key=_form_key(site))
    return _html(site, request, "follow_ups.html", view=view)


def follow_up(site: Site, request: Request) -> Response:
    view = follow_up_view(site.services, request.path_params["id"], form_key=_form_key(site))
    return _html(site, request, "follow_up.html", view=view)


def _html(site: Site, request: Request, template: str, **values: Any) -> Response:
    # None of these changes while somebody looks at it.
    return HTMLResponse(render(site.templates, template, frame(site, request, stream=""), **values))


def _model(request: Request) -> str | None:
    return request.query_params.get("model") or None


def _form_key(site: Site) -> str:
    return f"console:{new_id(site.services.clock.now())}"


DEFENCE_PAGES: dict[str, PageFunction] = {
    "/defences": defences,
    "/defences/{category}": defences_against,
    "/readiness": readiness,
    "/follow-ups": follow_ups,
    "/follow-ups/{id}": follow_up,
}
