"""The one page for everybody, and the page for outsiders: what they show, decided without a surface."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from steek.incidents.lifecycle import State
from steek.incidents.mitigations import ActionTaken, Outcome
from steek.incidents.types import Incident
from steek.incidents.updates.cadence import Cadence, Due
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
_DONE: Mapping[Outcome, str] = {
    Outcome.STARTED: "is being done",
    Outcome.DONE: "was done",
    Outcome.FAILED: "was tried and failed",
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
    `links` are pages for outsiders that can be read.
    """

    incident: Incident
    phase: str
    known: str | None
    impact: str | None
    assessed: tuple[str, ...]
    doing: str | None
    measures: tuple[Measure, ...]
    next_update_at: datetime | None
    due: Due
    cadence: Cadence
    updates: tuple[Update, ...]
    questions: tuple[Question, ...]
    links: tuple[OutsideLink, ...]


@dataclass(frozen=True, slots=True)
class OutsideEntry:
    """One thing that outsiders were told."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsidePage:
    """What outsiders read: a title made for them, the phase in their words, approved texts, and when there is more.

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

    severity: str
    phase: str
    declared_at: datetime
    resolved_at: datetime | None
    entries: tuple[OutsideEntry, ...]
    next_update_at: datetime | None


def status_of(
    incident: Incident,
    *,
    updates: Sequence[Update],
    questions: Sequence[Question],
    links: Sequence[OutsideLink],
    actions: Sequence[ActionTaken],
    effects: Mapping[str, str],
    assessed: Sequence[str],
    cadence: Cadence,
    next_update_at: datetime | None,
    due: Due,
) -> Status:
    """The page for everybody.

    Args:
        incident: As it stands.
        updates: Latest first.
        questions: As they are to be shown.
        links: Pages for outsiders that can be read.
        actions: What was done, oldest first.
        effects: Mitigation to what it is for, in words.
        assessed: Impact as it was assessed, in sentences.
        cadence: How often there is news.
        next_update_at: When the next update is due.
        due: How the incident stands to that.
    """
    return Status(
        incident=incident,
        phase=_WORDS[incident.state],
        known=updates[0].text if updates else None,
        impact=next((one.impact for one in updates if one.impact), None),
        assessed=tuple(assessed),
        doing=next((one.doing for one in updates if one.doing), None),
        measures=tuple(_measure(one, effects) for one in reversed(actions)),
        next_update_at=next_update_at,
        due=due,
        cadence=cadence,
        updates=tuple(updates),
        questions=tuple(questions),
        links=tuple(links),
    )


def outside_page(status: Status, title: str) -> OutsidePage:
    """The page for outsiders, of nothing but what was approved for them."""
    return OutsidePage(
        title=title,
        phase=_OUTSIDE[status.incident.state],
        is_over=not status.incident.state.is_open,
        entries=_approved(status.updates),
        next_update_at=status.next_update_at,
    )


def summary_of(status: Status) -> Summary:
    """What stakeholders see who may not see internals."""
    return Summary(
        severity=status.incident.severity.value,
        phase=_OUTSIDE[status.incident.state],
        declared_at=status.incident.declared_at,
        resolved_at=status.incident.resolved_at,
        entries=_approved(status.updates),
        next_update_at=status.next_update_at,
    )


def _approved(updates: Sequence[Update]) -> tuple[OutsideEntry, ...]:
    return tuple(
        OutsideEntry(one.approved_at or one.at, one.outside_text) for one in updates if one.outside_state == "approved"
    )


def _measure(action: ActionTaken, effects: Mapping[str, str]) -> Measure:
    what = effects.get(action.mitigation) or action.mitigation.replace("-", " ")
    text = f"{action.mitigation.replace('-', ' ')} {_DONE[action.outcome]}: {what}"
    return Measure(action.ended_at or action.started_at, text, action.actor)
