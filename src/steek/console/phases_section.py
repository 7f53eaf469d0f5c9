"""The phases of an incident as a strip: when each began, as an interval where that is fuzzy, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from steek.console.services import Services
from steek.console.words import interval_words
from steek.incidents import ActionTaken, PhaseTimes, State, Story


@dataclass(frozen=True, slots=True)
class PhaseLine:
    """One phase: `look` is past, fuzzy (past, its beginning known as an interval), now or ahead."""

    name: str
    when: str
    evidence: str
    look: str


def phases_section(services: Services, story: Story, _form_key: str) -> tuple[PhaseLine, ...]:
    """All phases from the trigger on; what lay before it is an empty column on the page."""
    current = {
        State.DETECTION: "detection",
        State.TROUBLESHOOTING: "troubleshooting",
        State.MITIGATION: "mitigation",
        State.RESOLUTION: "resolution",
        State.FOLLOW_UP: "follow-up",
    }.get(story.incident.state, "")
    now = services.clock.now()
    return tuple(_phase_line(phase, current, now, story.actions) for phase in story.phases[1:])


def _phase_line(phase: PhaseTimes, current: str, now: datetime, actions: Sequence[ActionTaken]) -> PhaseLine:
    start = phase.start
    when = interval_words(start.earliest_at, start.latest_at, now) if start.known else ""
    is_fuzzy = phase.suggested or start.earliest_at != start.latest_at
    if phase.phase.value == current:
        look = "now"
    elif not start.known:
        look = "ahead"
    else:
        look = "past fuzzy" if is_fuzzy else "past"
    evidence = phase.evidence if start.known and phase.evidence != "recorded in the timeline" else ""
    if phase.phase.value == "mitigation" and start.known:
        # What was done in that phase says more than that it began; whether it helped stands with it.
        named = ", then ".join(label(action.mitigation) for action in actions[:2])
        evidence = f"{named}; not seen to help yet" if phase.suggested and named else label(phase.evidence)
    return PhaseLine(phase.phase.value.capitalize(), when, evidence, look)


def label(mitigation: str) -> str:
    """The name of a mitigation as people say it."""
    return mitigation.replace("-", " ").replace("_", " ")
