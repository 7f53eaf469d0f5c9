"""An incident, its suspects and its menu as lines of a terminal."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from steek.cli.output import say, visible
from steek.incidents import Incident, Role, Span, Story, WhatChanged
from steek.incidents.next_action import steps_of
from steek.incidents.updates.cadence import Due
from steek.incidents.updates.status import Status
from steek.kernel.units import format_duration
from steek.platform import MitigationLine

_MOST_SYSTEMS = 4
_MOST_STEPS = 3
_WIDE = 10


def print_incident(story: Story, status: Status, now: datetime) -> None:
    """How it stands, in words: who leads, what is next, since when, when there is news, the times of its phases."""
    incident = story.incident
    say(visible(f"{incident.id}  {incident.severity}  {incident.title}"))
    first, *beside = steps_of(story, now)
    say(visible(f"  {'next':<{_WIDE}}{first.title}: {first.text}"))
    for step in beside[:_MOST_STEPS]:
        say(visible(f"  {'then':<{_WIDE}}{step.title}"))
    for name, words in _facts(story, status, now):
        say(visible(f"  {name:<{_WIDE}}{words}"))
    say("  phases")
    for each in story.phases:
        if each.start.known:
            ended = f" until {_span(each.end)}" if each.end.known and each.end != each.start else ""
            marked = ", to be confirmed" if each.suggested else ""
            say(visible(f"    {each.phase:<17}{_span(each.start)}{ended} ({each.evidence}{marked})"))


def _facts(story: Story, status: Status, now: datetime) -> Iterator[tuple[str, str]]:
    incident = story.incident
    part_of = "" if incident.merged_into is None else f", part of {incident.merged_into}, where people work on it"
    yield "state", f"{incident.state}{part_of} (version {incident.version}, by {incident.changed_by})"
    yield "led by", _leads(incident)
    by = "by rule" if incident.machine else f"by {incident.declared_by}"
    yield "declared", f"{_at(incident.declared_at)} {by}, {format_duration(now - incident.declared_at)} ago"
    if incident.resolved_at is not None:
        yield "resolved", f"{_at(incident.resolved_at)}, {format_duration(now - incident.resolved_at)} ago"
    more = len(incident.systems) - _MOST_SYSTEMS
    others = f" and {more} more" if more > 0 else ""
    held = "; their changes are held" if incident.frozen else ""
    yield "touches", f"{', '.join(incident.systems[:_MOST_SYSTEMS])}{others}{held}"
    if incident.state.is_open:
        yield "update", _update(status, now)
    if status.known:
        yield "known", status.known
    if incident.near_miss:
        yield "near miss", incident.near_miss


def _leads(incident: Incident) -> str:
    commander = incident.roles.get(Role.COMMANDER)
    if commander is None and incident.state.is_open:
        first = f"nobody; take it: steek incident assign {incident.id} commander YOU"
    else:
        first = commander or "nobody"
    others = [f"{role} {person}" for role, person in incident.roles.items() if role is not Role.COMMANDER]
    return "; ".join([first, *others])


def _update(status: Status, now: datetime) -> str:
    due_at = status.next_update_at
    if due_at is None:
        return "none was promised"
    if status.due is Due.OVERDUE or due_at < now:
        return f"overdue for {format_duration(now - due_at)}; tell them: steek incident update"
    return f"due {_at(due_at)}, in {format_duration(max(due_at - now, timedelta(0)))}"


def _at(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _span(span: Span) -> str:
    earliest, latest = span.earliest_at or span.latest_at, span.latest_at or span.earliest_at
    if earliest is None or latest is None:
        return "not known"
    if span.earliest_at is None:
        return f"before {_at(latest)}"
    if span.latest_at is None:
        return f"after {_at(earliest)}"
    return _at(earliest) if earliest == latest else f"between {earliest:%Y-%m-%d %H:%M} and {_at(latest)}"


def print_suspects(changed: WhatChanged) -> None:
    """What changed, strongest first, each with its reason; or that nobody records it."""
    if changed.in_short:
        say(visible(changed.in_short))
    for place, suspect in enumerate(changed.suspects, start=1):
        say(visible(f"{place}. {suspect.score:.0%}  {suspect.category}: {suspect.what}"))
        say(visible(f"   {suspect.reason}"))
        say(f"   event {suspect.event.id}")
    for unchanged in changed.unchanged:
        say(visible(f"-  {unchanged.sentence}"))


def print_menu(lines: Sequence[MitigationLine]) -> None:
    """What can be done; each with what it does, risks and takes, and the way back."""
    for line in lines:
        takes = " ".join(f"{name}=" for name in line.takes)
        say(visible(f"{line.name}  {takes}".rstrip()))
        for name, words in _of_mitigation(line):
            say(visible(f"  {name:<{_WIDE}}{words}"))


def _of_mitigation(line: MitigationLine) -> Iterator[tuple[str, str]]:
    yield "does", line.effect
    yield "risks", line.risk
    yield "undo", line.undo
    yield "takes", line.time
    if line.agrees:
        yield "agrees", f"{', '.join(line.agrees)} must agree first: steek incident ask-agreement"
