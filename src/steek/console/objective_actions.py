"""What people do about objectives from the console: agree that time does not count, and take that back."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from urllib.parse import quote

from steek.console.data_actions import key_of
from steek.console.site import Site
from steek.kernel.errors import InputError
from steek.kernel.windows import Window

Form = Mapping[str, str]
Do = Callable[[Site, Mapping[str, str], Form], str]


def exclude(site: Site, path: Mapping[str, str], form: Form) -> str:
    window = Window(_edge(site, form, "start", is_end=False), _edge(site, form, "end", is_end=True))
    site.services.objectives.exclude(
        window,
        objective=path["name"] if form.get("for") != "all" else None,
        reason=form.get("reason", ""),
        actor=form["actor"].strip(),
        key=key_of(site, form),
    )
    return f"/objectives/{quote(path['name'], safe='')}?done=excluded#excluded"


def include(site: Site, path: Mapping[str, str], form: Form) -> str:
    site.services.objectives.withdraw(path["id"], reason=form.get("reason", ""), actor=form["actor"].strip())
    return f"/objectives/{quote(path['name'], safe='')}?done=included#excluded"


def _edge(site: Site, form: Form, name: str, *, is_end: bool) -> datetime:
    """The beginning of a business day, or its end; a form with a time of day means UTC."""
    text = form.get(name, "").strip()
    try:
        if len(text) == len("2017-10-15"):
            window = Window.of_day(date.fromisoformat(text), site.services.settings.day_starts_at)
            return window.end_at if is_end else window.start_at
        found = datetime.fromisoformat(text)
    except ValueError:
        message = f"{text[:40]!r} is no day and no moment"
        raise InputError(message, next_step="Write 2017-10-15, or 2017-10-15T06:00 for a moment in UTC.") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


OBJECTIVE_ACTIONS: dict[str, Do] = {
    "/objectives/{name}/exclude": exclude,
    "/objectives/{name}/exclusions/{id}/include": include,
}
