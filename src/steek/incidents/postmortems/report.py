"""A postmortem as people work on it: fields, sections in Markdown, and points that are suggested, confirmed or struck.

One record for both: what was drafted from an incident, and what came from a folder of old postmortems.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec

from steek.incidents.phases import Times
from steek.incidents.types import Duration
from steek.kernel.errors import UnreadableError
from steek.kernel.records import content_hash, to_plain

REPORT_VERSION = 2
Place = Annotated[int, msgspec.Meta(ge=1, le=5)]
Detected = Literal["machine", "user"]
Origin = Literal["own", "others"]
SEVERITIES = ("sev1", "sev2", "sev3")

# Name to heading, in the order in which a postmortem is read. A section of another name has its name for a heading.
SECTIONS: Mapping[str, str] = {
    "summary": "Summary",
    "impact": "Impact",
    "phases": "Phases",
    "detection": "Detection",
    "timeline": "Timeline",
    "changes": "What changed",
    "hypotheses": "What was thought and tested",
    "response": "What was done",
    "communication": "Who was told what",
    "resolution": "Resolution",
    "lessons": "Lessons",
}
_UNKNOWN = Duration(None, None)
_NO_TIMES = Times(_UNKNOWN, _UNKNOWN, _UNKNOWN, _UNKNOWN)


class Standing(StrEnum):
    """Whether a person has said yes or no to a point."""

    SUGGESTED = "suggested"
    CONFIRMED = "confirmed"
    STRUCK = "struck"


class PointRole(StrEnum):
    """What a point says. Heading and meaning of `kind` and `subject`: see `HEADINGS` and `Point`."""

    CATEGORY = "category"
    ROOT_CAUSE = "root_cause"
    CONTRIBUTING_CAUSE = "contributing_cause"
    ACTIVE_FAILURE = "active_failure"
    LATENT_CONDITION = "latent_condition"
    DEFENCE = "defence"
    WENT_WELL = "went_well"
    WENT_BADLY = "went_badly"
    LUCK = "luck"
    FOLLOW_UP = "follow_up"


HEADINGS: Mapping[PointRole, str] = {
    PointRole.CATEGORY: "Classification",
    PointRole.ROOT_CAUSE: "Root causes",
    PointRole.CONTRIBUTING_CAUSE: "Contributing causes",
    PointRole.ACTIVE_FAILURE: "Active failures",
    PointRole.LATENT_CONDITION: "Latent conditions",
    PointRole.DEFENCE: "Defences",
    PointRole.WENT_WELL: "What went well",
    PointRole.WENT_BADLY: "What went badly",
    PointRole.LUCK: "Where we were lucky",
    PointRole.FOLLOW_UP: "Follow-ups",
}
CAUSES = frozenset(
    {PointRole.ROOT_CAUSE, PointRole.CONTRIBUTING_CAUSE, PointRole.ACTIVE_FAILURE, PointRole.LATENT_CONDITION}
)


@dataclass(frozen=True, slots=True)
class Point:
    """One statement.

    `by` is the person who wrote or judged it, None while only a machine says so. `kind` and `subject` are, for a
    cause, kind and subject of the event it is; for a category, its id and None; for a defence, held, hole, absent or
    not tried, and the layer; for a follow-up, fix or improvement, and the id of the follow-up made from it. Only a
    follow-up has `owner`, `due_at` and `is_done`.
    """

    id: str
    role: PointRole
    text: str
    because: str = ""
    standing: Standing = Standing.SUGGESTED
    by: str | None = None
    kind: str | None = None
    subject: str | None = None
    owner: str | None = None
    due_at: datetime | None = None
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class Axes:
    """Where it lies between not machine learning (1) and machine learning (5), one system (1) and many (5).

    None is unknown. `by` is who moved it; None: it stands where its category does.
    """

    machine_learning: Place | None = None
    distributed: Place | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """Where something is told at length."""

    title: str
    publisher: str = ""
    year: int | None = None
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A whole postmortem. `touched` names the fields and sections that a person wrote; a draft leaves them alone.

    `origin` is whose incident it was: "own", or that of "others", of which the project's own numbers say nothing.
    """

    format_version: int = REPORT_VERSION
    id: str
    incident: str | None = None
    title: str
    severity: Literal["sev1", "sev2", "sev3"] | None = None
    systems: tuple[str, ...] = ()
    began_at: datetime | None = None
    resolved_at: datetime | None = None
    detected_by: Detected | None = None
    near_miss: bool = False
    origin: Origin = "own"
    roles: Mapping[str, str] = field(default_factory=dict[str, str])
    times: Times = _NO_TIMES
    axes: Axes = Axes()
    sections: Mapping[str, str] = field(default_factory=dict[str, str])
    points: tuple[Point, ...] = ()
    references: tuple[Reference, ...] = ()
    taxonomy_version: int = 1
    touched: tuple[str, ...] = ()

    def of_role(self, role: PointRole, *, struck: bool = False) -> tuple[Point, ...]:
        """Its points of one role, in order; those that were struck only when asked for."""
        return tuple(one for one in self.points if one.role is role and (struck or one.standing is not Standing.STRUCK))

    @property
    def categories(self) -> tuple[str, ...]:
        """Ids of the categories that a person confirmed."""
        return self._categories(Standing.CONFIRMED)

    @property
    def suggested_categories(self) -> tuple[str, ...]:
        """Ids of the categories of which nobody has said yes or no, the likeliest first."""
        return self._categories(Standing.SUGGESTED)

    @property
    def placement(self) -> Axes:
        """Its axes as far as people stand behind them: moved by one, or of a category that one confirmed."""
        return self.axes if self.axes.by is not None or self.categories else Axes()

    def _categories(self, standing: Standing) -> tuple[str, ...]:
        found = self.of_role(PointRole.CATEGORY)
        return tuple(one.kind for one in found if one.standing is standing and one.kind)

    def heading(self, section: str) -> str:
        """Heading of a section."""
        return SECTIONS.get(section, section)

    def ordered_sections(self) -> tuple[tuple[str, str], ...]:
        """Names and texts of the sections that have text: the known ones first, then the others as they came."""
        known = [(name, self.sections[name]) for name in SECTIONS if self.sections.get(name, "").strip()]
        others = [(name, text) for name, text in self.sections.items() if name not in SECTIONS and text.strip()]
        return (*known, *others)


