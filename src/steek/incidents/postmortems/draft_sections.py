"""The sections of a draft, in Markdown: what the record of an incident says of itself, a line for each act."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from steek.incidents.impact.types import interval_words
from steek.incidents.phases import Phase
from steek.incidents.postmortems.acts import line_of, merged
from steek.incidents.postmortems.lengths import length_words
from steek.incidents.postmortems.report import Detected
from steek.incidents.postmortems.report_markdown import cell, inline
from steek.incidents.stories import Story
from steek.incidents.timeline import TimelineEntry, own_events
from steek.incidents.types import AlertEvidence, Duration, Span

SHOWN_SUSPECTS = 20  # the incident page has them all
# From here on nobody reads what stands behind the point.
_WHOLE_FROM = 1_000
_MOST_LINES = 150
_RESPONSE = (
    "incident.action_started",
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
_ASKED_OF_PEOPLE = ("users", "money", "groups harmed")


@dataclass(frozen=True, slots=True)
class Noticed:
    """Who noticed: a machine, or a user (anybody who is not a monitor)."""

    by: Detected
    what: str
    at: datetime


def noticed(story: Story) -> Noticed:
    """How it was first noticed."""
    if story.alerts:
        first = story.alerts[0]
        return Noticed("machine", f"alert of {first.monitor}", first.opened_at)
    return Noticed("user", f"declared by {story.incident.declared_by}", story.incident.declared_at)


def draft_sections(story: Story) -> dict[str, str]:
    """Text by name of section; a section of which the record says nothing is not there."""
    return {name: text for name, write in _WRITERS.items() if (text := write(story))}


def _summary(story: Story) -> str:
    outage = length_words(_outage(story))
    lasted = f" It lasted {outage}." if outage else ""
    by = "a monitor" if story.alerts else "a person"
    systems = ", ".join(inline(system) for system in story.incident.systems)
    title, severity = inline(story.incident.title), story.incident.severity.value
    return f"{title} ({severity}).{lasted} Noticed by {by}. Systems: {systems}."


def _outage(story: Story) -> Duration:
    began = next(phase.start for phase in story.phases if phase.phase is Phase.OUTAGE_BEGINS)
    return Duration.between(began, Span.exactly(story.incident.resolved_at))


def _impact(story: Story) -> str:
    # Assessed again, a dimension is what was said last.
    assessed = {
        str(entry.payload.get("dimension", "")): _assessed(entry.payload)
        for entry in own_events(story.timeline, "incident.impact_assessed")
    }
    lines = [f"- {inline(dimension + ':')} {told}" for dimension, told in assessed.items()]
    considered = own_events(story.timeline, "incident.groups_considered")[-1:]
    lines += [line for entry in considered for line in _groups(entry.payload)]
    said = {*assessed, *(["groups harmed"] if considered or "groups" in assessed else [])}
    for alert in story.alerts[:SHOWN_SUSPECTS]:
        where = f" [{inline(alert.slice)}]" if alert.slice else ""
        lines.append(f"- {inline(alert.monitor)}{where} was at {_number(alert.value)}{_bounds(alert)}")
    missing = [name for name in _ASKED_OF_PEOPLE if name not in said]
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


def _phases(story: Story) -> str:
    rows = ["| phase | began | ended | known from |", "|---|---|---|---|"]
    for one in story.phases:
        mark = " *(suggested)*" if one.suggested else ""
        rows.append(f"| {one.phase.value} | {_span(one.start)} | {_span(one.end)} | {cell(one.evidence)}{mark} |")
    return "\n".join(rows)


def _detection(story: Story) -> str:
    one = noticed(story)
    return f"{inline(one.what)}, {_at(one.at)}."


def _timeline(story: Story) -> str:
    own = merged(entry for entry in story.timeline if entry.own and not _is_routine(entry))
    more = [f"- and {len(own) - _MOST_LINES} more in the incident"] if len(own) > _MOST_LINES else []
    return "\n".join([*(f"- {line_of(act)}" for act in own[:_MOST_LINES]), *more])


def _is_routine(entry: TimelineEntry) -> bool:
    """Rankings stand under what changed; what people did to the postmortem itself is no part of the incident."""
    return entry.kind == "suspects.ranked" or entry.kind.startswith("postmortem.")


def _changed(story: Story) -> str:
    lines: list[str] = []
    for one in story.changed.suspects[:SHOWN_SUSPECTS]:
        verdict = f"{one.verdict} by {inline(one.judged_by or '')}" if one.verdict else "no verdict yet"
        said = f"{inline(one.what)}, {_at(one.event.at)}, score {one.score:.2f}"
        lines.append(f"- {said}: {inline(one.reason)} ({verdict})")
    return "\n".join([*lines, *(f"- {inline(one.sentence)}" for one in story.changed.unchanged)])


def _told(kinds: Iterable[str]) -> Callable[[Story], str]:
    wanted = frozenset(kinds)

    def write(story: Story) -> str:
        told = merged(entry for entry in story.timeline if entry.own and entry.kind in wanted)
        return "\n".join(f"- {line_of(act)}" for act in told[:_MOST_LINES])

    return write


def _resolution(story: Story) -> str:
    resolved = own_events(story.timeline, "incident.resolved")
    return inline(resolved[-1].text) if resolved else "not resolved yet"


_WRITERS: Mapping[str, Callable[[Story], str]] = {
    "summary": _summary,
    "impact": _impact,
    "phases": _phases,
    "detection": _detection,
    "timeline": _timeline,
    "changes": _changed,
    "hypotheses": _told(_HYPOTHESES),
    "response": _told(_RESPONSE),
    "communication": _told(_TALK),
    "resolution": _resolution,
}


def _span(span: Span) -> str:
    known = [at for at in (span.earliest_at, span.latest_at) if at is not None]
    if not known:
        return "not known"
    if len(known) == 1:
        return f"{'after' if span.latest_at is None else 'before'} {_at(known[0])}"
    return _at(known[0]) if known[0] == known[1] else f"{_at(known[0])} to {_at(known[1])}"


def _at(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _bounds(alert: AlertEvidence) -> str:
    said = {"at least": alert.lower, "at most": alert.upper}
    known = [f"{word} {_number(bound)}" for word, bound in said.items() if bound is not None]
    return f"; {' and '.join(known)} was expected" if known else ""


def _number(value: float | None) -> str:
    if value is None:
        return "no value"
    return f"{value:,.0f}" if abs(value) >= _WHOLE_FROM else f"{value:.4g}"
