"""The page of an incident: where it stands, what to do next, the evidence, the suspects, the people, the story."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from steek.charts import Marker
from steek.console.event_words import describe, told, words_of
from steek.console.mitigation_forms import MitigationForm, mitigation_forms
from steek.console.next_action import NextAction, done_by_actions, next_action
from steek.console.pictures import Picture, chart, lettered
from steek.console.words import interval_words
from steek.incidents import TRANSITIONS as INCIDENT_TRANSITIONS
from steek.incidents import (
    ActionTaken,
    AlertEvidence,
    Incident,
    Incidents,
    PhaseTimes,
    Role,
    State,
    Story,
    Suspect,
    TimelineEntry,
)
from steek.kernel.state_machine import legal_actions
from steek.kernel.urn import Urn
from steek.kernel.verdict import Verdict
from steek.ledger import Event
from steek.models import Freezes
from steek.monitoring import Monitoring

_BEFORE_ONSET = timedelta(days=14)
_MOST_PICTURES = 3
_MOST_ENTRIES = 60
_MOST_SUSPECTS = 6
_ALARMS = frozenset({"alert.fired", "incident.declared", "join.failed", "training.failed"})


@dataclass(frozen=True, slots=True)
class PhaseLine:
    """One phase: `look` is past, fuzzy (past, its beginning known as an interval), now or ahead."""

    name: str
    when: str
    evidence: str
    look: str


@dataclass(frozen=True, slots=True)
class SuspectLine:
    """One suspect; `letter` is its marker on the chart, "" when it lies outside it."""

    event_id: str
    what: str
    text: str
    reason: str
    score: float
    letter: str


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One line of the timeline; `look` colours its dot."""

    at: datetime
    actor: str
    text: str
    event_id: str
    look: str


@dataclass(frozen=True, slots=True)
class IndicatorLine:
    """How one of the indicators that showed it stands now."""

    health: str
    sentence: str


@dataclass(frozen=True, slots=True)
class IncidentView:
    """All of the page."""

    incident: Incident
    is_open: bool
    is_closed: bool
    severity: str
    systems: tuple[str, ...]
    phases: tuple[PhaseLine, ...]
    next: NextAction
    pictures: tuple[Picture, ...]
    suspects: tuple[SuspectLine, ...]
    unchanged: tuple[str, ...]
    searched: str
    roles: tuple[tuple[str, str], ...]
    menu: tuple[MitigationForm, ...]
    moves: tuple[str, ...]
    actions: tuple[ActionTaken, ...]
    indicators: tuple[IndicatorLine, ...]
    confidence: str
    timeline: tuple[EntryLine, ...]
    earlier: int
    freezes: tuple[str, ...]
    postmortem: bool
    form_key: str


def incident_view(
    incidents: Incidents, monitoring: Monitoring, freezes: Freezes, incident_id: str, *, now: datetime, form_key: str
) -> IncidentView:
    """The page of one incident.

    Args:
        incidents: Where it lies.
        monitoring: For the series that show it.
        freezes: For what it holds.
        incident_id: Which.
        now: The present.
        form_key: Makes the forms of this rendering idempotent: the same form sent twice acts once.

    Raises:
        NotFoundError: there is none by that id.
    """
    story = incidents.stories.read(incident_id)
    incident = story.incident
    events = [suspect.event for suspect in story.changed.suspects]
    markers = lettered(events, suspects=_prime_suspects(story.changed.suspects))
    pictures = _pictures(story.alerts, monitoring, markers)
    not_back = [indicator.sentence for indicator in story.verification.not_back()]
    entries = story.timeline[::-1]
    return IncidentView(
        incident=incident,
        is_open=incident.state.is_open,
        is_closed=incident.state is State.CLOSED,
        severity=f"sev {incident.severity.removeprefix('sev')}",
        systems=tuple(Urn.parse(system).name for system in incident.systems[:4]),
        phases=_phase_lines(story, now),
        next=next_action(incident, done=done_by_actions(story.actions), not_back=not_back),
        pictures=pictures,
        suspects=_suspect_lines(story.changed.suspects, pictures),
        unchanged=tuple(statement.sentence for statement in story.changed.unchanged),
        searched=f"between {story.changed.searched_since:%d %b} and {story.changed.searched_until:%d %b %H:%M}",
        roles=tuple((role.value, incident.roles.get(role, "")) for role in Role),
        menu=mitigation_forms(incidents.menu, incident),
        moves=tuple(move for move in legal_actions(INCIDENT_TRANSITIONS, incident.state) if move != "resolve"),
        actions=story.actions,
        indicators=_indicators(story),
        confidence=story.verification.confidence,
        timeline=_timeline(entries[:_MOST_ENTRIES]),
        earlier=max(len(entries) - _MOST_ENTRIES, 0),
        freezes=_held(freezes, incident),
        postmortem=not incident.state.is_open,
        form_key=form_key,
    )


