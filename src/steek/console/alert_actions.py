"""What people do about alerts from the console: acknowledge, judge, silence, end a silence, ask why."""

from collections.abc import Callable, Mapping
from urllib.parse import quote

from steek.console.data_actions import key_of
from steek.console.site import Site
from steek.kernel.errors import InputError
from steek.kernel.units import parse_duration

Form = Mapping[str, str]
Do = Callable[[Site, Mapping[str, str], Form], str]


def acknowledge(site: Site, path: Mapping[str, str], form: Form) -> str:
    site.services.alert_inbox.acknowledge(path["id"], actor=_actor(form), key=key_of(site, form))
    return _back(form, path["id"], "seen")


def judge(site: Site, path: Mapping[str, str], form: Form) -> str:
    seen = form.get("seen", "")
    site.services.alert_inbox.judge(
        path["id"],
        form.get("verdict", ""),
        actor=_actor(form),
        key=key_of(site, form),
        note=form.get("note", ""),
        seen=int(seen) if seen.isdecimal() else None,
    )
    return _back(form, path["id"], "judged")


def silence(site: Site, _path: Mapping[str, str], form: Form) -> str:
    site.services.alert_inbox.silence(
        monitor=form.get("monitor", "").strip(),
        subject=form.get("subject", "*").strip(),
        slice=form.get("slice", "*").strip(),
        lasts=parse_duration(form.get("lasts", "").strip()),
        reason=form.get("reason", ""),
        actor=_actor(form),
        key=key_of(site, form),
        covers_pages=form.get("pages") == "yes",
    )
    return "/alerts?done=silenced#silences"


def unsilence(site: Site, path: Mapping[str, str], form: Form) -> str:
    site.services.alert_inbox.unsilence(path["id"], actor=_actor(form))
    return "/alerts?done=unsilenced#silences"


def explain(site: Site, path: Mapping[str, str], form: Form) -> str:
    site.services.explaining.explain(path["id"], key=key_of(site, form), actor=_actor(form))
    return f"/alerts/{quote(path['id'], safe='')}?done=attributed#why"


def _actor(form: Form) -> str:
    return form["actor"].strip()


def _back(form: Form, target: str, done: str) -> str:
    """The inbox, or the page that the form was on."""
    page = form.get("page", "")
    if page not in ("", "alert", "group"):
        message = f"{page[:20]!r} is no page of alerts"
        raise InputError(message)
    name = quote(target, safe="")
    base = {"alert": f"/alerts/{name}", "group": f"/alert-groups/{name}"}.get(page, "/alerts")
    return f"{base}?done={done}"


ALERT_ACTIONS: dict[str, Do] = {
    "/alerts/{id}/acknowledge": acknowledge,
    "/alerts/{id}/judge": judge,
    "/alerts/{id}/explain": explain,
    "/silences": silence,
    "/silences/{id}/end": unsilence,
}
