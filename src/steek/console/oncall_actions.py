"""What people do from the console about being on call, roles, updates and questions."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote

from steek.console.data_actions import key_of
from steek.console.site import Site
from steek.incidents.roles.stakeholders import Stakeholder
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
    minutes = form.get("next", "").strip()
    site.services.updates.post(
        path["id"],
        form.get("text", ""),
        actor=_actor(form),
        key=key_of(site, form),
        impact=form.get("impact", ""),
        doing=form.get("doing", ""),
        outside=form.get("outside", ""),
        next_in_minutes=_number(minutes) if minutes else None,
    )
    return _incident(path, "updated", "updates")


def cadence(site: Site, path: Mapping[str, str], form: Form) -> str:
    minutes = _number(form.get("minutes", ""))
    site.services.updates.set_cadence(path["id"], minutes, actor=_actor(form), key=key_of(site, form))
    return _incident(path, "cadence-set", "updates")


def approve(site: Site, path: Mapping[str, str], form: Form) -> str:
    number = _number(form.get("number", ""))
    site.services.updates.approve(path["id"], number, actor=_actor(form), key=key_of(site, form))
    return _status(path, "outside-approved", "outside")


def publish(site: Site, path: Mapping[str, str], form: Form) -> str:
    site.services.updates.publish(path["id"], form.get("title", ""), actor=_actor(form), key=key_of(site, form))
    return _status(path, "outside-opened", "outside")


def withdraw_page(site: Site, path: Mapping[str, str], form: Form) -> str:
    site.services.updates.withdraw(path["id"], actor=_actor(form), key=key_of(site, form))
    return _status(path, "outside-withdrawn", "outside")


def ask(site: Site, path: Mapping[str, str], form: Form) -> str:
    site.services.updates.ask(path["id"], form.get("text", ""), actor=_actor(form), key=key_of(site, form))
    return _status(path, "question-asked", "questions")


def answer(site: Site, path: Mapping[str, str], form: Form) -> str:
    number, text = _number(form.get("question", "")), form.get("text", "")
    site.services.updates.answer(path["id"], number, text, actor=_actor(form), key=key_of(site, form))
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
    "/incidents/{id}/publish": publish,
    "/incidents/{id}/withdraw-page": withdraw_page,
    "/incidents/{id}/ask": ask,
    "/incidents/{id}/answer": answer,
    "/incidents/{id}/hand-over": hand_over,
    "/incidents/{id}/accept": accept,
    "/incidents/{id}/take": take,
}
