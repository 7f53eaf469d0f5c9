"""What people do to a report, as pure functions: fields and sections written, points confirmed, struck and added."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, cast

from steek.incidents.postmortems.lengths import length_words, read_length
from steek.incidents.postmortems.report import (
    SECTIONS,
    SEVERITIES,
    Point,
    PointRole,
    Report,
    Standing,
    make_point,
    with_axes,
)
from steek.incidents.text import TITLE_CHARACTERS, checked
from steek.kernel.errors import InputError, NotFoundError

REST = "rest"
SECTION_CHARACTERS = 50_000
POINT_CHARACTERS = 5_000
_HEADING_CHARACTERS = 120
_MOST_SYSTEMS = 100
_MOST_POINTS = 500
_TIMES = ("to_detect", "to_declare", "to_mitigate", "to_resolve")
_AXES = ("machine_learning", "distributed")
_DEFENCE_STATES = ("held", "hole", "absent", "not tried")


@dataclass(frozen=True, slots=True)
class Clash:
    """A field that two people wrote at once, with both texts."""

    field: str
    theirs: str
    yours: str


def field_names(report: Report) -> tuple[str, ...]:
    """Everything that `edited` takes for a report: its fields, then its sections."""
    others = (name for name in report.sections if name not in SECTIONS)
    return (*_READERS, *_TIMES, *_AXES, *SECTIONS, *others)


def field_text(report: Report, name: str) -> str:
    """A field or section as a form shows it; empty when it has no value."""
    if name in _TIMES:
        return length_words(getattr(report.times, name)) or ""
    if name in _AXES:
        return str(getattr(report.placement, name) or "")
    return _words(getattr(report, name)) if name in _READERS else report.sections.get(name, "")


def edited(report: Report, changes: Mapping[str, str], *, actor: str) -> Report:
    """The report with fields and sections as given; a text that says what stood there touches nothing.

    Args:
        report: As it stands.
        changes: Text by name of field or section, as a form sends it; an empty one empties it.
        actor: Who writes.

    Raises:
        InputError: an unknown name, or a text that its field does not take; nothing is changed then.
    """
    after = report
    for name, text in changes.items():
        given = text.replace("\r\n", "\n")
        if given.strip() == field_text(report, name).strip() and name in field_names(report):
            continue
        after = replace(_one(after, name, given, actor), touched=(*(one for one in after.touched if one != name), name))
    return after


def clashes(seen: Report, present: Report, changes: Mapping[str, str]) -> tuple[Clash, ...]:
    """Which of the changes touch what somebody else changed since `seen`; equal texts are no clash."""
    return tuple(
        Clash(name, field_text(present, name), text)
        for name, text in changes.items()
        if field_text(seen, name) != field_text(present, name)
        and field_text(present, name).strip() != text.replace("\r\n", "\n").strip()
        and field_text(seen, name).strip() != text.replace("\r\n", "\n").strip()
    )


def judged(
    report: Report, point_id: str, standing: Standing, *, actor: str, places: Mapping[str, tuple[int, int]]
) -> Report:
    """The report with one point confirmed, struck, or a suggestion again.

    In the place of an id a role means all its points that nobody decided on yet, and "rest" those of every role.

    Raises:
        NotFoundError: no point has that id.
    """
    undecided = [one for one in report.points if one.standing is Standing.SUGGESTED]
    if point_id == REST or point_id in set(PointRole):
        found = [one for one in undecided if point_id in {REST, one.role}]
    else:
        found = [find_point(report, point_id)]
    by = None if standing is Standing.SUGGESTED else actor
    for one in found:
        report = _put(report, replace(one, standing=standing, by=by))
    return with_axes(report, places)


def rewritten(
    report: Report, point_id: str, text: str, *, actor: str, kind: str | None = None, subject: str | None = None
) -> Report:
    """The report with the words of one point changed, which confirms it; `kind` and `subject` only when given."""
    found = find_point(report, point_id)
    said = checked(text, what="point", most=POINT_CHARACTERS)
    kind = found.kind if kind is None else _kind_of(found.role, kind)
    changed = replace(
        found, text=said, kind=kind, subject=subject or found.subject, standing=Standing.CONFIRMED, by=actor
    )
    return _put(report, changed)


def added(
    report: Report,
    role: str,
    text: str,
    *,
    actor: str,
    places: Mapping[str, tuple[int, int]],
    kind: str | None = None,
    subject: str | None = None,
) -> Report:
    """The report with a point that a person made; one that is there already is confirmed.

    Raises:
        InputError: an unknown role, category or state of a defence, no text, or too many points.
    """
    try:
        chosen = PointRole(role)
    except ValueError:
        raise InputError(f"{role[:60]!r} is no role of a point; allowed: {', '.join(PointRole)}") from None
    if chosen is PointRole.CATEGORY and kind not in places:
        raise NotFoundError.among("category", str(kind), places, next_step="See 'steek taxonomy show'.")
    if chosen is PointRole.DEFENCE and not (subject or "").strip():
        raise InputError("a defence needs its layer", next_step="Name it: contract, gate, canary, monitor, fallback …")
    said = (
        text if chosen is PointRole.DEFENCE and not text.strip() else checked(text, what="point", most=POINT_CHARACTERS)
    )
    if len(report.points) >= _MOST_POINTS:
        raise InputError(f"a postmortem holds {_MOST_POINTS} points", next_step="Bring some of them together.")
    made = make_point(chosen, said, by=actor, kind=_kind_of(chosen, kind), subject=subject or None)
    return with_axes(_put(report, made), places)


def find_point(report: Report, point_id: str) -> Point:
    """One point by its id. Raises NotFoundError when the report has none."""
    found = next((one for one in report.points if one.id == point_id), None)
    if found is None:
        raise NotFoundError.among("point", point_id, (one.id for one in report.points))
    return found


def _kind_of(role: PointRole, kind: str | None) -> str | None:
    allowed = {PointRole.DEFENCE: _DEFENCE_STATES, PointRole.FOLLOW_UP: ("fix", "improvement")}.get(role)
    if allowed is not None and kind not in {*allowed, None}:
        raise InputError(
            f"{str(kind)[:60]!r} is no kind of {role.value.replace('_', '-')}; allowed: {', '.join(allowed)}"
        )
    return kind or (None if allowed is None else allowed[-1])


def _put(report: Report, point: Point) -> Report:
    known = any(one.id == point.id for one in report.points)
    points = tuple(point if one.id == point.id else one for one in report.points)
    return replace(report, points=points if known else (*points, point))


def _one(report: Report, name: str, text: str, actor: str) -> Report:
    if name in _TIMES:
        return replace(report, times=replace(report.times, **{name: read_length(text)}))
    if name in _AXES:
        moved: Any = {name: _place(name, text), "by": actor}
        return replace(report, axes=replace(report.placement, **moved))
    if name in _READERS:
        changed: Any = {name: _READERS[name](text)}
        return replace(report, **changed)
    return replace(report, sections={**report.sections, _section(report, name): _body(name, text)})


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, tuple):
        return ", ".join(str(one) for one in cast("tuple[object, ...]", value))
    return "" if value is None else str(value)


def _section(report: Report, name: str) -> str:
    if name in SECTIONS or name in report.sections:
        return name
    known = field_names(report)
    raise NotFoundError.among("field or section", checked(name, what="name", most=_HEADING_CHARACTERS), known)


def _body(name: str, text: str) -> str:
    return checked(text, what=f"section {name[:40]!r}", most=SECTION_CHARACTERS) if text.strip() else ""


def _place(axis: str, text: str) -> int | None:
    said = text.strip()
    if said and (not said.isdecimal() or not 1 <= int(said) <= 5):
        message = f"{axis.replace('_', ' ')} is {said[:20]!r}; allowed: 1 to 5, or nothing"
        raise InputError(message, next_step="1 is not at all, 5 is only that.")
    return int(said) if said else None


def _title(text: str) -> str:
    return checked(text, what="title", most=TITLE_CHARACTERS)


def _severity(text: str) -> str | None:
    said = text.strip().lower()
    if said and said not in SEVERITIES:
        raise InputError(f"{said[:40]!r} is no severity; allowed: {', '.join(SEVERITIES)}, or nothing")
    return said or None


def _systems(text: str) -> tuple[str, ...]:
    named = [part.strip() for part in text.replace("\n", ",").split(",")]
    found = tuple(dict.fromkeys(part for part in named if part))
    if len(found) > _MOST_SYSTEMS:
        raise InputError(f"{len(found)} systems; {_MOST_SYSTEMS} are allowed")
    return tuple(checked(part, what="system", most=TITLE_CHARACTERS) for part in found)


def _instant(text: str) -> datetime | None:
    said = text.strip().removesuffix("UTC").strip()
    if not said:
        return None
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        message = f"{said[:40]!r} is no instant"
        raise InputError(message, next_step="Write 2017-10-15 or 2017-10-15 06:00, which is UTC.") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _detected(text: str) -> str | None:
    said = text.strip().lower()
    if said and said not in {"machine", "user"}:
        raise InputError(f"{said[:40]!r} does not detect; allowed: machine, user, or nothing")
    return said or None


def _origin(text: str) -> str:
    said = text.strip().lower() or "own"
    if said not in {"own", "others"}:
        raise InputError(f"{said[:40]!r} is no origin; allowed: own, others")
    return said


def _yes(text: str) -> bool:
    said = text.strip().lower()
    if said not in {"yes", "no", "true", "false", ""}:
        raise InputError(f"{said[:40]!r} is neither yes nor no")
    return said in {"yes", "true"}


_READERS: Mapping[str, Callable[[str], object]] = {
    "title": _title,
    "severity": _severity,
    "systems": _systems,
    "began_at": _instant,
    "resolved_at": _instant,
    "detected_by": _detected,
    "near_miss": _yes,
    "origin": _origin,
}
