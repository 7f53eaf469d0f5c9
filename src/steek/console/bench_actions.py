"""What people ask of the bench and say of hypotheses from the console."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote

from steek.console.data_actions import key_of
from steek.console.site import Site
from steek.incidents import Asking
from steek.kernel.errors import InputError
from steek.kernel.windows import Window

Form = Mapping[str, str]
Do = Callable[[Site, Mapping[str, str], Form], str]
_FIELD = "entity-"


def replay(site: Site, _path: Mapping[str, str], form: Form) -> str:
    """Logged questions, or rows of the examples, to each side."""
    limit = form.get("limit", "200")
    asking = Asking(
        examples=form.get("source") == "examples",
        window=_window(form),
        slice=form.get("slice", "").strip() or None,
        limit=int(limit) if limit.isdecimal() and len(limit) < 8 else 0,
    )
    return _run(site, form, asking)


def ask(site: Site, _path: Mapping[str, str], form: Form) -> str:
    """One typed question to each side."""
    entity: dict[str, object] = {
        name.removeprefix(_FIELD): _value(value, as_text=form.get("as_text") == "yes")
        for name, value in form.items()
        if name.startswith(_FIELD)
    }
    moment = form.get("moment", "")
    if moment:
        model = site.services.project.definitions.get(form.get("model", ""))
        if model is not None:
            entity[model.examples.moment] = _instant(moment)
    return _run(site, form, Asking(typed=[entity], as_said=form.get("as_said") == "yes"))


def state(site: Site, path: Mapping[str, str], form: Form) -> str:
    site.services.hypotheses.state(
        path["id"],
        form.get("text", ""),
        actor=_actor(form),
        key=key_of(site, form),
        owner=form.get("owner", "").strip() or None,
        test=form.get("test", ""),
        about=form.get("about", "").strip() or None,
    )
    return _incident(path, "supposed")


def take(site: Site, path: Mapping[str, str], form: Form) -> str:
    site.services.hypotheses.take(
        path["id"],
        _number(path),
        form.get("owner", "").strip() or _actor(form),
        actor=_actor(form),
        key=key_of(site, form),
        test=form.get("test"),
        expected_version=_seen(form),
    )
    return _incident(path, "supposed")


def judge(site: Site, path: Mapping[str, str], form: Form) -> str:
    site.services.hypotheses.judge(
        path["id"],
        _number(path),
        form.get("verdict", ""),
        actor=_actor(form),
        key=key_of(site, form),
        reason=form.get("reason", ""),
        evidence=form.get("evidence", "").split(),
        expected_version=_seen(form),
    )
    return _incident(path, "found-out")


def doubt(site: Site, path: Mapping[str, str], form: Form) -> str:
    site.services.hypotheses.reopen(
        path["id"],
        _number(path),
        form.get("reason", ""),
        actor=_actor(form),
        key=key_of(site, form),
        expected_version=_seen(form),
    )
    return _incident(path, "doubted")


def _run(site: Site, form: Form, asking: Asking) -> str:
    hypothesis = form.get("hypothesis", "").strip()
    run = site.services.bench.run(
        form.get("model", ""),
        form.get("sides", "").replace(",", " ").split(),
        asking,
        actor=_actor(form),
        key=key_of(site, form),
        incident=form.get("incident", "").strip() or None,
        hypothesis=int(hypothesis) if hypothesis.isdecimal() and len(hypothesis) < 6 else None,
    )
    return f"/bench/{quote(run.id, safe='')}?done=replayed-questions"


def _window(form: Form) -> Window | None:
    since, until = form.get("since", ""), form.get("until", "")
    if not since and not until:
        return None
    if not since or not until:
        raise InputError("a window has a beginning and an end", next_step="Leave both empty for the last day.")
    return Window(_instant(since), _instant(until))


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"{text[:40]!r} is no moment", next_step="Write it as 2017-10-14 06:00.") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _value(text: str, *, as_text: bool) -> int | str:
    said = text.strip()
    is_number = said.lstrip("-").isdecimal() and said.isascii() and len(said) < 19
    return int(said) if is_number and not as_text else said


def _actor(form: Form) -> str:
    return form["actor"].strip()


def _number(path: Mapping[str, str]) -> int:
    number = path["number"]
    return int(number) if number.isdecimal() and len(number) < 8 else 0


def _seen(form: Form) -> int | None:
    version = form.get("version", "")
    return int(version) if version.isdecimal() and len(version) < 10 else None


def _incident(path: Mapping[str, str], done: str) -> str:
    return f"/incidents/{quote(path['id'], safe='')}?done={done}#hypotheses"


BENCH_ACTIONS: dict[str, Do] = {
    "/bench/replays": replay,
    "/bench/questions": ask,
    "/incidents/{id}/hypotheses": state,
    "/incidents/{id}/hypotheses/{number}/owner": take,
    "/incidents/{id}/hypotheses/{number}/verdict": judge,
    "/incidents/{id}/hypotheses/{number}/doubt": doubt,
}
