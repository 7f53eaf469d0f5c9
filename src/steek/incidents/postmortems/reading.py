"""An old postmortem, written by hand or exported, read into a report; what cannot be mapped keeps its own heading."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from steek.incidents.postmortems.action_items import read_action_item
from steek.incidents.postmortems.dates import day_in
from steek.incidents.postmortems.editing import POINT_CHARACTERS, SECTION_CHARACTERS, edited
from steek.incidents.postmortems.markdown_blocks import Blocks, items, paragraphs, take_apart, unescaped
from steek.incidents.postmortems.report import (
    HEADINGS,
    SECTIONS,
    Point,
    PointRole,
    Reference,
    Report,
    Standing,
    make_point,
    read_report,
    with_axes,
)
from steek.incidents.postmortems.taxonomy import Taxonomy
from steek.kernel.errors import InputError, UnreadableError

MOST_BYTES = 1_000_000
_MOST_POINTS = 400
_TITLE_CHARACTERS = 300
_SUGGESTED = "*(suggested)*"
_DEFENCE = re.compile(
    r"([^:(]{1,120}?)\s*(?:\(|:\s*)\**(held|hole|absent|not tried|failed|worked|missing)\**\)?\s*[:;.,-]?\s*(.*)",
    re.IGNORECASE,
)
_WRITTEN = re.compile(r"(.{1,200}?): \*\*(held|hole|absent|not tried)\*\*(?:: (.*))?")
_STATES = {"worked": "held", "failed": "hole", "missing": "absent"}
_LINK = re.compile(r"\[([^\]]{0,300})\]\(([^)\s]{0,500})\)")
_BARE = re.compile(r"<?(https?://[^\s<>]{1,500})>?")
_YEAR = re.compile(r"\b(1[89]\d\d|20\d\d)\b")

# Words of a heading, longest first where they overlap, and what it means.
_MEANINGS: tuple[tuple[str, str], ...] = (
    ("contributing", "contributing_cause"),
    ("latent", "latent_condition"),
    ("active failure", "active_failure"),
    ("root cause", "root_cause"),
    ("what caused", "root_cause"),
    ("cause", "root_cause"),
    ("trigger", "active_failure"),
    ("defence", "defence"),
    ("defense", "defence"),
    ("went well", "went_well"),
    ("went right", "went_well"),
    ("went wrong", "went_badly"),
    ("went badly", "went_badly"),
    ("went poorly", "went_badly"),
    ("go well", "went_well"),
    ("luck", "luck"),
    ("follow up", "follow_up"),
    ("action item", "follow_up"),
    ("remediation", "follow_up"),
    ("prevent", "follow_up"),
    ("next step", "follow_up"),
    ("classification", "category"),
    ("categor", "category"),
    ("reference", "references"),
    ("source", "references"),
    ("lesson", "lessons"),
    ("learn", "lessons"),
    ("timeline", "timeline"),
    ("chronolog", "timeline"),
    ("impact", "impact"),
    ("damage", "impact"),
    ("detect", "detection"),
    ("hypothes", "hypotheses"),
    ("thought and tested", "hypotheses"),
    ("what was done", "response"),
    ("response", "response"),
    ("mitigat", "response"),
    ("told what", "communication"),
    ("communicat", "communication"),
    ("resol", "resolution"),
    ("recover", "resolution"),
    ("summary", "summary"),
    ("overview", "summary"),
    ("abstract", "summary"),
    ("background", "summary"),
    ("what happened", "summary"),
)
_FIELDS: Mapping[str, str] = {
    "title": "title",
    "date": "began_at",
    "began": "began_at",
    "began_at": "began_at",
    "start": "began_at",
    "started": "began_at",
    "resolved": "resolved_at",
    "resolved_at": "resolved_at",
    "end": "resolved_at",
    "severity": "severity",
    "system": "systems",
    "systems": "systems",
    "service": "systems",
    "services": "systems",
    "detected_by": "detected_by",
    "detection": "detected_by",
    "near_miss": "near_miss",
    "origin": "origin",
    "machine_learning": "machine_learning",
    "ml": "machine_learning",
    "distributed": "distributed",
    **{
        f"{prefix}{name}": f"to_{name}"
        for name in ("detect", "declare", "mitigate", "resolve")
        for prefix in ("to_", "time_to_")
    },
    "ttd": "to_detect",
    "ttm": "to_mitigate",
    "ttr": "to_resolve",
}
_LEFT_OUT = frozenset({"id", "incident", "taxonomy_version", "category", "categories", "layout", "tags"})


@dataclass(slots=True)
class _Reading:
    """A report while it is read, and what is worth saying about the file."""

    report: Report
    actor: str
    taxonomy: Taxonomy
    notes: list[str] = field(default_factory=list[str])

    def keep(self, heading: str, text: str) -> None:
        """Add text under a heading; what is longer than a section is cut, which is said."""
        if not text.strip():
            return
        known = self.report.sections.get(heading, "")
        whole = f"{known}\n\n{text}" if known else text
        if len(whole) > SECTION_CHARACTERS:
            self.notes.append(f"section {heading[:60]!r} was cut to {SECTION_CHARACTERS:,} characters")
        self.report = replace(self.report, sections={**self.report.sections, heading: whole[:SECTION_CHARACTERS]})

    def point(self, point: Point) -> bool:
        """Add a point unless it is there; False when there is no room for it."""
        if len(point.text) > POINT_CHARACTERS or len(self.report.points) >= _MOST_POINTS:
            return False
        if all(one.id != point.id for one in self.report.points):
            self.report = replace(self.report, points=(*self.report.points, point))
        return True


def read_postmortem(content: bytes, *, name: str, actor: str, taxonomy: Taxonomy) -> tuple[Report, tuple[str, ...]]:
    """A report from a file, and notes on what was cut, kept aside or not understood.

    Args:
        content: The file; Markdown, or JSON when its name ends so.
        name: Its name, from which id and title come when it gives none.
        actor: Who brings it; the points in it are confirmed by them.
        taxonomy: The categories it may name.

    Raises:
        UnreadableError: more than a million bytes, empty, or JSON that is no postmortem.
    """
    if len(content) > MOST_BYTES:
        message = f"{name[:80]!r} has {len(content):,} bytes; {MOST_BYTES:,} are read"
        raise UnreadableError(message, next_step="Shorten it, or import its text in parts.")
    text = _clean(content)
    if not text.strip():
        raise UnreadableError(f"{name[:80]!r} is empty", next_step="Leave it out.")
    if name.lower().endswith(".json"):
        return _from_json(text, name)
    notes = () if text.isascii() or "\ufffd" not in text else ("bytes that are no UTF-8 were replaced",)
    report, more = _from_markdown(take_apart(text), name=name, actor=actor, taxonomy=taxonomy)
    return report, (*notes, *more)


def slug(name: str) -> str:
    """An id from a name: small letters, digits and hyphens, at most 50.

    >>> slug("GitLab's lost database (2017).md")
    'gitlab-s-lost-database-2017'
    """
    stem = re.sub(r"\.(md|markdown|json|txt)$", "", name.rpartition("/")[2].lower())
    return re.sub(r"[^a-z0-9]+", "-", stem).strip("-")[:50].strip("-") or "postmortem"


def _clean(content: bytes) -> str:
    text = content.decode("utf-8-sig", errors="replace")
    return "".join(one if one in "\n\t\r" or one >= " " else "\ufffd" for one in text)


def _from_json(text: str, name: str) -> tuple[Report, tuple[str, ...]]:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as cause:
        raise UnreadableError(f"{name[:80]!r} is no JSON: {str(cause)[:120]}") from None
    report = read_report(values)
    return replace(report, id=slug(report.id or name)), ()


def _from_markdown(blocks: Blocks, *, name: str, actor: str, taxonomy: Taxonomy) -> tuple[Report, tuple[str, ...]]:
    given = "".join(blocks.front.get("id", ())) or name
    title = " ".join((blocks.title or slug(name).replace("-", " ")).split())[:_TITLE_CHARACTERS]
    reading = _Reading(Report(id=slug(given), title=title, taxonomy_version=taxonomy.version), actor, taxonomy)
    _read_front(reading, blocks.front)
    for heading, body in blocks.sections:
        _read_section(reading, heading, body)
    _read_day(reading, name, title)
    places = {one.id: (one.machine_learning, one.distributed) for one in taxonomy.categories}
    return replace(with_axes(reading.report, places), touched=()), tuple(reading.notes)


def _read_front(reading: _Reading, front: Mapping[str, list[str]]) -> None:
    left: list[str] = []
    for key, values in front.items():
        name, said = _FIELDS.get(key), ", ".join(values)
        if name is None:
            left += [] if key in _LEFT_OUT else [f"- {key}: {said}"]
            continue
        try:
            reading.report = edited(reading.report, {name: said[:_TITLE_CHARACTERS]}, actor=reading.actor)
        except InputError as problem:
            left.append(f"- {key}: {said}")
            reading.notes.append(f"{key} was not understood: {problem.message[:160]}")
    for category in [value for key in ("category", "categories") for value in front.get(key, ())]:
        _read_category(reading, category)
    reading.keep("Front matter", "\n".join(left))


def _read_day(reading: _Reading, name: str, title: str) -> None:
    """The day it began, from its name or its title where the file does not say it; never the day of the import."""
    if reading.report.began_at is None:
        said = {where: day_in(text) for where, text in (("its name", name.rpartition("/")[2]), ("its title", title))}
        where, found = next(((where, day) for where, day in said.items() if day is not None), ("", None))
        reading.report = replace(reading.report, began_at=found)
        told = "the day it began is not known; it stands in no quarter" if found is None else f"the day is from {where}"
        reading.notes.append(told)


def _read_section(reading: _Reading, heading: str, body: str) -> None:
    meaning = _meaning(heading)
    if meaning == "references":
        _read_references(reading, heading, body)
    elif meaning in _ROLES:
        _read_points(reading, PointRole(meaning), heading, body)
    else:
        reading.keep(meaning or heading[:120] or "summary", body)


def _meaning(heading: str) -> str | None:
    said = re.sub(r"[^a-z]+", " ", heading.lower()).strip()
    exactly = next((name for name, known in _KNOWN.items() if known == said), None)
    if exactly is not None or not heading:
        return exactly or "summary"
    return next((meaning for words, meaning in _MEANINGS if words in said), None)


def _read_points(reading: _Reading, role: PointRole, heading: str, body: str) -> None:
    listed, rest = items(body)
    said = listed or ([] if role in {PointRole.CATEGORY, PointRole.DEFENCE} else paragraphs(rest))
    rest = rest if listed or not said else ""
    readers: Mapping[PointRole, Callable[[_Reading, str], bool]] = {
        PointRole.CATEGORY: _read_category,
        PointRole.DEFENCE: _read_defence,
        PointRole.FOLLOW_UP: _read_follow_up,
    }
    read = readers.get(role, partial(_read_point, role=role))
    left = [text for text in said if not read(reading, text)]
    name = heading[:120] if _meaning(heading) != heading else HEADINGS[role]
    reading.keep(name, "\n".join([rest, *(f"- {text}" for text in left)]).strip())


def _split(text: str) -> tuple[str, str, Standing]:
    """Statement, reason and standing of an item, as `report_markdown` writes it."""
    standing = Standing.SUGGESTED if _SUGGESTED in text else Standing.CONFIRMED
    said, _, because = text.replace(_SUGGESTED, "").partition(" Because: ")
    return unescaped(" ".join(said.split())), unescaped(because.strip()), standing


def _read_point(reading: _Reading, text: str, *, role: PointRole) -> bool:
    said, because, standing = _split(text)
    made = make_point(role, said, because=because)
    return bool(said) and reading.point(_standing(made, standing, reading.actor))


def _read_follow_up(reading: _Reading, text: str) -> bool:
    said, because, standing = _split(text)
    item = read_action_item(said)
    kind, _, rest = item.text.partition(": ")
    named = (kind, rest) if kind in {"fix", "improvement"} and rest else (None, item.text)
    made = make_point(PointRole.FOLLOW_UP, named[1], because=because, kind=named[0])
    made = replace(made, owner=item.owner, due_at=item.due_at, is_done=item.is_done)
    return bool(item.text) and reading.point(_standing(made, standing, reading.actor))


def _read_category(reading: _Reading, text: str) -> bool:
    said, because, standing = _split(text)
    asked = said.partition(":")[0].strip().lower()
    found = next((one for one in reading.taxonomy.categories if asked in {one.id, one.name.lower()}), None)
    if found is None:
        reading.notes.append(f"{asked[:60]!r} is no category of the taxonomy")
        return False
    made = make_point(PointRole.CATEGORY, found.name, because=because, kind=found.id)
    return reading.point(_standing(made, standing, reading.actor))


def _read_defence(reading: _Reading, text: str) -> bool:
    standing = Standing.SUGGESTED if _SUGGESTED in text else Standing.CONFIRMED
    plain = text.replace(_SUGGESTED, "").strip()
    found = _WRITTEN.fullmatch(plain) or _DEFENCE.fullmatch(plain)
    if found is None:
        return False
    state = found.group(2).lower()
    layer, said = unescaped(found.group(1).strip()), unescaped((found.group(3) or "").strip())
    made = make_point(PointRole.DEFENCE, said, kind=_STATES.get(state, state), subject=layer)
    return reading.point(_standing(made, standing, reading.actor))


def _standing(point: Point, standing: Standing, actor: str) -> Point:
    return replace(point, standing=standing, by=actor if standing is Standing.CONFIRMED else None)


def _read_references(reading: _Reading, heading: str, body: str) -> None:
    listed, rest = items(body)
    found = tuple(_reference(text) for text in listed[:50])
    reading.report = replace(reading.report, references=(*reading.report.references, *found))
    reading.keep(heading[:120], rest)


def _reference(text: str) -> Reference:
    linked, bare = _LINK.search(text), _BARE.search(text)
    link = linked.group(2) if linked else bare.group(1) if bare else ""
    said = _BARE.sub("", _LINK.sub(lambda match: match.group(1), text))
    years = _YEAR.findall(said)
    parts = [unescaped(part.strip()) for part in said.split(",") if part.strip()]
    named = [part for part in parts if part not in years]
    year = int(years[-1]) if years else None
    return Reference(", ".join(named[:-1]) or ", ".join(named), named[-1] if len(named) > 1 else "", year, link)


_ROLES = frozenset(role.value for role in PointRole)
_KNOWN: dict[str, Any] = {
    name: re.sub(r"[^a-z]+", " ", heading.lower()).strip() for name, heading in SECTIONS.items()
} | {role.value: re.sub(r"[^a-z]+", " ", heading.lower()).strip() for role, heading in HEADINGS.items()}
