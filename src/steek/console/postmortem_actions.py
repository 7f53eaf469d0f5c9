"""What people do to postmortems from the console; what was written too late is kept and shown beside the other text."""

from collections.abc import Callable, Mapping
from urllib.parse import quote

from steek.console.data_actions import key_of
from steek.console.follow_up_actions import end_of_day
from steek.console.site import Site
from steek.kernel.errors import InputError, StaleWriteError

Form = Mapping[str, str]
Do = Callable[[Site, Mapping[str, str], Form], str]
_FIELD = "field."


def _page(postmortem: str, done: str, part: str = "") -> str:
    return f"/postmortems/{quote(postmortem, safe='')}?done={done}{'#' + quote(part, safe='') if part else ''}"


def draft(site: Site, path: Mapping[str, str], form: Form) -> str:
    site.services.postmortem_writing.draft(path["id"], actor=form["actor"].strip(), key=key_of(site, form))
    return _page(path["id"], "drafted")


def edit(site: Site, path: Mapping[str, str], form: Form) -> str:
    writing, actor = site.services.postmortem_writing, form["actor"].strip()
    changes = {name.removeprefix(_FIELD): text for name, text in form.items() if name.startswith(_FIELD)}
    seen = form.get("version", "")
    expected = int(seen) if seen.isdecimal() else None
    part = form.get("part", "")
    try:
        writing.edit(path["id"], changes, actor=actor, key=key_of(site, form), expected_version=expected)
    except StaleWriteError as stale:
        clashes = stale.details.get("clashes")
        late = {one["field"]: one["yours"] for one in clashes} if isinstance(clashes, list) else changes  # pyright: ignore[reportUnknownVariableType]
        writing.set_aside(path["id"], late, seen=expected or 0, actor=actor)  # pyright: ignore[reportUnknownArgumentType]
        return _page(path["id"], "late", part)
    writing.set_aside(path["id"], dict.fromkeys(changes, ""), seen=0, actor=form.get("settles", actor))
    return _page(path["id"], "written", part)


def judge(site: Site, path: Mapping[str, str], form: Form) -> str:
    point, _, standing = form.get("judge", "").partition(":")
    if not point or not standing:
        raise InputError("no point was chosen", next_step="Press 'yes' or 'no' beside a statement.")
    key = f"{key_of(site, form)}:{point}:{standing}"
    writing, actor = site.services.postmortem_writing, form["actor"].strip()
    writing.judge(path["id"], point, standing, actor=actor, key=key)
    return _page(path["id"], "judged-point", form.get("part", ""))


def add(site: Site, path: Mapping[str, str], form: Form) -> str:
    site.services.postmortem_writing.add(
        path["id"],
        form.get("role", ""),
        form.get("text", ""),
        actor=form["actor"].strip(),
        key=key_of(site, form),
        kind=form.get("kind", "").strip() or None,
        subject=form.get("subject", "").strip() or None,
    )
    return _page(path["id"], "added", form.get("role", ""))


def rewrite(site: Site, path: Mapping[str, str], form: Form) -> str:
    kind = form.get("kind", "").strip() or None
    writing, actor = site.services.postmortem_writing, form["actor"].strip()
    writing.rewrite(path["id"], path["point"], form.get("text", ""), actor=actor, key=key_of(site, form), kind=kind)
    return _page(path["id"], "written", form.get("part", ""))


def comment(site: Site, path: Mapping[str, str], form: Form) -> str:
    writing, actor = site.services.postmortem_writing, form["actor"].strip()
    about = form.get("about", "").strip() or None
    writing.comment(path["id"], form.get("text", ""), actor=actor, key=key_of(site, form), about=about)
    return _page(path["id"], "commented", "comments")


def step(site: Site, path: Mapping[str, str], form: Form) -> str:
    writing, actor, key = site.services.postmortem_writing, form["actor"].strip(), key_of(site, form)
    asked, seen = form.get("step", ""), form.get("version", "")
    if asked in {"ask review", "withdraw"}:
        writing.ask_review(path["id"], actor=actor, key=key, withdraw=asked == "withdraw")
    elif asked in {"accept", "return"}:
        expected = int(seen) if seen.isdecimal() else None
        said = form.get("comment", "")
        writing.review(
            path["id"], accept=asked == "accept", actor=actor, key=key, comment=said, expected_version=expected
        )
    elif asked == "publish":
        writing.publish(path["id"], actor=actor, key=key, reason=form.get("reason", ""))
    else:
        raise InputError(f"{asked[:40]!r} is no step", next_step="Ask for a review, review, or publish.")
    return _page(path["id"], {"publish": "published", "accept": "reviewed", "return": "returned"}.get(asked, "asked"))


def follow_up(site: Site, path: Mapping[str, str], form: Form) -> str:
    """Make a suggested follow-up a real one, and remember which."""
    writing, actor, key = site.services.postmortem_writing, form["actor"].strip(), key_of(site, form)
    record = site.services.postmortems.get(path["id"])
    point = next((one for one in record.report.points if one.id == path["point"]), None)
    if point is None or point.subject:
        raise InputError("this follow-up is made already, or is gone", next_step="Look at the page again.")
    made = site.services.follow_ups.create(
        point.text,
        kind=point.kind or "improvement",
        priority=form.get("priority", "P2"),
        value=int(form.get("value", "3")) if form.get("value", "3").isdecimal() else 3,
        cost=int(form.get("cost", "3")) if form.get("cost", "3").isdecimal() else 3,
        owner=form.get("owner", "").strip() or actor,
        done_means=form.get("done_means", ""),
        due_at=end_of_day(site, form),
        postmortem=record.incident_id or record.id,
        actor=actor,
        key=key,
    )
    writing.rewrite(path["id"], point.id, point.text, actor=actor, key=f"{key}:made", subject=made.id)
    return _page(path["id"], "follow-up-made", "follow_up")


def change_taxonomy(site: Site, _path: Mapping[str, str], form: Form) -> str:
    seen = form.get("version", "")
    site.services.taxonomies.edit(
        form.get("text", "").replace("\r\n", "\n"),
        actor=form["actor"].strip(),
        reason=form.get("reason", ""),
        key=key_of(site, form),
        expected_version=int(seen) if seen.isdecimal() else None,
    )
    return "/postmortems/taxonomy?done=taxonomy"


POSTMORTEM_ACTIONS: dict[str, Do] = {
    "/postmortems/taxonomy/edit": change_taxonomy,
    "/postmortems/{id}/draft": draft,
    "/postmortems/{id}/edit": edit,
    "/postmortems/{id}/judge": judge,
    "/postmortems/{id}/points": add,
    "/postmortems/{id}/points/{point}": rewrite,
    "/postmortems/{id}/points/{point}/follow-up": follow_up,
    "/postmortems/{id}/comments": comment,
    "/postmortems/{id}/step": step,
}
