"""What people do from the console so that others are called: call them, say how, and in which turns."""

from collections.abc import Callable, Mapping
from urllib.parse import quote

from steek.console.data_actions import key_of
from steek.console.site import Site
from steek.incidents.oncall.contacts import contact_of
from steek.kernel.errors import InputError

Form = Mapping[str, str]
Do = Callable[[Site, Mapping[str, str], Form], str]


def call(site: Site, path: Mapping[str, str], form: Form) -> str:
    to = form.get("to", "").strip()
    site.services.paging.page(path["id"], to, actor=form["actor"].strip(), key=key_of(site, form))
    return f"/incidents/{quote(path['id'], safe='')}?done=called#handovers"


def leave_shadow(site: Site, path: Mapping[str, str], form: Form) -> str:
    person = form.get("person", "")
    site.services.handovers.leave_shadow(path["id"], person, actor=form["actor"].strip(), key=key_of(site, form))
    return f"/incidents/{quote(path['id'], safe='')}?done=shadow-left#handovers"


def contacts(site: Site, _path: Mapping[str, str], form: Form) -> str:
    given = [contact_of(line) for line in form.get("contacts", "").splitlines() if line.strip()]
    person = form.get("person", "").strip()
    site.services.oncall.set_contacts(person, given, actor=form["actor"].strip(), key=key_of(site, form))
    return "/on-call?done=contacts-kept#contacts"


def rotation(site: Site, _path: Mapping[str, str], form: Form) -> str:
    """Fields as people type them; those left empty keep their usual value."""
    document: dict[str, object] = {
        "name": form.get("name", "").strip(),
        "people": _listed(form.get("people", "")),
        "starts_on": form.get("starts", "").strip(),
        "covers": _listed(form.get("covers", "")) or ["*"],
        "shift_hours": _number(form.get("hours", "").strip() or "168"),
    }
    plain = {"hands_over_at": "hands-over", "zone": "zone", "duty": "duty"}
    document |= {name: form[field].strip() for name, field in plain.items() if form.get(field, "").strip()}
    steps = [each.partition(":") for each in _listed(form.get("escalation", ""))]
    document["escalation"] = [{"after_minutes": _number(minutes), "to": to} for minutes, _, to in steps]
    document |= {"ends_on": form["ends"].strip()} if form.get("ends", "").strip() else {}
    version = form.get("version", "").strip()
    seen = int(version) if version.isdecimal() else None
    site.services.oncall.put_rotation(
        document, actor=form["actor"].strip(), key=key_of(site, form), expected_version=seen
    )
    return "/on-call?done=rotation-kept"


def remove(site: Site, _path: Mapping[str, str], form: Form) -> str:
    site.services.oncall.remove_rotation(form.get("name", ""), actor=form["actor"].strip(), key=key_of(site, form))
    return "/on-call?done=rotation-removed"


def _listed(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


def _number(text: str) -> int:
    if not text.isdecimal():
        message = f"{text[:40]!r} is no number"
        raise InputError(message, next_step="Write hours as 168, and escalation as 10:next, 20:rotation:leads.")
    return int(text)


CALLING_ACTIONS: dict[str, Do] = {
    "/incidents/{id}/call": call,
    "/incidents/{id}/leave-shadow": leave_shadow,
    "/on-call/contacts": contacts,
    "/on-call/rotations": rotation,
    "/on-call/rotations/remove": remove,
}
