"""What people do from the console about signals and the state of an incident."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote

from steek.console.actor import is_of_the_team
from steek.console.data_actions import key_of
from steek.console.site import Site
from steek.kernel.errors import InputError

Form = Mapping[str, str]
Do = Callable[[Site, Mapping[str, str], Form], str]
_NUMBER_CHARACTERS = 20


def file_signal(site: Site, _path: Mapping[str, str], form: Form) -> str:
    site.services.signals.file(
        form.get("text", ""),
        on=form.get("on", ""),
        kind=form.get("kind", ""),
        actor=_actor(form),
        key=key_of(site, form),
        source=form.get("source", "").strip() or None,
    )
    # Whoever files an answer of the bench goes on asking; support has no page of incidents to go to.
    return "/incidents?done=filed#signals" if is_of_the_team() else "/bench?done=filed"


def dismiss_signal(site: Site, path: Mapping[str, str], form: Form) -> str:
    site.services.signals.dismiss(path["id"], form.get("reason", ""), _actor(form), key=key_of(site, form))
    return "/incidents?done=dismissed#signals"


def declare_from_prompt(site: Site, path: Mapping[str, str], form: Form) -> str:
    incident = site.services.signals.declare(
        path["id"],
        severity=form.get("severity", ""),
        actor=_actor(form),
        key=key_of(site, form),
        title=form.get("title", ""),
        freeze=form.get("freeze") == "yes",
    )
    return _page(incident.id, "declared")


def assess(site: Site, path: Mapping[str, str], form: Form) -> str:
    site.services.triage.assess(
        path["id"],
        form.get("dimension", ""),
        _actor(form),
        key=key_of(site, form),
        evidence=form.get("evidence", ""),
        low=_number(form, "low"),
        high=_number(form, "high"),
        unit=form.get("unit", "").strip() or None,
        names=[line.strip() for line in form.get("names", "").splitlines() if line.strip()],
    )
    return _page(path["id"], "assessed", "impact")


def set_severity(site: Site, path: Mapping[str, str], form: Form) -> str:
    given = form.get("severity", ""), form.get("reason", ""), _actor(form)
    site.services.triage.set_severity(path["id"], *given, key=key_of(site, form), expected_version=_seen(form))
    return _page(path["id"], "rated", "impact")


def touch(site: Site, path: Mapping[str, str], form: Form) -> str:
    triage, given = site.services.triage, (form.get("system", ""), form.get("reason", ""), _actor(form))
    change = triage.remove_system if form.get("affected") == "no" else triage.add_system
    change(path["id"], *given, key=key_of(site, form), expected_version=_seen(form))
    return _page(path["id"], "touched", "impact")


def merge(site: Site, path: Mapping[str, str], form: Form) -> str:
    given = form.get("into", ""), form.get("reason", ""), _actor(form)
    after = site.services.merges.merge(path["id"], *given, key=key_of(site, form), expected_version=_seen(form))
    return _page(after.id, "merged", "impact")


def unmerge(site: Site, path: Mapping[str, str], form: Form) -> str:
    said = form.get("reason", ""), _actor(form)
    site.services.merges.undo(path["id"], *said, key=key_of(site, form), expected_version=_seen(form))
    return _page(path["id"], "unmerged", "impact")


def attach_alert(site: Site, path: Mapping[str, str], form: Form) -> str:
    attaching, alert, key, seen = site.services.attaching, form.get("alert", ""), key_of(site, form), _seen(form)
    if form.get("belongs") == "no":
        attaching.detach(path["id"], alert, form.get("reason", ""), _actor(form), key=key, expected_version=seen)
    else:
        attaching.attach(path["id"], alert, _actor(form), key=key, expected_version=seen)
    return _page(path["id"], "attached", "alerts")


def near_miss(site: Site, path: Mapping[str, str], form: Form) -> str:
    site.services.triage.near_miss(path["id"], form.get("defence", ""), _actor(form), key=key_of(site, form))
    return _page(path["id"], "near-miss", "impact")


def correct(site: Site, path: Mapping[str, str], form: Form) -> str:
    site.services.triage.correct(
        path["id"],
        form.get("text", ""),
        _actor(form),
        key=key_of(site, form),
        phase=form.get("phase", ""),
        edge=form.get("edge", ""),
        earliest_at=_instant(form, "earliest"),
        latest_at=_instant(form, "latest"),
    )
    return _page(path["id"], "corrected", "phases")


def pin_chart(site: Site, path: Mapping[str, str], form: Form) -> str:
    site.services.pins.pin_chart(
        path["id"],
        form.get("monitor", ""),
        _actor(form),
        key=key_of(site, form),
        slice=form.get("slice", "").strip() or None,
        title=form.get("title", "").strip() or None,
    )
    return _page(path["id"], "pinned", "pins")


STATE_ACTIONS: dict[str, Do] = {
    "/signals": file_signal,
    "/signals/{id}/dismissal": dismiss_signal,
    "/signals/prompts/{id}/incident": declare_from_prompt,
    "/incidents/{id}/impact": assess,
    "/incidents/{id}/severity": set_severity,
    "/incidents/{id}/systems": touch,
    "/incidents/{id}/alerts": attach_alert,
    "/incidents/{id}/merge": merge,
    "/incidents/{id}/unmerge": unmerge,
    "/incidents/{id}/near-miss": near_miss,
    "/incidents/{id}/corrections": correct,
    "/incidents/{id}/pins": pin_chart,
}


def _page(incident: str, done: str, part: str = "") -> str:
    return f"/incidents/{quote(incident, safe='')}?done={done}{'#' + part if part else ''}"


def _actor(form: Form) -> str:
    return form["actor"].strip()


def _seen(form: Form) -> int | None:
    version = form.get("version", "")
    return int(version) if version.isdecimal() and len(version) < _NUMBER_CHARACTERS else None


def _number(form: Form, name: str) -> float | None:
    text = form.get(name, "").strip().replace(",", "")
    if not text:
        return None
    try:
        return float(text[:_NUMBER_CHARACTERS])
    except ValueError:
        message = f"{text[:_NUMBER_CHARACTERS]!r} is not a number"
        raise InputError(message, next_step="Write digits, and leave out what is not known.") from None


def _instant(form: Form, name: str) -> datetime | None:
    text = form.get(name, "").strip()
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        message = f"{text[:40]!r} is not a time"
        raise InputError(message, next_step="Write it as 2017-10-15T08:00.") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
