"""What people do from the console about harm, raw data, refusals and concerns."""

from collections.abc import Callable, Mapping
from urllib.parse import quote

from steek.console.data_actions import key_of
from steek.console.services import Services
from steek.console.site import Site
from steek.governance import Actor, caller
from steek.governance.emergency.grants import EmergencyGrant, Opening
from steek.incidents.ethics.groups import GroupAnswer
from steek.kernel.errors import InputError

Form = Mapping[str, str]
Do = Callable[[Site, Mapping[str, str], Form], str]
_MOST_GROUPS = 40


def person(services: Services, claimed: str) -> Actor:
    """Who sits here: the token's principal, else the name in the form, with the roles that the project declares."""
    found = caller()
    return found if found is not None and found.token is not None else services.access.actor(claimed.strip())


def consider(site: Site, path: Mapping[str, str], form: Form) -> str:
    answers = [
        GroupAnswer(form.get(f"group.{number}", "").strip(), form[f"harm.{number}"], form.get(f"why.{number}", ""))
        for number in range(_MOST_GROUPS)
        if form.get(f"harm.{number}")
    ]
    by, key = _name(site, form), key_of(site, form)
    nobody = form.get("nobody", "").strip()
    site.services.groups.consider(path["id"], answers, nobody_because=nobody, actor=by, key=key)
    return _incident(path["id"], "considered", "groups")


def ask(site: Site, path: Mapping[str, str], form: Form) -> str:
    columns = tuple(name.strip() for name in form.get("columns", "").split(",") if name.strip())
    minutes = form.get("minutes", "15").strip()
    if not minutes.isdecimal():
        message = f"{minutes[:20]!r} is not a number of minutes"
        raise InputError(message, next_step="Write a whole number.")
    site.services.break_glass.ask(
        person(site.services, form["actor"]),
        path["id"],
        [Opening(form.get("dataset", ""), columns, form.get("rows", ""))],
        purpose=form.get("purpose", ""),
        why_raw=form.get("why_raw", ""),
        why_not_first=form.get("why_not_first", "").strip(),
        minutes=int(minutes),
        key=key_of(site, form),
    )
    return _incident(path["id"], "asked-raw", "emergency")


def grant(site: Site, path: Mapping[str, str], form: Form) -> str:
    by, key, seen = person(site.services, form["actor"]), key_of(site, form), _seen(form)
    note = form.get("note", "")
    done = site.services.break_glass.grant(path["grant"], by, note=note, key=key, expected_version=seen)
    return _of(done, "opened-raw")


def refuse_access(site: Site, path: Mapping[str, str], form: Form) -> str:
    by, key, seen = person(site.services, form["actor"]), key_of(site, form), _seen(form)
    reason = form.get("reason", "")
    done = site.services.break_glass.refuse(path["grant"], by, reason=reason, key=key, expected_version=seen)
    return _of(done, "refused-raw")


def end(site: Site, path: Mapping[str, str], form: Form) -> str:
    by, key = person(site.services, form["actor"]), key_of(site, form)
    return _of(site.services.break_glass.end(path["grant"], by, key=key, expected_version=_seen(form)), "ended-raw")


def review(site: Site, path: Mapping[str, str], form: Form) -> str:
    by, key, seen = person(site.services, form["actor"]), key_of(site, form), _seen(form)
    verdict, note = form.get("verdict", ""), form.get("note", "")
    service = site.services.break_glass
    return _of(service.review(path["grant"], by, verdict, note=note, key=key, expected_version=seen), "reviewed-raw")


def refuse(site: Site, path: Mapping[str, str], form: Form) -> str:
    kind, _, what = form.get("what", "").partition(":")
    by, key, reason = _name(site, form), key_of(site, form), form.get("reason", "")
    site.services.refusals.refuse(path["id"], kind, what, reason, actor=by, key=key)
    return _incident(path["id"], "refused", "refusals")


def decide(site: Site, path: Mapping[str, str], form: Form) -> str:
    by, key, seen = _name(site, form), key_of(site, form), _seen(form)
    verdict, note = form.get("verdict", ""), form.get("note", "")
    service = site.services.refusals
    service.decide(path["refusal"], verdict, note=note, actor=by, key=key, expected_version=seen)
    return _incident(path["id"], "refusal-decided", "refusals")


def acknowledge(site: Site, path: Mapping[str, str], form: Form) -> str:
    by, key = person(site.services, form["actor"]).principal, key_of(site, form)
    site.services.concerns.acknowledge(path["concern"], by, key=key, expected_version=_seen(form))
    return "/concerns?done=concern-acknowledged"


def answer(site: Site, path: Mapping[str, str], form: Form) -> str:
    by, key, text = person(site.services, form["actor"]).principal, key_of(site, form), form.get("text", "")
    close, seen = form.get("close") == "yes", _seen(form)
    site.services.concerns.answer(path["concern"], by, text, close=close, key=key, expected_version=seen)
    return "/concerns?done=concern-answered"


def _name(site: Site, form: Form) -> str:
    return person(site.services, form["actor"]).principal


def _seen(form: Form) -> int | None:
    given = form.get("version", "")
    return int(given) if given.isdecimal() else None


def _of(grant: EmergencyGrant, done: str) -> str:
    return _incident(grant.incident, done, f"grant-{grant.id}")


def _incident(incident: str, done: str, part: str) -> str:
    return f"/incidents/{quote(incident, safe='')}?done={done}#{part}"


ETHICS_ACTIONS: dict[str, Do] = {
    "/incidents/{id}/groups": consider,
    "/incidents/{id}/break-glass": ask,
    "/incidents/{id}/refusals": refuse,
    "/incidents/{id}/refusals/{refusal}": decide,
    "/break-glass/{grant}/grant": grant,
    "/break-glass/{grant}/refuse": refuse_access,
    "/break-glass/{grant}/end": end,
    "/break-glass/{grant}/review": review,
    "/concerns/{concern}/acknowledge": acknowledge,
    "/concerns/{concern}/answer": answer,
}
