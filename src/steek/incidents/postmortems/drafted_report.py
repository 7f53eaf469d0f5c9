"""From the draft of an incident to the report that people work on; and a newer draft into a report they wrote in."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import cast

from steek.incidents.impact.types import interval_words
from steek.incidents.postmortems.document import Document, JudgedSuspect, Supposition
from steek.incidents.postmortems.report import Point, PointRole, Report, Standing, make_point
from steek.incidents.postmortems.report_markdown import inline
from steek.incidents.stories import Story
from steek.incidents.timeline import TimelineEntry, own_events
from steek.incidents.types import Duration
from steek.kernel.units import format_duration

_MOST_LINES = 150
_LINE_CHARACTERS = 400
_ROUTINE = frozenset({"suspects.ranked", "postmortem.drafted", "postmortem.edited", "postmortem.commented"})
_RESPONSE = (
    "incident.acted",
    "incident.agreed",
    "incident.agreement_asked",
    "incident.declined",
    "incident.measure_taken",
    "incident.mitigation_verified",
    "incident.refusal_decided",
    "incident.refused",
)
# Of a concern only that it was answered: its words are for those who were asked.
_TALK = ("incident.updated", "incident.asked", "incident.answered", "incident.handed_over", "incident.concern_answered")
_HYPOTHESES = ("incident.hypothesis_stated", "incident.hypothesis_judged")
_KEPT = ("severity", "systems", "began_at", "resolved_at", "detected_by", "near_miss", "roles", "title")


def report_of(document: Document, story: Story, places: Mapping[str, tuple[int, int]]) -> Report:
    """What the record of the incident can say, as a report; everything in it is a suggestion.

    Args:
        document: The draft.
        story: What it was drafted from.
        places: Place of each category on the two axes.
    """
    incident = story.incident
    began = story.changed.onset
    made = Report(
        id=incident.id,
        incident=incident.id,
        title=incident.title,
        severity=incident.severity.value,
        systems=incident.systems,
        began_at=began.earliest_at or began.latest_at or document.detection.at,
        resolved_at=incident.resolved_at,
        detected_by=document.detection.by,
        near_miss=bool(own_events(story.timeline, "incident.near_miss")),
        roles={role.value: person for role, person in incident.roles.items()},
        times=document.times,
        sections={name: text for name, write in _WRITERS.items() if (text := write(document, story))},
        points=_points(document, story),
        taxonomy_version=document.taxonomy_version,
    )
    first = next((places[name] for name in made.categories if name in places), None)
    return (
        made
        if first is None
        else replace(made, axes=replace(made.axes, machine_learning=first[0], distributed=first[1]))
    )


def redrafted(present: Report, drafted: Report) -> Report:
    """A newer draft taken into a report: what a person wrote, confirmed or struck stays as it is."""
    touched = set(present.touched)
    values = {name: getattr(drafted, name) for name in _KEPT if name not in touched}
    times = {name: getattr(drafted.times, name) for name in drafted.times.__dataclass_fields__ if name not in touched}
    sections = {**present.sections, **{name: text for name, text in drafted.sections.items() if name not in touched}}
    settled = [one for one in present.points if one.standing is not Standing.SUGGESTED]
    known = {one.id for one in settled}
    return replace(
        present,
        **values,
        times=replace(present.times, **times),
        axes=drafted.axes if present.axes.by is None else present.axes,
        sections=sections,
        points=(*settled, *(one for one in drafted.points if one.id not in known)),
    )


def _summary(document: Document, story: Story) -> str:
    outage = _length(document.impact.outage)
    lasted = f" It lasted {outage}." if outage else ""
    by = "a monitor" if document.detection.by == "machine" else "a person"
    systems = ", ".join(inline(system) for system in story.incident.systems)
    return f"{inline(document.title)} ({document.severity.value}).{lasted} Noticed by {by}. Systems: {systems}."


def _impact(document: Document, story: Story) -> str:
    # Assessed again, a dimension is what was said last.
    assessed = {
        str(entry.payload.get("dimension", "")): _assessed(entry.payload)
        for entry in own_events(story.timeline, "incident.impact_assessed")
    }
    lines = [f"- {inline(dimension)}: {told}" for dimension, told in assessed.items()]
    considered = own_events(story.timeline, "incident.groups_considered")[-1:]
    lines += [line for entry in considered for line in _groups(entry.payload)]
    said = {*assessed, *(["groups harmed"] if considered or "groups" in assessed else [])}
    lines += [
        f"- {inline(one.monitor)}{f' [{inline(one.slice)}]' if one.slice else ''} showed it"
        for one in document.impact.shown
    ]
    missing = [name for name in document.impact.not_measured if name not in said]
    return "\n".join([*lines, *([f"- Not measured, to be added by people: {', '.join(missing)}"] if missing else [])])


def _groups(payload: Mapping[str, object]) -> list[str]:
    """Whom it could harm, as people answered; or why nobody."""
    nobody = payload.get("nobody_because")
    if nobody:
        return [f"- groups harmed: nobody, {inline(str(nobody))}"]
    answers = cast("list[Mapping[str, object]]", payload.get("groups") or [])
    told = (", ".join(str(one[name]) for name in ("harm", "why") if one.get(name)) for one in answers)
    return [f"- group {inline(str(one.get('group')))}: {inline(said)}" for one, said in zip(answers, told, strict=True)]


def _assessed(payload: Mapping[str, object]) -> str:
    low, high = (cast("float | None", payload.get(name)) for name in ("low", "high"))
    parts = [] if low is None and high is None else [interval_words(low, high, str(payload.get("unit") or ""))]
    text = payload.get("text")
    return "; ".join([*map(inline, parts), *([inline(str(text))] if text else [])])


def _detection(document: Document, _story: Story) -> str:
    one = document.detection
    return f"{inline(one.what)}, {one.at:%Y-%m-%d %H:%M} UTC."


def _timeline(_document: Document, story: Story) -> str:
    own = [entry for entry in story.timeline if entry.own and entry.kind not in _ROUTINE]
    shown = own[:_MOST_LINES]
    more = [f"- and {len(own) - len(shown)} more in the incident"] if len(own) > len(shown) else []
    return "\n".join([*(f"- {entry.at:%Y-%m-%d %H:%M} UTC {_line(entry)}" for entry in shown), *more])


def _told(kinds: Iterable[str]) -> Callable[[Document, Story], str]:
    wanted = frozenset(kinds)

    def write(_document: Document, story: Story) -> str:
        told = [entry for entry in story.timeline if entry.own and entry.kind in wanted]
        return "\n".join(f"- {entry.at:%Y-%m-%d %H:%M} UTC {_line(entry)}" for entry in told[:_MOST_LINES])

    return write


def _line(entry: TimelineEntry) -> str:
    text = entry.text if len(entry.text) <= _LINE_CHARACTERS else entry.text[:_LINE_CHARACTERS] + "…"
    return inline(text)


def _resolution(document: Document, _story: Story) -> str:
    return inline(document.resolution)


_WRITERS: Mapping[str, Callable[[Document, Story], str]] = {
    "summary": _summary,
    "impact": _impact,
    "detection": _detection,
    "timeline": _timeline,
    "hypotheses": _told(_HYPOTHESES),
    "response": _told(_RESPONSE),
    "communication": _told(_TALK),
    "resolution": _resolution,
}


def _points(document: Document, story: Story) -> tuple[Point, ...]:
    suspects = {f"{one.kind} of {one.subject}": one for one in document.suspects}
    categories = [
        make_point(PointRole.CATEGORY, one.name, because=one.reason, kind=one.category)
        for one in document.classification
    ]
    causes = [
        *(_cause(PointRole.ROOT_CAUSE, one, suspects) for one in document.root_causes),
        *_confirmed_hypotheses(story),
        *(_cause(PointRole.CONTRIBUTING_CAUSE, one, suspects) for one in document.contributing_causes),
        *(make_point(PointRole.ACTIVE_FAILURE, one.text, because=one.because) for one in document.active_failures),
        *(make_point(PointRole.LATENT_CONDITION, one.text, because=one.because) for one in document.latent_conditions),
    ]
    layers = [
        make_point(PointRole.DEFENCE, one.sentence, kind=one.state.value, subject=one.layer)
        for one in document.defences
    ]
    learned = [
        *(make_point(PointRole.WENT_WELL, one.text, because=one.because) for one in document.went_well),
        *(make_point(PointRole.LUCK, one.text, because=one.because) for one in document.luck),
        *(make_point(PointRole.FOLLOW_UP, one.text, because=one.because, kind=one.kind) for one in document.follow_ups),
    ]
    return tuple({one.id: one for one in [*categories, *causes, *layers, *learned]}.values())


def _cause(role: PointRole, supposed: Supposition, suspects: Mapping[str, JudgedSuspect]) -> Point:
    suspect = suspects.get(supposed.text)
    by = suspect.judged_by if suspect is not None and supposed.confirmed else None
    kind, subject = (None, None) if suspect is None else (suspect.kind, suspect.subject)
    return make_point(role, supposed.text, because=supposed.because, by=by, kind=kind, subject=subject)


def _confirmed_hypotheses(story: Story) -> list[Point]:
    """What people stated, tested and found true; the hypothesis speaks for itself, no event stands for it."""
    stated = {
        str(entry.payload.get("hypothesis")): str(entry.payload.get("text") or "")
        for entry in own_events(story.timeline, "incident.hypothesis_stated")
    }
    found = [
        (str(entry.payload.get("text") or stated.get(str(entry.payload.get("hypothesis")), "")), entry.actor)
        for entry in own_events(story.timeline, "incident.hypothesis_judged")
        if entry.payload.get("verdict") == "confirmed"
    ]
    because = "a hypothesis that was tested and found true"
    return [make_point(PointRole.ROOT_CAUSE, text, because=because, by=by) for text, by in found if text.strip()]


def _length(duration: Duration) -> str:
    known = [value for value in (duration.shortest_s, duration.longest_s) if value is not None]
    told = [format_duration(timedelta(seconds=value)) for value in sorted(set(known))]
    return " to ".join(told)
