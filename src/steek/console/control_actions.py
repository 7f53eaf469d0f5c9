"""What people decide about held changes, agreements, estimates and watches from the page of an incident."""

from collections.abc import Mapping
from urllib.parse import quote

from steek.console.actor import is_of_the_team
from steek.console.data_actions import Do, Form, key_of
from steek.console.site import Site
from steek.incidents import Outcome
from steek.kernel.errors import InputError
from steek.kernel.units import parse_duration


def _page(incident: str, done: str, part: str) -> str:
    return f"/incidents/{quote(incident, safe='')}?done={done}#{part}"


def _seen(form: Form, name: str) -> int | None:
    text = form.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def ask_change(site: Site, path: Mapping[str, str], form: Form) -> str:
    control, seen = site.services.change_control, _seen(form, "change_version")
    reason, by = form.get("reason", ""), form["actor"].strip()
    control.ask(path["change"], reason=reason, actor=by, key=key_of(site, form), expected_version=seen)
    return _page(path["id"], "change-asked", "held")


def approve_change(site: Site, path: Mapping[str, str], form: Form) -> str:
    lasts = form.get("valid_for", "").strip()
    site.services.change_control.approve(
        path["change"],
        reason=form.get("reason", ""),
        valid_for=parse_duration(lasts) if lasts else None,
        actor=form["actor"].strip(),
        key=key_of(site, form),
        expected_version=_seen(form, "change_version"),
    )
    return _page(path["id"], "change-approved", "held")


def refuse_change(site: Site, path: Mapping[str, str], form: Form) -> str:
    control, seen = site.services.change_control, _seen(form, "change_version")
    reason, by = form.get("reason", ""), form["actor"].strip()
    control.refuse(path["change"], reason=reason, actor=by, key=key_of(site, form), expected_version=seen)
    return _page(path["id"], "change-refused", "held")


def answer(site: Site, path: Mapping[str, str], form: Form) -> str:
    """Agree, decline, or go ahead without; stakeholders come back to the status, which is all they see."""
    if form.get("say") == "override":
        site.services.agreements.override(
            path["agreement"],
            reason=form.get("answer", ""),
            actor=form["actor"].strip(),
            key=f"{key_of(site, form)}-override",
            expected_version=_seen(form, "agreement_version"),
        )
        return _page(path["id"], "agreement-answered", "agreements")
    said = {"agree": site.services.agreements.agree, "decline": site.services.agreements.decline}
    choice = form.get("say", "")
    if choice not in said:
        raise InputError("neither agreed nor declined", next_step="Choose one of the two buttons.")
    said[choice](
        path["agreement"],
        answer=form.get("answer", ""),
        actor=form["actor"].strip(),
        key=f"{key_of(site, form)}-{choice}",
        expected_version=_seen(form, "agreement_version"),
    )
    if not is_of_the_team():
        return f"/incidents/{quote(path['id'], safe='')}/status?done=agreement-answered#agreements"
    return _page(path["id"], "agreement-answered", "agreements")


def name_answerer(site: Site, path: Mapping[str, str], form: Form) -> str:
    given = form.get("of", ""), form.get("person", "")
    by, key = form["actor"].strip(), key_of(site, form)
    site.services.agreements.name_answerer(path["id"], *given, reason=form.get("reason", ""), actor=by, key=key)
    return _page(path["id"], "answerer-named", "agreements")


def take_up(site: Site, path: Mapping[str, str], form: Form) -> str:
    number = path["number"]
    if not number.isdecimal() or len(number) > 9:
        message = f"{number[:20]!r} is not the number of an action"
        raise InputError(message, next_step="Reload the page and send it again.")
    taken = site.services.interrupted_actions.take_up(path["id"], int(number), actor=form["actor"].strip())
    return _page(path["id"], "failed" if taken.outcome is Outcome.FAILED else "acted", "actions")


def estimate(site: Site, path: Mapping[str, str], form: Form) -> str:
    site.services.outlook.record(path["id"], actor=form["actor"].strip(), key=key_of(site, form))
    return _page(path["id"], "estimated", "recovery")


def watch(site: Site, path: Mapping[str, str], form: Form) -> str:
    length, by = parse_duration(form.get("length", "")), form["actor"].strip()
    site.services.watch_periods.extend(path["id"], length, actor=by, key=key_of(site, form))
    return _page(path["id"], "watched", "recovery")


CONTROL_ACTIONS: dict[str, Do] = {
    "/incidents/{id}/changes/{change}/ask": ask_change,
    "/incidents/{id}/changes/{change}/approve": approve_change,
    "/incidents/{id}/changes/{change}/refuse": refuse_change,
    "/incidents/{id}/agreements/{agreement}": answer,
    "/incidents/{id}/answerers": name_answerer,
    "/incidents/{id}/actions/{number}": take_up,
    "/incidents/{id}/estimate": estimate,
    "/incidents/{id}/watch": watch,
}
