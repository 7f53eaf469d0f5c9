"""The page of something that went wrong: what, what to do, what happened meanwhile, and what was typed."""

from collections.abc import Mapping
from typing import cast

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from steek.console.actor import actor_of, signed_in
from steek.console.incident_live import nobodys_frame
from steek.console.kept_form import kept_form
from steek.console.page import Frame, render
from steek.console.pages import frame
from steek.console.site import Site
from steek.console.timeline_parts import EntryLine, entry_line
from steek.incidents import Incident
from steek.kernel.errors import ResourceError, StaleWriteError, SteekError

_HEADINGS: Mapping[int, str] = {
    400: "That cannot be",
    403: "Refused",
    404: "Nothing here",
    409: "Not now",
    503: "Not possible now",
}
_CONFLICT = "Somebody else was faster"
_MOST_MEANWHILE = 5


def error_page(site: Site, request: Request, error: SteekError, status: int) -> Response:
    """The page of an error; a form that was turned away comes back with what was typed.

    Args:
        site: What pages are made of; the page is drawn without its database where that does not answer.
        request: What was asked for.
        error: What is wrong.
        status: Of the answer.
    """
    is_conflict = isinstance(error, StaleWriteError)
    form = cast("Mapping[str, str] | None", getattr(request.state, "form", None))
    shown = {
        "heading": _CONFLICT if is_conflict else _HEADINGS.get(status, "Something is broken here"),
        "back": _back(request),
        "kept": None if form is None else kept_form(request.url.path, form, error),
        "meanwhile": _meanwhile(site, request) if is_conflict else (),
        "open_incidents": _open_incidents(site) if isinstance(error, ResourceError) else (),
        "status": status,
    }
    return HTMLResponse(render(site.templates, "error.html", _frame(site, request, error), **shown), status)


def _frame(site: Site, request: Request, error: SteekError) -> Frame:
    words = {"stream": "", "error": error.message, "next_step": error.next_step}
    try:
        return frame(site, request, **words)
    except ResourceError:
        bare = nobodys_frame(site.services, request.url.path)
        by, signed = actor_of(request), signed_in() is not None
        return Frame(bare.project, bare.now, bare.is_replay, bare.path, (), **words, actor=by, is_signed=signed)


def _meanwhile(site: Site, request: Request) -> tuple[EntryLine, ...]:
    """The newest lines of the incident that the form is about, newest first."""
    incident_id = request.path_params.get("id")
    if incident_id is None or not request.url.path.startswith("/incidents/"):
        return ()
    entries = site.services.incidents.stories.timeline(incident_id)
    return tuple(entry_line(entry) for entry in [each for each in entries if each.own][: -_MOST_MEANWHILE - 1 : -1])


def _open_incidents(site: Site) -> tuple[Incident, ...]:
    try:
        return tuple(site.services.incidents.list(open_only=True))
    except ResourceError:
        return ()


def _back(request: Request) -> str:
    """The page a form was on: the address of the form without its last word."""
    return request.url.path.rpartition("/")[0] if request.method == "POST" and request.url.path.count("/") > 1 else ""