def _phase_lines(story: Story, now: datetime) -> tuple[PhaseLine, ...]:
    # What lay before the trigger is an empty column on the page.
    shown = story.phases[1:]
    current = {
        State.DETECTION: "detection",
        State.TROUBLESHOOTING: "troubleshooting",
        State.MITIGATION: "mitigation",
        State.RESOLUTION: "resolution",
        State.FOLLOW_UP: "follow-up",
    }.get(story.incident.state, "")
    return tuple(_phase_line(phase, current, now) for phase in shown)


def _phase_line(phase: PhaseTimes, current: str, now: datetime) -> PhaseLine:
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
    return PhaseLine(phase.phase.value.capitalize(), when, evidence, look)


def _pictures(
    alerts: Sequence[AlertEvidence], monitoring: Monitoring, markers: tuple[Marker, ...]
) -> tuple[Picture, ...]:
    ordered = sorted(alerts, key=lambda alert: (alert.opened_at, alert.slice is not None, alert.monitor))
    shown: dict[str, AlertEvidence] = {}
    for alert in ordered:
        shown.setdefault(alert.monitor, alert)
    return tuple(_picture(alert, monitoring, markers) for alert in list(shown.values())[:_MOST_PICTURES])


def _picture(alert: AlertEvidence, monitoring: Monitoring, markers: tuple[Marker, ...]) -> Picture:
    began = alert.onset.earliest_at or alert.opened_at
    series = monitoring.series(alert.monitor, alert.slice, since=began - _BEFORE_ONSET)
    title = alert.monitor.replace("_", " ") + (f", {alert.slice}" if alert.slice is not None else "")
    onset = (alert.onset.earliest_at, alert.onset.latest_at)
    return chart(title, series, onset=onset, markers=markers, is_main=True)


def _prime_suspects(suspects: Sequence[Suspect]) -> frozenset[str]:
    """The strongest one stands out on the chart, if it is strong at all."""
    return frozenset(suspect.event.id for suspect in suspects[:1] if suspect.score >= 0.3)


def _suspect_lines(suspects: Sequence[Suspect], pictures: Sequence[Picture]) -> tuple[SuspectLine, ...]:
    letters = {marker.link: marker.letter for picture in pictures for marker in picture.markers}
    return tuple(_suspect_line(suspect, letters) for suspect in suspects[:_MOST_SUSPECTS])


def _suspect_line(suspect: Suspect, letters: dict[str, str]) -> SuspectLine:
    event: Event = suspect.event
    line = describe(event)
    return SuspectLine(
        event.id, line.what, line.text, suspect.reason, suspect.score, letters.get(f"/ledger/{event.id}", "")
    )


def _indicators(story: Story) -> tuple[IndicatorLine, ...]:
    health = {Verdict.PASS: "well", Verdict.FAIL: "broken", Verdict.UNDECIDED: "undecided"}
    return tuple(IndicatorLine(health[one.verdict], one.sentence) for one in story.verification.indicators)


def _timeline(entries: Sequence[TimelineEntry]) -> tuple[EntryLine, ...]:
    return tuple(
        EntryLine(entry.at, entry.actor, _entry_words(entry), entry.event_id, _dot(entry.kind, own=entry.own))
        for entry in entries
    )


def _held(freezes: Freezes, incident: Incident) -> tuple[str, ...]:
    held = [freeze for freeze in freezes.active() if freeze.incident == incident.urn]
    return tuple(f"{freeze.subject} ({', '.join(freeze.actions)})" for freeze in held)


def _entry_words(entry: TimelineEntry) -> str:
    if entry.own:
        return entry.text
    return f"{words_of(entry.kind)}: {told(entry.kind, entry.subject, entry.payload)}"


def _dot(kind: str, *, own: bool) -> str:
    if kind in _ALARMS:
        return "alarm"
    return "did" if own else ""