def point_id(role: PointRole, text: str, *, kind: str | None = None, subject: str | None = None) -> str:
    """Ten letters that are the same for the same statement, so that a second draft does not repeat it."""
    named = [role.value, kind, subject] if role is not PointRole.FOLLOW_UP and kind and subject else [role.value, text]
    named = [role.value, kind] if role is PointRole.CATEGORY and kind else named
    return content_hash(named)[:10]


def make_point(
    role: PointRole,
    text: str,
    *,
    because: str = "",
    by: str | None = None,
    kind: str | None = None,
    subject: str | None = None,
) -> Point:
    """A point; confirmed when a person says it, suggested else."""
    standing = Standing.SUGGESTED if by is None else Standing.CONFIRMED
    identity = point_id(role, text, kind=kind, subject=subject)
    return Point(identity, role, text, because, standing, by, kind, subject)


def plain(report: Report) -> dict[str, Any]:
    """A report as JSON values."""
    values: Any = to_plain(report)
    return values


def read_report(values: object) -> Report:
    """A report from JSON values; unknown names are left out.

    Raises:
        UnreadableError: a value that no report has; the message says where.
    """
    try:
        return msgspec.convert(values, Report)
    except msgspec.ValidationError as cause:
        message = f"this is no postmortem of steek: {cause}"
        raise UnreadableError(message, next_step="'steek postmortem schema' prints what it must look like.") from None


def with_axes(report: Report, places: Mapping[str, tuple[int, int]]) -> Report:
    """The report with its axes where its first confirmed category lies, unless a person moved them."""
    if report.axes.by is not None:
        return report
    at = next((places[name] for name in report.categories if name in places), (None, None))
    return replace(report, axes=Axes(at[0], at[1]))


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a report as it is exported."""
    made = msgspec.json.schema(Report)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Postmortem of steek"}
    return {**head, **made}
