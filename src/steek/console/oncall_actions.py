"""What people do from the console about being on call, roles, updates and questions."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote

from steek.console.data_actions import key_of
from steek.console.site import Site
from steek.governance import caller
from steek.incidents.roles.stakeholders import Sees, Stakeholder
from steek.incidents.updates.viewing import status_for
from steek.kernel.errors import InputError

Form = Mapping[str, str]
Do = Callable[[Site, Mapping[str, str], Form], str]


def acknowledge(site: Site, _path: Mapping[str, str], form: Form) -> str:
    site.services.paging.acknowledge(form.get("incident", ""), actor=_actor(form), key=key_of(site, form))
    return "/on-call?done=page-answered"


def answer_page(site: Site, path: Mapping[str, str], form: Form) -> str:
    site.services.paging.acknowledge(path["id"], actor=_actor(form), key=key_of(site, form))
    return _incident(path, "page-answered")


def override(site: Site, _path: Mapping[str, str], form: Form) -> str:
    span, who = _span(form), form.get("person", "").strip()
    site.services.oncall.override(form.get("rotation", ""), who, *span, actor=_actor(form), key=key_of(site, form))
    return "/on-call?done=taken-over#calendar"


def absence(site: Site, _path: Mapping[str, str], form: Form) -> str:
    person = form.get("person", "").strip()
    site.services.oncall.absence(person, *_span(form), actor=_actor(form), key=key_of(site, form))
    return "/on-call?done=away#calendar"


def withdraw(site: Site, _path: Mapping[str, str], form: Form) -> str:
    site.services.oncall.withdraw(form.get("exception", ""), actor=_actor(form), key=key_of(site, form))
    return "/on-call?done=exception-withdrawn#calendar"


def stakeholder(site: Site, _path: Mapping[str, str], form: Form) -> str:
    covers = tuple(each.strip() for each in form.get("covers", "*").split(",") if each.strip())
    made = Stakeholder(form.get("name", ""), form.get("person", ""), form.get("part", ""), form.get("sees", ""), covers)
    site.services.stakeholders.put(made, actor=_actor(form), key=key_of(site, form))
    return "/on-call?done=stakeholder-kept#stakeholders"


def update(site: Site, path: Mapping[str, str], form: Form) -> str:
    minutes, outside_minutes = (form.get(name, "").strip() for name in ("next", "outside-next"))
    posted = site.services.updates.post(
        path["id"],
        form.get("text", ""),
        actor=_actor(form),
        key=key_of(site, form),
        impact=form.get("impact", ""),
        doing=form.get("doing", ""),
        outside=form.get("outside", ""),
        next_in_minutes=_number(minutes) if minutes else None,
        outside_next_in_minutes=_number(outside_minutes) if outside_minutes else None,
    )
    if posted.outside_state == "proposed":
        return _status(path, "updated-waits", "outside")
    return _incident(path, "updated", "updates")


def cadence(site: Site, path: Mapping[str, str], form: Form) -> str:
    minutes = _number(form.get("minutes", ""))
    site.services.updates.set_cadence(path["id"], minutes, actor=_actor(form), key=key_of(site, form))
    return _incident(path, "cadence-set", "updates")


def approve(site: Site, path: Mapping[str, str], form: Form) -> str:
    number = _number(form.get("number", ""))
    by, key, meant = _actor(form), key_of(site, form), words_of(form)
    site.services.outsiders.approve(path["id"], number, actor=by, key=key, meant=meant)
    return _status(path, "outside-approved", "outside")


def correct_outside(site: Site, path: Mapping[str, str], form: Form) -> str:
    number, text, why = _number(form.get("number", "")), form.get("text", ""), form.get("reason", "")
    by, key, meant = _actor(form), key_of(site, form), words_of(form)
    site.services.outsiders.correct(path["id"], number, text, reason=why, actor=by, key=key, meant=meant)
    return _status(path, "outside-corrected", "outside")


def publish(site: Site, path: Mapping[str, str], form: Form) -> str:
    by, key, meant = _actor(form), key_of(site, form), words_of(form)
    site.services.outsiders.publish(path["id"], form.get("title", ""), actor=by, key=key, meant=meant)
    return _status(path, "outside-opened", "outside")


def withdraw_page(site: Site, path: Mapping[str, str], form: Form) -> str:
    site.services.outsiders.withdraw(path["id"], actor=_actor(form), key=key_of(site, form))
    return _status(path, "outside-withdrawn", "outside")


def ask(site: Site, path: Mapping[str, str], form: Form) -> str:
    updates, stakeholders = site.services.updates, site.services.stakeholders
    found, may = status_for(caller(), path["id"], status=updates.status, stakeholders=stakeholders.list)
    asked_as, here = None if may is Sees.INTERNAL else may.value, {"id": found.incident.id}
    updates.ask(here["id"], form.get("text", ""), actor=_actor(form), key=key_of(site, form), asked_as=asked_as)
    return _status(here, "question-asked", "questions")


def answer(site: Site, path: Mapping[str, str], form: Form) -> str:
    number, text = _number(form.get("question", "")), form.get("text", "")
    by, key, meant = _actor(form), key_of(site, form), words_of(form)
    site.services.updates.answer(path["id"], number, text, actor=by, key=key, meant=meant)
    return _status(path, "question-answered", "questions")


def hand_over(site: Site, path: Mapping[str, str], form: Form) -> str:
    handovers = site.services.handovers
    said = form.get("summary", "").strip() or handovers.draft(path["id"])
    role, to = form.get("role", ""), form.get("to", "").strip()
    handovers.hand_over(path["id"], role, to, said, actor=_actor(form), key=key_of(site, form))
    return _incident(path, "handover-offered", "handovers")


def accept(site: Site, path: Mapping[str, str], form: Form) -> str:
    site.services.handovers.accept(form.get("handover", ""), actor=_actor(form), key=key_of(site, form))
    return _incident(path, "handed-over", "roles")


def take(site: Site, path: Mapping[str, str], form: Form) -> str:
    role, why = form.get("role", ""), form.get("reason", "")
    site.services.handovers.take(path["id"], role, reason=why, actor=_actor(form), key=key_of(site, form))
    return _incident(path, "handed-over", "roles")


def _actor(form: Form) -> str:
    return form["actor"].strip()


def _incident(path: Mapping[str, str], done: str, part: str = "") -> str:
    return f"/incidents/{quote(path['id'], safe='')}?done={done}{'#' + part if part else ''}"


def _status(path: Mapping[str, str], done: str, part: str) -> str:
    return f"/incidents/{quote(path['id'], safe='')}/status?done={done}#{part}"


def words_of(form: Form) -> tuple[str, ...]:
    """Words that whoever sends the form says are meant: ticked, or written into a field between commas."""
    ticked = [name.removeprefix("meant:") for name in form if name.startswith("meant:")]
    return (*ticked, *(each.strip() for each in form.get("meant", "").split(",") if each.strip()))


def _number(text: str) -> int:
    if not text.strip().isdecimal():
        message = f"{text[:40]!r} is no number"
        raise InputError(message, next_step="Fill it in with digits and send it again.")
    return int(text)


def _span(form: Form) -> tuple[datetime, datetime]:
    try:
        start, end = (datetime.fromisoformat(form.get(name, "")).replace(tzinfo=UTC) for name in ("start", "end"))
    except ValueError:
        raise InputError("the times cannot be read", next_step="Fill in both, such as 2024-03-25T09:00.") from None
    return start, end


ONCALL_ACTIONS: dict[str, Do] = {
    "/on-call/acknowledge": acknowledge,
    "/on-call/override": override,
    "/on-call/absence": absence,
    "/on-call/withdraw": withdraw,
    "/on-call/stakeholders": stakeholder,
    "/incidents/{id}/acknowledge": answer_page,
    "/incidents/{id}/updates": update,
    "/incidents/{id}/cadence": cadence,
    "/incidents/{id}/approve": approve,
    "/incidents/{id}/correct-outside": correct_outside,
    "/incidents/{id}/publish": publish,
    "/incidents/{id}/withdraw-page": withdraw_page,
    "/incidents/{id}/ask": ask,
    "/incidents/{id}/answer": answer,
    "/incidents/{id}/hand-over": hand_over,
    "/incidents/{id}/accept": accept,
    "/incidents/{id}/take": take,
}
