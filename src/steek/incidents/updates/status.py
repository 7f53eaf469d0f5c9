"""The one page for everybody, and the page for outsiders: what they show, decided without a surface."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from steek.incidents.lifecycle import State
from steek.incidents.mitigations import ActionTaken
from steek.incidents.types import Incident
from steek.incidents.updates.cadence import Cadence, Due, standing
from steek.incidents.updates.deeds import deed
from steek.incidents.updates.outside_texts import OutsideEntry, outside_entries, outside_promise
from steek.incidents.updates.records import OutsideLink, Question, Update

_WORDS: Mapping[State, str] = {
    State.DETECTION: "Something is wrong. People are being called together.",
    State.TROUBLESHOOTING: "People are looking for the cause.",
    State.MITIGATION: "The effect is being reduced while the cause is worked on.",
    State.RESOLUTION: "The cause is being removed, and the indicators are being watched.",
    State.FOLLOW_UP: "It is over. What is learned from it is being written down.",
    State.CLOSED: "It is over, and what was learned from it is written down.",
}
_OUTSIDE: Mapping[State, str] = {
    State.DETECTION: "We have noticed a problem and are looking into it.",
    State.TROUBLESHOOTING: "We are looking for the cause.",
    State.MITIGATION: "We are working on reducing the effect.",
    State.RESOLUTION: "We are solving the problem and watching that it stays solved.",
    State.FOLLOW_UP: "The problem is solved.",
    State.CLOSED: "The problem is solved.",
}


@dataclass(frozen=True, slots=True)
class Measure:
    """Something done about it, in plain words: what it is for, how it went, by whom."""

    at: datetime
    text: str
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What everybody of the project may see of an incident without its working channel.

    `known` is what the last update said, `impact` and `doing` what the last update that spoke of it said; None before.
    `doing_at` is when that was. `part_of` is the incident it was merged into, where people work on it; `questions`,
    `outside` and `links` are also of what was merged into this one. `outside` is what outsiders read, latest first,
    `outside_next_at` when they were promised more; `links` are pages for them that can be read.
    """

    incident: Incident
    part_of: str | None
    phase: str
    known: str | None
    impact: str | None
    assessed: tuple[str, ...]
    doing: str | None
    doing_at: datetime | None
    measures: tuple[Measure, ...]
    next_update_at: datetime | None
    due: Due
    cadence: Cadence
    updates: tuple[Update, ...]
    questions: tuple[Question, ...]
    outside: tuple[OutsideEntry, ...]
    outside_next_at: datetime | None
    links: tuple[OutsideLink, ...]

    @property
    def is_open(self) -> bool:
        """Whether the outage goes on, here or in what this was merged into."""
        return self.incident.state.is_open


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsidePage:
    """What outsiders read: a title made for them, the phase in their words, approved texts, and when more was promised.

    It names no system, person, incident or number of anybody.
    """

    title: str
    phase: str
    is_over: bool
    entries: tuple[OutsideEntry, ...]
    next_update_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a stakeholder sees who may not see internals: the outsiders' texts, with severity, phase and times."""

    incident: str
    severity: str
    phase: str
    is_over: bool
    declared_at: datetime
    resolved_at: datetime | None
    entries: tuple[OutsideEntry, ...]
    next_update_at: datetime | None


def status_of(
    incident: Incident,
    *,
    part_of: str | None,
    updates: Sequence[Update],
    merged: Sequence[Update],
    questions: Sequence[Question],
    links: Sequence[OutsideLink],
    actions: Sequence[ActionTaken],
    assessed: Sequence[str],
    cadence: Cadence,
    next_update_at: datetime | None,
    now: datetime,
) -> Status:
    """The page for everybody.

    Args:
        incident: As it stands.
        part_of: What it was merged into; None where people work on it here.
        updates: Its own, latest first.
        merged: Of what was merged into it; outsiders read both.
        questions: As they are to be shown.
        links: Pages for outsiders that can be read.
        actions: What was done, oldest first.
        assessed: Impact as it was assessed, in sentences.
        cadence: How often there is news.
        next_update_at: When the next update is due.
        now: The present.
    """
    doing = next((one for one in updates if one.doing), None)
    told = sorted((*updates, *merged), key=lambda one: (one.at, one.number), reverse=True)
    return Status(
        incident=incident,
        part_of=part_of,
        phase=_WORDS[incident.state] if part_of is None else f"It is part of {part_of}. People work there.",
        known=updates[0].text if updates else None,
        impact=next((one.impact for one in updates if one.impact), None),
        assessed=tuple(assessed),
        doing=None if doing is None else doing.doing,
        doing_at=None if doing is None else doing.at,
        measures=tuple(Measure(one.ended_at or one.started_at, deed(one), one.actor) for one in reversed(actions)),
        next_update_at=next_update_at,
        due=standing(next_update_at, cadence, now=now),
        cadence=cadence,
        updates=tuple(updates),
        questions=tuple(questions),
        outside=outside_entries(told),
        outside_next_at=outside_promise(told, is_open=incident.state.is_open, now=now),
        links=tuple(links),
    )


def outside_page(status: Status, title: str) -> OutsidePage:
    """The page for outsiders, of nothing but what was approved for them."""
    return OutsidePage(
        title=title,
        phase=_OUTSIDE[status.incident.state],
        is_over=not status.is_open,
        entries=status.outside,
        next_update_at=status.outside_next_at,
    )


def summary_of(status: Status) -> Summary:
    """What stakeholders see who may not see internals."""
    return Summary(
        incident=status.incident.id,
        severity=status.incident.severity.value,
        phase=_OUTSIDE[status.incident.state],
        is_over=not status.is_open,
        declared_at=status.incident.declared_at,
        resolved_at=status.incident.resolved_at,
        entries=status.outside,
        next_update_at=status.outside_next_at,
    )
