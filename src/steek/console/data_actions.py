"""What people do about data from the console: held batches, quarantine, contracts, erasures."""

from collections.abc import Callable, Mapping
from urllib.parse import quote

from steek.console.site import Site
from steek.data import Selection, Subject
from steek.kernel.ids import new_id

Form = Mapping[str, str]
Do = Callable[[Site, Mapping[str, str], Form], str]


def key_of(site: Site, form: Form) -> str:
    """The key that the page gave its form, so that sending it twice does it once; a new one without."""
    return form.get("key") or f"console:{new_id(site.services.clock.now())}"


def _actor(form: Form) -> str:
    return form["actor"].strip()


def release(site: Site, path: Mapping[str, str], form: Form) -> str:
    feed, id = site.services.feed, path["id"]
    feed.release(id, actor=_actor(form), reason=form.get("reason", ""), key=f"release:{id}")
    return f"/receipts/{quote(id, safe='')}?done=released"


def reject(site: Site, path: Mapping[str, str], form: Form) -> str:
    feed, id = site.services.feed, path["id"]
    feed.reject(id, actor=_actor(form), reason=form.get("reason", ""), key=f"reject:{id}")
    return f"/receipts/{quote(id, safe='')}?done=rejected"


def _selection(form: Form) -> Selection:
    return Selection(form.get("receipt") or None, form.get("reason") or None)


def replay(site: Site, path: Mapping[str, str], form: Form) -> str:
    quarantine, name = site.services.quarantine, path["name"]
    quarantine.replay(name, _selection(form), actor=_actor(form), key=key_of(site, form))
    return f"/data/{quote(name, safe='')}/quarantine?done=replayed"


def discard(site: Site, path: Mapping[str, str], form: Form) -> str:
    quarantine, name, why = site.services.quarantine, path["name"], form.get("why", "")
    quarantine.discard(name, _selection(form), reason=why, actor=_actor(form), key=key_of(site, form))
    return f"/data/{quote(name, safe='')}/quarantine?done=discarded"


def acknowledge(site: Site, path: Mapping[str, str], form: Form) -> str:
    proposals, owner = site.services.proposals, form.get("owner", "")
    proposals.acknowledge(
        path["id"], owner=owner, note=form.get("note", ""), key=f"{key_of(site, form)}:{owner}", actor=_actor(form)
    )
    return "/contracts?done=acknowledged"


def override(site: Site, path: Mapping[str, str], form: Form) -> str:
    reason, key = form.get("reason", ""), key_of(site, form)
    site.services.proposals.override(path["id"], reason=reason, key=key, actor=_actor(form))
    return "/contracts?done=overridden"


def apply(site: Site, path: Mapping[str, str], form: Form) -> str:
    site.services.proposals.apply(path["id"], key=key_of(site, form), actor=_actor(form))
    return "/contracts?done=applied"


def erase(site: Site, _path: Mapping[str, str], form: Form) -> str:
    subject = Subject(form.get("kind", ""), form.get("value", "").strip())
    reason, key = form.get("reason", ""), key_of(site, form)
    site.services.erasures.request(subject, reason=reason, actor=_actor(form), key=key)
    return "/privacy?done=erasing#erasures"


def cancel(site: Site, path: Mapping[str, str], form: Form) -> str:
    site.services.erasures.cancel(path["id"], reason=form.get("reason", ""), actor=_actor(form))
    return "/privacy?done=cancelled#erasures"


DATA_ACTIONS: dict[str, Do] = {
    "/receipts/{id}/release": release,
    "/receipts/{id}/reject": reject,
    "/data/{name}/quarantine/replay": replay,
    "/data/{name}/quarantine/discard": discard,
    "/contracts/{id}/acknowledge": acknowledge,
    "/contracts/{id}/override": override,
    "/contracts/{id}/apply": apply,
    "/privacy/erasures": erase,
    "/privacy/{id}/cancel": cancel,
}
