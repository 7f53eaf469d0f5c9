"""What people do from the console: forms in, a redirect out, so that a reload repeats nothing."""

from collections.abc import Callable, Mapping
from typing import cast
from urllib.parse import parse_qsl, quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from steek.console.actor import remember_actor, sign
from steek.console.data_actions import key_of
from steek.console.site import Site
from steek.incidents import Incident, Outcome, Said
from steek.kernel.errors import ConflictError, InputError

_MOST_BYTES = 100_000
_ARGUMENT = "argument."

Form = Mapping[str, str]
ActionFunction = Callable[[Site, Mapping[str, str], Form], str]


async def perform(action: ActionFunction, site: Site, request: Request) -> Response:
    """Read the form, do it, and go to the page that shows what came of it.

    Raises:
        InputError: no name, or a form too large to be one of ours.
    """
    form = await read_form(request)
    sign(form)
    # Whoever is turned away sees again what they typed.
    request.state.form = form
    actor = form.get("actor", "").strip()
    if not actor:
        raise InputError("nobody signed this", next_step="Fill in 'You are' and send it again.")
    target = await run_in_threadpool(action, site, request.path_params, form)
    response = RedirectResponse(target, status_code=303)
    remember_actor(response, actor)
    return response


async def read_form(request: Request) -> dict[str, str]:
    """Fields of a form. Raises InputError for one too large, or that cannot be read."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _MOST_BYTES:
            message = f"this form has more than {_MOST_BYTES:,} bytes"
            raise InputError(message, next_step="Shorten the text.")
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=100))
    except ValueError as cause:
        raise InputError("this form cannot be read", next_step="Reload the page and send it again.") from cause


def _seen(form: Form) -> int | None:
    """The version of the incident that the form was opened on; None for a form that says none."""
    version = form.get("version", "")
    return int(version) if version.isdecimal() and len(version) < 10 else None


def _page(incident: str, done: str, part: str = "") -> str:
    return f"/incidents/{quote(incident, safe='')}?done={done}{'#' + part if part else ''}"


def declare(site: Site, _path: Mapping[str, str], form: Form) -> str:
    what = form.get("title", ""), form.get("on", ""), form.get("severity", "")
    by, alert = form["actor"].strip(), form.get("alert", "").strip() or None
    said = Said(*what, by, form.get("freeze") == "yes", key_of(site, form), alert=alert, note=form.get("note", ""))
    declared = site.services.offline.declare(said)
    return _page(declared.id, "declared") if isinstance(declared, Incident) else "/incidents?done=kept"


def assign(site: Site, path: Mapping[str, str], form: Form) -> str:
    incidents, key = site.services.incidents, key_of(site, form)
    role, person = form.get("role", ""), form.get("person", "").strip() or form["actor"].strip()
    incidents.assign(path["id"], role, person, form["actor"].strip(), key=key, expected_version=_seen(form))
    return _page(path["id"], "assigned", "roles")


def note(site: Site, path: Mapping[str, str], form: Form) -> str:
    site.services.incidents.note(path["id"], form.get("text", ""), form["actor"].strip(), key=key_of(site, form))
    return _page(path["id"], "noted", "timeline")


def act(site: Site, path: Mapping[str, str], form: Form) -> str:
    given = {
        name.removeprefix(_ARGUMENT): value.strip()
        for name, value in form.items()
        if name.startswith(_ARGUMENT) and value.strip()
    }
    mitigation, by, key = form.get("mitigation", ""), form["actor"].strip(), key_of(site, form)
    try:
        taken = site.services.incidents.act(path["id"], mitigation, given, by, key=key, expected_version=_seen(form))
    except ConflictError as wait:
        missing = wait.details.get("missing")
        if not isinstance(missing, list):
            raise
        for who in map(str, cast("list[object]", missing)):
            asked = {"of": who, "actor": by, "key": f"{key}:{who}", "reason": form.get("reason", "")}
            site.services.agreements.ask(path["id"], mitigation, given, **asked)
        return _page(path["id"], "agreement-asked", "agreements")
    return _page(path["id"], "failed" if taken.outcome is Outcome.FAILED else "acted")


def advance(site: Site, path: Mapping[str, str], form: Form) -> str:
    incidents, key = site.services.incidents, key_of(site, form)
    why, by, seen = form.get("reason", ""), form["actor"].strip(), _seen(form)
    incidents.advance(path["id"], form.get("action", ""), by, key=key, reason=why, expected_version=seen)
    return _page(path["id"], "advanced")


def resolve(site: Site, path: Mapping[str, str], form: Form) -> str:
    incidents, key = site.services.incidents, key_of(site, form)
    without = form.get("unverified") == "yes"
    incidents.resolve(
        path["id"],
        actor=form["actor"].strip(),
        key=key,
        verify=not without,
        reason=form.get("reason", ""),
        expected_version=_seen(form),
    )
    return _page(path["id"], "resolved")


def roll_back(site: Site, path: Mapping[str, str], form: Form) -> str:
    to, epoch = form.get("to", "last-good"), form.get("epoch", "")
    if to != "last-good" and not to.isdecimal():
        message = f"{to[:40]!r} is not a version"
        raise InputError(message, next_step="Choose 'last good' or the number of a version.")
    site.services.routes.rollback(
        path["name"],
        to=int(to) if to.isdecimal() else "last-good",
        member=form.get("member", "").strip() or None,
        actor=form["actor"].strip(),
        reason=form.get("reason", ""),
        key=key_of(site, form),
        expected_epoch=int(epoch) if epoch.isdecimal() else None,
    )
    return f"/models/{quote(path['name'], safe='')}?done=rolled-back#route"


ACTIONS: dict[str, ActionFunction] = {
    "/incidents": declare,
    "/incidents/{id}/roles": assign,
    "/incidents/{id}/notes": note,
    "/incidents/{id}/act": act,
    "/incidents/{id}/advance": advance,
    "/incidents/{id}/resolve": resolve,
    "/models/{name}/rollback": roll_back,
}
