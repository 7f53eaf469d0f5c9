"""Answers that are shown once and kept nowhere: rows of an emergency, and the ticket of a concern."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from steek.console.actions import read_form
from steek.console.actor import sign
from steek.console.data_actions import key_of
from steek.console.ethics_actions import person
from steek.console.page import render
from steek.console.pages import frame
from steek.console.site import Site
from steek.kernel.errors import InputError
from steek.platform import read_in_emergency

Shown = Callable[[Site, Request], Awaitable[Response]]


async def rows(site: Site, request: Request) -> Response:
    """The rows that a grant opens to who asked."""
    form = await read_form(request)
    sign(form)
    return await run_in_threadpool(_rows, site, request, form)


async def raised(site: Site, request: Request) -> Response:
    """A concern, and the ticket that shows its answer."""
    form = await read_form(request)
    return await run_in_threadpool(_raised, site, request, form)


def _rows(site: Site, request: Request, form: Mapping[str, str]) -> Response:
    services = site.services
    if not form.get("actor", "").strip():
        raise InputError("nobody signed this", next_step="Fill in 'You are' and send it again.")
    by, grant = person(services, form["actor"]), request.path_params["grant"]
    found = read_in_emergency(services.break_glass, services.lake, by, grant, form.get("dataset") or None)
    return _page(site, request, "emergency_rows.html", grant=services.break_glass.get(grant), found=found)


def _raised(site: Site, request: Request, form: Mapping[str, str]) -> Response:
    services, claimed = site.services, form.get("actor", "").strip()
    anonymous = form.get("anonymous") == "yes" or not claimed
    made = services.concerns.raise_concern(
        form.get("text", ""),
        by=None if anonymous else person(services, claimed).principal,
        incident=form.get("incident") or None,
        to_commander=form.get("to_commander") == "yes",
        key=key_of(site, form),
    )
    return _page(site, request, "concern_raised.html", made=made, anonymous=anonymous)


def _page(site: Site, request: Request, template: str, **values: object) -> Response:
    framed = frame(site, request, stream="")
    headers = {"cache-control": "no-store"}
    return HTMLResponse(render(site.templates, template, framed, **values), headers=headers)


SHOWN_ONCE: dict[str, Shown] = {"/break-glass/{grant}/rows": rows, "/concerns/raise": raised}
