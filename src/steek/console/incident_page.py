"""The page of an incident: where it stands, what to do next, the evidence, the suspects, the people, the story."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from steek.charts import Marker, Point
from steek.console.drawings import Drawings
from steek.console.event_words import argument_words, describe, thing, words_of
from steek.console.indicator_words import bounds_words, series_name, unit_of, value_words
from steek.console.mitigation_forms import MitigationForm, mitigation_forms
from steek.console.next_action import NextAction, done_by_actions, next_action
from steek.console.pictures import Picture, chart, lettered
from steek.console.services import Services
from steek.console.timeline_parts import TimelineView, timeline_view
from steek.console.words import interval_words
from steek.incidents import TRANSITIONS as INCIDENT_TRANSITIONS
from steek.incidents import (
    ActionTaken,
    AlertEvidence,
    Incident,
    IndicatorNow,
    PhaseTimes,
    Role,
    State,
    Story,
    Suspect,
)
from steek.kernel.state_machine import legal_actions
from steek.kernel.urn import Urn
from steek.kernel.verdict import Verdict
from steek.ledger import Event
from steek.models import Freezes
from steek.monitoring import Monitoring

_BEFORE_ONSET = timedelta(days=14)
_MOST_PICTURES = 3
_MOST_SUSPECTS = 6
_CHANGE = re.compile(r"\b(\w+\.\w+) of (\w+:\S+?)(?=,|$)")


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
class ActionLine:
    """One mitigation that was run: `given` are its arguments in words."""

    at: datetime
    actor: str
    what: str
    given: str
    outcome: str
    health: str


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
    actions: tuple[ActionLine, ...]
    indicators: tuple[IndicatorLine, ...]
    confidence: str
    timeline: TimelineView
    freezes: tuple[str, ...]
    postmortem: bool
    form_key: str


def incident_view(services: Services, drawings: Drawings, incident_id: str, *, form_key: str) -> IncidentView:
    """The page of one incident.

    Args:
        services: Incidents, the monitors that show them, and what they hold.
        drawings: Where the browser will ask for its charts.
        incident_id: Which.
        form_key: Makes the forms of this rendering idempotent: the same form sent twice acts once.

    Raises:
        NotFoundError: there is none by that id.
    """
    incidents, monitoring, now = services.incidents, services.monitoring, services.clock.now()
    story = incidents.stories.read(incident_id)
    incident = story.incident
    events = [suspect.event for suspect in story.changed.suspects]
    markers = lettered(events, suspects=_prime_suspects(story.changed.suspects))
    pictures = _pictures(story.alerts, monitoring, drawings, markers)
    told = _indicators(story, monitoring)
    not_back = [line.sentence for line in told if line.health != "well"]
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
        actions=tuple(_action_line(action) for action in story.actions),
        indicators=told,
        confidence=story.verification.confidence,
        timeline=timeline_view(story.timeline),
        freezes=_held(services.freezes, incident),
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
    return tuple(_phase_line(phase, current, now, story.actions) for phase in shown)


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
        evidence = ", then ".join(_label(action.mitigation) for action in actions[:2])
    return PhaseLine(phase.phase.value.capitalize(), when, _CHANGE.sub(_change_words, evidence), look)


def _change_words(found: re.Match[str]) -> str:
    """The change as people say it: dataset replaced, products."""
    return f"{words_of(found.group(1))}, {thing(found.group(2))}"


def _label(mitigation: str) -> str:
    return mitigation.replace("-", " ").replace("_", " ")


def _action_line(action: ActionTaken) -> ActionLine:
    health = {"done": "well", "failed": "broken"}.get(action.outcome.value, "undecided")
    outcome = action.outcome.value + (f": {action.error}" if action.error else "")
    given = argument_words(dict(action.arguments))
    return ActionLine(action.started_at, action.actor, _label(action.mitigation), given, outcome, health)


def _pictures(
    alerts: Sequence[AlertEvidence], monitoring: Monitoring, drawings: Drawings, markers: tuple[Marker, ...]
) -> tuple[Picture, ...]:
    ordered = sorted(alerts, key=lambda alert: (alert.opened_at, alert.slice is not None, alert.monitor))
    shown: dict[str, AlertEvidence] = {}
    # An objective is attached like an alert, and has a page of its own instead of a series.
    for alert in (one for one in ordered if one.monitor in monitoring.monitors):
        shown.setdefault(alert.monitor, alert)
    return tuple(_picture(alert, monitoring, drawings, markers) for alert in list(shown.values())[:_MOST_PICTURES])


def _picture(alert: AlertEvidence, monitoring: Monitoring, drawings: Drawings, markers: tuple[Marker, ...]) -> Picture:
    began = alert.onset.earliest_at or alert.opened_at
    series = monitoring.series(alert.monitor, alert.slice, since=began - _BEFORE_ONSET)
    if series.lower is None and series.upper is None:
        # Its newest window has no bounds; those that the alert broke are what the reader wants to see.
        series = replace(series, lower=alert.lower, upper=alert.upper)
    onset = (alert.onset.earliest_at, alert.onset.latest_at)
    unit = unit_of(monitoring.monitors[alert.monitor].indicator.name, series.unit)
    # Once the data are mended the window is measured again; what fired the alert must not vanish from the picture.
    first = Point(monitoring.alert(alert.alert_id).window.end_at, alert.value, None)
    return chart(
        drawings,
        series_name(alert.monitor, alert.slice),
        series,
        unit=unit,
        onset=onset,
        markers=markers,
        replaced=(first,),
        is_main=True,
    )


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


def _indicators(story: Story, monitoring: Monitoring) -> tuple[IndicatorLine, ...]:
    health = {Verdict.PASS: "well", Verdict.FAIL: "broken", Verdict.UNDECIDED: "undecided"}
    return tuple(
        IndicatorLine(health[one.verdict], _indicator_words(one, monitoring)) for one in story.verification.indicators
    )


def _indicator_words(one: IndicatorNow, monitoring: Monitoring) -> str:
    name = series_name(one.alert.monitor, one.alert.slice)
    if one.alert.monitor not in monitoring.monitors:
        return one.sentence
    indicator = monitoring.monitors[one.alert.monitor].indicator.name
    unit = monitoring.series(one.alert.monitor, one.alert.slice, since=one.alert.opened_at).unit
    then = value_words(indicator, one.alert.value, unit)
    now = then if one.reading is None else value_words(indicator, one.reading.value, unit)
    if one.back_at is not None:
        return f"{name} is back: {now}, after {then} when it fired; back since {one.back_at:%d %b %H:%M} UTC"
    lower, upper = (one.alert.lower, one.alert.upper) if one.reading is None else (one.reading.lower, one.reading.upper)
    well = bounds_words(lower, upper, unit_of(indicator, unit))
    return f"{name} is not back: {now}, " + (f"well is {well}" if well else "and too little history says what is well")


def _held(freezes: Freezes, incident: Incident) -> tuple[str, ...]:
    held = [freeze for freeze in freezes.active() if freeze.incident == incident.urn]
    return tuple(f"{freeze.subject} ({', '.join(freeze.actions)})" for freeze in held)
