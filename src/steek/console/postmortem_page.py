"""One postmortem as a page to read and to write in; no HTML in what people typed is ever let through."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from markdown_it import MarkdownIt
from markupsafe import Markup

from steek.console.follow_ups_page import ShownFollowUp, shown_follow_up
from steek.console.services import Services
from steek.incidents.followups.follow_up import Selection
from steek.incidents.postmortems.blamelessness import BlameWarning
from steek.incidents.postmortems.counting import TIMES
from steek.incidents.postmortems.editing import field_names, field_text
from steek.incidents.postmortems.exporting import PostmortemExport
from steek.incidents.postmortems.gaps import reasons_not_to_publish, worth_a_look
from steek.incidents.postmortems.publication import Stage, possible
from steek.incidents.postmortems.remarks import Comment, Unsettled
from steek.incidents.postmortems.report import HEADINGS, SECTIONS, Point, PointRole, Report, Standing
from steek.incidents.postmortems.report_markdown import report_markdown
from steek.incidents.postmortems.stored import PostmortemRecord, PostmortemVersion
from steek.incidents.postmortems.taxonomy import Category
from steek.kernel.errors import NotFoundError

# Fields of the form beside the text: name, what it asks, an example.
_FACTS: tuple[tuple[str, str, str], ...] = (
    ("title", "Title", ""),
    ("severity", "Severity", "sev1, sev2, sev3"),
    ("systems", "Systems", "model:ranking, dataset:products"),
    ("began_at", "Began, UTC", "2017-10-15 06:00"),
    ("resolved_at", "Resolved, UTC", "2017-10-15 09:00"),
    ("detected_by", "Noticed by", "machine or user"),
    *((name, f"Time {said}", "10 to 15 min") for name, said in TIMES.items()),
    ("near_miss", "Near miss", "yes or no"),
    ("origin", "Whose", "own or others"),
)
_HINTS: Mapping[PointRole, str] = {
    PointRole.CATEGORY: "What kind of failure it was.",
    PointRole.ROOT_CAUSE: "What happened that made it begin. Name no person.",
    PointRole.CONTRIBUTING_CAUSE: "What made it begin sooner, or last longer.",
    PointRole.ACTIVE_FAILURE: "What went wrong on that day.",
    PointRole.LATENT_CONDITION: "What had been lying there before, and let it through.",
    PointRole.DEFENCE: "Each layer: held, hole, absent or not tried.",
    PointRole.WENT_WELL: "What to keep.",
    PointRole.WENT_BADLY: "What to change in how people work.",
    PointRole.LUCK: "What will not help next time.",
    PointRole.FOLLOW_UP: "What to do about it.",
}


@dataclass(frozen=True, slots=True)
class SectionView:
    """One section: its text as HTML, and what its form begins with. `clash` is a text that came too late."""

    name: str
    heading: str
    html: Markup
    text: str
    clash: Unsettled | None


@dataclass(frozen=True, slots=True)
class PointsView:
    """Points of one role, those that were struck apart."""

    role: str
    heading: str
    hint: str
    points: tuple[Point, ...]
    struck: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class FactView:
    """One field beside the text."""

    name: str
    label: str
    value: str
    example: str


@dataclass(frozen=True, slots=True)
class PostmortemView:
    """A postmortem; `record` is None for a preview of an incident that has none yet.

    `is_read_only`: it is shown as it once stood, and cannot be changed there. `lacks` is what needs a reason to be
    published, `newer` what the record of the incident says by now and the text does not, `agreed` the real follow-ups.
    """

    id: str
    incident: str | None
    title: str
    record: PostmortemRecord | None
    at: datetime
    is_read_only: bool
    state: str
    version: int
    steps: tuple[str, ...]
    sections: tuple[SectionView, ...]
    points: tuple[PointsView, ...]
    facts: tuple[FactView, ...]
    report: Report
    axes: tuple[tuple[str, str, int | None], ...]
    categories: tuple[Category, ...]
    warnings: tuple[BlameWarning, ...]
    questions: tuple[str, ...]
    lacks: Mapping[str, str]
    newer: tuple[str, ...]
    agreed: tuple[ShownFollowUp, ...]
    comments: tuple[Comment, ...]
    clashes: tuple[Unsettled, ...]
    history: tuple[PostmortemVersion, ...]
    form_key: str


def postmortem_view(
    services: Services, postmortem: str, *, now: datetime, form_key: str, version: int | None = None
) -> PostmortemView:
    """A postmortem as it is, or as it stood at a version; before there is one, what the draft would be now.

    Raises:
        NotFoundError: neither a postmortem nor an incident has that id, or it never had that version.
    """
    record = services.postmortems.get_or_none(postmortem)
    if record is None:
        return _preview(services, postmortem, now, form_key)
    history = services.postmortems.history(postmortem)
    shown = _at(history, version)
    report = record.report if shown is None else shown.report
    is_old = shown is not None and shown.version != record.version
    writing = services.postmortem_writing
    clashes = () if is_old else writing.unsettled(postmortem)
    warnings = services.postmortems.warnings(record)
    return PostmortemView(
        id=record.id,
        incident=record.incident_id,
        title=report.title,
        record=record,
        at=record.changed_at if shown is None else shown.at,
        is_read_only=is_old,
        state=_state(record, shown if is_old else None),
        version=record.version,
        steps=() if is_old else possible(record.stage),
        sections=_sections(report, clashes),
        points=_points(report),
        facts=_facts(report),
        report=report,
        axes=_axes(report),
        categories=services.taxonomies.current().categories,
        warnings=() if is_old else warnings,
        questions=() if is_old else worth_a_look(report, len(warnings)),
        lacks={} if is_old else reasons_not_to_publish(report),
        newer=() if is_old else services.postmortems.newer(record),
        agreed=_agreed(services, record.incident_id or record.id, now),
        comments=writing.comments(postmortem),
        clashes=tuple(one for one in clashes if one.field not in report.sections and one.field not in SECTIONS),
        history=history,
        form_key=form_key,
    )


def _preview(services: Services, incident: str, now: datetime, form_key: str) -> PostmortemView:
    report = services.postmortems.preview(incident)
    return PostmortemView(
        id=incident,
        incident=incident,
        title=report.title,
        record=None,
        at=now,
        is_read_only=True,
        state="preview: the draft is written when the incident is resolved, or when somebody begins it",
        version=0,
        steps=(),
        sections=_sections(report, ()),
        points=_points(report),
        facts=_facts(report),
        report=report,
        axes=_axes(report),
        categories=(),
        warnings=(),
        questions=(),
        lacks={},
        newer=(),
        agreed=_agreed(services, incident, now),
        comments=(),
        clashes=(),
        history=(),
        form_key=form_key,
    )


def _agreed(services: Services, postmortem: str, now: datetime) -> tuple[ShownFollowUp, ...]:
    found = services.follow_ups.list(Selection(postmortem=postmortem))
    return tuple(shown_follow_up(one, now) for one in found)


def markdown_of(services: Services, postmortem: str, *, for_outsiders: bool) -> str:
    """A postmortem as Markdown, for whoever wants to take it elsewhere; for outsiders with roles for names."""
    out = PostmortemExport(services.follow_ups, services.incidents.stories)
    return report_markdown(out.report(services.postmortems.get(postmortem), for_outsiders=for_outsiders))


def _at(history: tuple[PostmortemVersion, ...], version: int | None) -> PostmortemVersion | None:
    if version is None:
        return None
    found = next((one for one in history if one.version == version), None)
    if found is None:
        raise NotFoundError.among("version", str(version), (str(one.version) for one in history))
    return found


def _state(record: PostmortemRecord, old: PostmortemVersion | None) -> str:
    if old is not None:
        return f"version {old.version} of {record.version}" + (f", revision {old.revision}" if old.revision else "")
    published = f", revision {record.revision} is published" if record.revision else ""
    if record.stage is Stage.PUBLISHED:
        return f"published, revision {record.revision}"
    return f"{record.stage}, version {record.version}{published}"


def _sections(report: Report, clashes: tuple[Unsettled, ...]) -> tuple[SectionView, ...]:
    others = tuple(name for name in report.sections if name not in SECTIONS)
    late = {one.field: one for one in reversed(clashes)}
    return tuple(
        SectionView(
            name, report.heading(name), to_html(report.sections.get(name, "")), field_text(report, name), late.get(name)
        )
        for name in (*SECTIONS, *others)
    )


def _points(report: Report) -> tuple[PointsView, ...]:
    return tuple(
        PointsView(
            role.value,
            HEADINGS[role],
            _HINTS[role],
            report.of_role(role),
            tuple(one for one in report.of_role(role, struck=True) if one.standing is Standing.STRUCK),
        )
        for role in PointRole
    )


def _facts(report: Report) -> tuple[FactView, ...]:
    known = field_names(report)
    return tuple(FactView(name, label, field_text(report, name), hint) for name, label, hint in _FACTS if name in known)


def _axes(report: Report) -> tuple[tuple[str, str, int | None], ...]:
    return (
        ("machine_learning", "1 not machine learning … 5 machine learning", report.placement.machine_learning),
        ("distributed", "1 a single system … 5 distributed", report.placement.distributed),
    )


def to_html(markdown: str) -> Markup:
    r"""Markdown as HTML; HTML inside it is shown as text, and links are kept only where they are harmless.

    >>> to_html("**bold** <script>")
    Markup('<p><strong>bold</strong> &lt;script&gt;</p>\n')
    """
    parser = _parser()
    tokens = parser.parse(markdown)
    for token in tokens:
        # The page has its title, the section its heading; headings in the text stand below them.
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1:]) + 2, 6)}"
    # Safe: the parser escapes every HTML tag and refuses javascript: and data: links.
    return Markup(parser.renderer.render(tokens, parser.options, {}))  # noqa: S704


@cache
def _parser() -> MarkdownIt:
    # Pictures from elsewhere would tell strangers who reads this.
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
