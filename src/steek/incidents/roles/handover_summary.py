"""What the next person must know, drafted from the story of an incident; whoever hands over edits it."""

from collections.abc import Sequence
from datetime import datetime

from steek.incidents.mitigations import Outcome
from steek.incidents.stories import Story
from steek.incidents.timeline import TimelineEntry

_MOST_LINES = 8
_LINE_CHARACTERS = 300


def handover_summary(story: Story, *, next_update_at: datetime | None, now: datetime) -> str:
    """Markdown in four parts: what is known, what is under way, what is supposed, what is due.

    Args:
        story: The incident as it stands.
        next_update_at: When everybody expects to hear of it again; None when nobody does.
        now: Processing time.
    """
    incident = story.incident
    more = " and more" if len(incident.systems) > _MOST_LINES else ""
    standing = f"{incident.severity.value}, {incident.state.value}, declared {_at(incident.declared_at)}"
    known = [
        f"{incident.id} is {standing}: {incident.title}",
        f"Systems: {', '.join(incident.systems[:_MOST_LINES])}{more}",
        *(f"Impact: {entry.text}" for entry in _last(story, "incident.impact_assessed")),
        *(f"Shown by {alert.monitor}{f' ({alert.slice})' if alert.slice else ''}" for alert in story.alerts[:3]),
        "A change freeze is on." if incident.frozen else "Nothing is frozen.",
    ]
    parts = (
        ("Known", known),
        ("Under way", _under_way(story)),
        ("Supposed causes", _supposed(story)),
        ("Due", _due(next_update_at, now)),
    )
    return "\n\n".join(f"**{name}**\n" + "\n".join(f"- {_line(line)}" for line in lines) for name, lines in parts)


def _under_way(story: Story) -> list[str]:
    started = [
        f"{one.mitigation} was started by {one.actor} and has not ended" for one in story.actions if _runs(one.outcome)
    ]
    ended = [f"{one.mitigation} by {one.actor}: {one.outcome.value}" for one in story.actions if not _runs(one.outcome)]
    found = [*started, *ended[-3:]]
    return found or ["Nothing was done yet."]


def _runs(outcome: Outcome) -> bool:
    return outcome is Outcome.STARTED


def _supposed(story: Story) -> list[str]:
    judged = {
        str(entry.payload.get("hypothesis")): str(entry.payload.get("verdict"))
        for entry in story.timeline
        if entry.own and entry.kind == "incident.hypothesis_judged"
    }
    stated = _last(story, "incident.hypothesis_stated", most=_MOST_LINES)
    found = [f"{entry.text} ({judged.get(str(entry.payload.get('hypothesis')), 'not judged yet')})" for entry in stated]
    if found:
        return found
    first = story.changed.suspects[:1]
    return [f"Nobody stated one; the first suspect is: {one.reason}" for one in first] or ["None yet."]


def _due(next_update_at: datetime | None, now: datetime) -> list[str]:
    if next_update_at is None:
        return ["No status update is expected."]
    late = " and is overdue" if next_update_at < now else ""
    return [f"The next status update was promised for {_at(next_update_at)}{late}."]


def _last(story: Story, kind: str, *, most: int = 1) -> Sequence[TimelineEntry]:
    return [entry for entry in story.timeline if entry.own and entry.kind == kind][-most:]


def _line(text: str) -> str:
    """One line, so that what people typed cannot pretend to be another part."""
    return " ".join(text.split())[:_LINE_CHARACTERS]


def _at(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
