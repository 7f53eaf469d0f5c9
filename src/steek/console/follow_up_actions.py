"""What people do from the console about follow-ups, readiness and the review of the architecture."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from urllib.parse import quote

from steek.console.data_actions import key_of
from steek.console.site import Site
from steek.incidents.readiness.readiness import layer_tests
from steek.kernel.errors import InputError
from steek.kernel.windows import Window

Form = Mapping[str, str]
Do = Callable[[Site, Mapping[str, str], Form], str]
_OWN = ("/follow-ups", "/incidents/", "/postmortems/", "/defences")


def create(site: Site, _path: Mapping[str, str], form: Form) -> str:
    made = site.services.follow_ups.create(
        form.get("text", ""),
        kind=form.get("kind", "improvement"),
        priority=form.get("priority", "P2"),
        value=form.get("value", "3"),
        cost=form.get("cost", "3"),
        owner=form.get("owner", "").strip() or form["actor"].strip(),
        due_at=end_of_day(site, form),
        done_means=form.get("done_means", ""),
        check=_check(form),
        postmortem=form.get("postmortem") or None,
        category=form.get("category") or None,
        actor=form["actor"].strip(),
        key=key_of(site, form),
    )
    back = form.get("back", "")
    # Only to a page of the console, never to where a link from outside points.
    if back.startswith(_OWN) and not back.startswith("//"):
        return f"{back}?done=follow-up-agreed#follow-ups"
    return _page(made.id, "follow-up-agreed")


def change(site: Site, path: Mapping[str, str], form: Form) -> str:
    given: dict[str, object] = {
        name: form[name]
        for name in ("text", "kind", "priority", "value", "cost", "owner", "done_means")
        if form.get(name)
    }
    if form.get("action"):
        given = {"action": form["action"], "reason": form.get("reason", "")}
    elif form.get("due"):
        given["due_at"] = end_of_day(site, form)
    site.services.follow_ups.change(
        path["id"], given, actor=form["actor"].strip(), key=key_of(site, form), expected_version=_version(form)
    )
    return _page(path["id"], "follow-up-changed")


def finish(site: Site, path: Mapping[str, str], form: Form) -> str:
    site.services.follow_ups.done(
        path["id"],
        reason=form.get("reason", ""),
        actor=form["actor"].strip(),
        key=key_of(site, form),
        expected_version=_version(form),
    )
    return _page(path["id"], "follow-up-done")


def review(site: Site, path: Mapping[str, str], form: Form) -> str:
    site.services.follow_ups.review(
        path["id"],
        note=form.get("note", ""),
        actor=form["actor"].strip(),
        key=key_of(site, form),
        expected_version=_version(form),
    )
    return _page(path["id"], "follow-up-reviewed")


def answer(site: Site, path: Mapping[str, str], form: Form) -> str:
    days = form.get("days", "180")
    site.services.readiness.answer(
        path["model"],
        form.get("test", ""),
        level=form.get("level", ""),
        text=form.get("text", ""),
        link=form.get("link", "").strip(),
        days=int(days) if days.isdecimal() else 0,
        actor=form["actor"].strip(),
        key=key_of(site, form),
    )
    page, part = ("/defences", "ask") if form.get("test", "") in layer_tests() else ("/readiness", form.get("test", ""))
    return f"{page}?model={quote(path['model'], safe='')}&done=answered#{quote(part, safe='')}"


def hold(site: Site, _path: Mapping[str, str], form: Form) -> str:
    site.services.reviews.hold(note=form.get("note", ""), actor=form["actor"].strip(), key=key_of(site, form))
    return "/readiness?done=architecture-reviewed#architecture"


def add(site: Site, _path: Mapping[str, str], form: Form) -> str:
    site.services.reviews.add(
        form.get("text", ""),
        kind=form.get("kind", ""),
        subject=form.get("subject", ""),
        actor=form["actor"].strip(),
        key=key_of(site, form),
    )
    return "/readiness?done=finding-added#architecture"


def settle(site: Site, path: Mapping[str, str], form: Form) -> str:
    site.services.reviews.settle(
        path["id"], reason=form.get("reason", ""), actor=form["actor"].strip(), key=key_of(site, form)
    )
    return "/readiness?done=finding-settled#architecture"


def _page(follow_up: str, done: str) -> str:
    return f"/follow-ups/{quote(follow_up, safe='')}?done={done}"


def _version(form: Form) -> int | None:
    seen = form.get("version", "")
    return int(seen) if seen.isdecimal() else None


def end_of_day(site: Site, form: Form) -> datetime | None:
    """The end of the day of the field "due", by the project's day; None when it is empty."""
    text = form.get("due", "").strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        message = f"{text[:40]!r} is no day"
        raise InputError(message, next_step="Write it as 2017-10-15, or leave it empty.") from None
    return Window.of_day(day, site.services.settings.day_starts_at).end_at.astimezone(UTC)


def _check(form: Form) -> dict[str, object] | None:
    """From `model=search_ranking, rule=not_worse` beside the kind."""
    kind = form.get("check", "").strip()
    if not kind:
        return None
    given: dict[str, object] = {"kind": kind}
    for part in filter(None, (each.strip() for each in form.get("arguments", "").split(","))):
        name, equals, value = part.partition("=")
        if not equals or name.strip() == "kind":
            message = f"{part[:40]!r} is no argument of a check"
            raise InputError(message, next_step="Write name=value, separated by commas.")
        given[name.strip()] = value.strip()
    return given


FOLLOW_UP_ACTIONS: dict[str, Do] = {
    "/follow-ups": create,
    "/follow-ups/{id}/change": change,
    "/follow-ups/{id}/done": finish,
    "/follow-ups/{id}/review": review,
    "/readiness/{model}/answer": answer,
    "/reviews": hold,
    "/reviews/entries": add,
    "/reviews/entries/{id}/settle": settle,
}
