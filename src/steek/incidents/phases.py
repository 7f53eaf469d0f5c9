"""The phases of an incident as intervals with evidence, because ML outages are fuzzy in time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from steek.incidents.changes import WhatChanged, detected
from steek.incidents.impact.corrections import PhaseCorrection, phase_corrections
from steek.incidents.lifecycle import Action, State
from steek.incidents.timeline import TimelineEntry, own_events, verdicts
from steek.incidents.types import AlertEvidence, Duration, Incident, Span

_UNKNOWN = Duration(None, None)
# Below this a suspect is too weak to be put down as the trigger, even as a suggestion.
TRIGGER_SCORE = 0.3


class Phase(StrEnum):
    """In the order in which they happen."""

    PRE_INCIDENT = "pre-incident"
    TRIGGER = "trigger"
    OUTAGE_BEGINS = "outage begins"
    DETECTION = "detection"
    TROUBLESHOOTING = "troubleshooting"
    MITIGATION = "mitigation"
    RESOLUTION = "resolution"
    FOLLOW_UP = "follow-up"


@dataclass(frozen=True, slots=True)
class PhaseTimes:
    """When a phase began and ended, each known only as an interval; `evidence` says how it is known.

    A phase that has not begun has an unknown start. `suggested` marks what a person has still to confirm.
    """

    phase: Phase
    start: Span
    end: Span
    evidence: str
    suggested: bool = False


@dataclass(frozen=True, slots=True)
class Times:
    """How long it took. From the beginning of the outage, except `to_declare`, which counts from the detection.

    `to_act` ends with the first mitigation that was done, whether or not it helped; `to_mitigate` with the first that
    the indicators saw help, or when a person says that the harm had stopped.
    """

    to_detect: Duration
    to_declare: Duration
    to_mitigate: Duration
    to_resolve: Duration
    to_act: Duration = _UNKNOWN


def phases(
    incident: Incident, alerts: Sequence[AlertEvidence], entries: Sequence[TimelineEntry], changed: WhatChanged
) -> tuple[PhaseTimes, ...]:
    """All eight phases, in order; where people corrected when one began or ended, as they said.

    Args:
        incident: As it stands.
        alerts: What belongs to it.
        entries: Its timeline.
        changed: What changed before it.
    """
    unknown = Span(None, None)
    seen_at = Span.exactly(detected(incident, alerts))
    trigger, why, suggested = _trigger(changed, verdicts(entries))
    onset = changed.onset if changed.onset.known else Span(None, seen_at.latest_at)
    shown_by = alerts[0].monitor if alerts else None
    begins = f"onset given by {shown_by}" if changed.onset.known else "only known to lie before it was noticed"
    noticed = f"alert of {shown_by}" if shown_by else f"noticed by {incident.declared_by}"
    told = _starts(entries)
    worked = {phase: told.get(state, unknown) for phase, state in _WORKED}
    stopped, how = mitigated(entries)
    shown = {phase: "recorded in the timeline" if start.known else "not recorded" for phase, start in worked.items()}
    if stopped.known:
        worked[Phase.MITIGATION] = stopped
    if worked[Phase.MITIGATION].known:
        shown[Phase.MITIGATION] = how
    known = (
        PhaseTimes(Phase.PRE_INCIDENT, unknown, trigger, "everything was well as far as is known", suggested),
        PhaseTimes(Phase.TRIGGER, trigger, trigger, why, suggested),
        PhaseTimes(Phase.OUTAGE_BEGINS, onset, seen_at, begins),
        PhaseTimes(Phase.DETECTION, seen_at, Span.exactly(incident.declared_at), noticed),
        *(
            PhaseTimes(
                phase,
                worked[phase],
                _end(phase, worked, incident),
                shown[phase],
                phase is Phase.MITIGATION and worked[phase].known and not stopped.known,
            )
            for phase, _ in _WORKED
        ),
    )
    said = phase_corrections(entries)
    return tuple(_corrected(phase, said) for phase in known)


def _corrected(times: PhaseTimes, said: Mapping[tuple[str, str], PhaseCorrection]) -> PhaseTimes:
    start, end = said.get((times.phase, "start")), said.get((times.phase, "end"))
    if start is None and end is None:
        return times
    return PhaseTimes(
        times.phase,
        times.start if start is None else start.span,
        times.end if end is None else end.span,
        "; ".join(one.evidence for one in (start, end) if one is not None),
    )


_WORKED = (
    (Phase.TROUBLESHOOTING, State.TROUBLESHOOTING),
    (Phase.MITIGATION, State.MITIGATION),
    (Phase.RESOLUTION, State.RESOLUTION),
    (Phase.FOLLOW_UP, State.FOLLOW_UP),
)


def _trigger(changed: WhatChanged, said: Mapping[str, tuple[str, str]]) -> tuple[Span, str, bool]:
    """The change that people confirmed, else the strongest suspect that nobody rejected, as a suggestion."""
    confirmed = [one for one in changed.suspects if said.get(one.event.id, ("", ""))[0] == "confirmed"]
    if confirmed:
        first = confirmed[0]
        by = said[first.event.id][1]
        return Span.exactly(first.event.at), f"{first.what}, confirmed by {by}", False
    strong = [one for one in changed.suspects if one.score >= TRIGGER_SCORE and one.event.id not in said]
    if not strong:
        return Span(None, None), "no change stands out as the trigger", True
    first = strong[0]
    return Span.exactly(first.event.at), f"strongest suspect: {first.what}", True


def _starts(entries: Sequence[TimelineEntry]) -> dict[State, Span]:
    """First time that each state was entered, by the incident's own events."""
    starts: dict[State, Span] = {}
    for entry in entries:
        before, after = entry.payload.get("state_before"), entry.payload.get("state")
        if entry.own and isinstance(after, str) and after in set(State) and after != before:
            starts.setdefault(State(after), Span.exactly(entry.at))
    return starts


def _end(phase: Phase, worked: dict[Phase, Span], incident: Incident) -> Span:
    if not worked[phase].known:
        return Span(None, None)
    if phase is Phase.FOLLOW_UP:
        return Span.exactly(incident.closed_at)
    order = [name for name, _ in _WORKED]
    later = [worked[name] for name in order[order.index(phase) + 1 :] if worked[name].known]
    return later[0] if later else Span(None, None)


def times(incident: Incident, all_phases: Sequence[PhaseTimes], entries: Sequence[TimelineEntry]) -> Times:
    """Time to detect, declare, mitigate and resolve; unknown where it has not come to that."""
    by_name = {phase.phase: phase for phase in all_phases}
    began, seen = by_name[Phase.OUTAGE_BEGINS].start, by_name[Phase.DETECTION].start
    acted = [entry.at for entry in own_events(entries, "incident.acted") if _is_mitigation(entry)]
    said = phase_corrections(entries)
    stopped, over = said.get((Phase.MITIGATION, "start")), said.get((Phase.FOLLOW_UP, "start"))
    return Times(
        to_detect=Duration.between(began, seen),
        to_declare=Duration.between(seen, Span.exactly(incident.declared_at)),
        to_mitigate=Duration.between(began, stopped.span if stopped else mitigated(entries)[0]),
        to_resolve=Duration.between(began, over.span if over else Span.exactly(incident.resolved_at)),
        to_act=Duration.between(began, Span.exactly(min(acted, default=None))),
    )


def mitigated(entries: Sequence[TimelineEntry]) -> tuple[Span, str]:
    """When harm was first stopped, and how that is known: indicators saw a mitigation help, or a person said so.

    Unknown before that, also when something was done: then the words say what, and that it was not seen to help.
    """
    found = [
        (at, f"{entry.payload.get('mitigation')} was done, and the indicators say that it helped")
        for entry in own_events(entries, "incident.mitigation_verified")
        if entry.payload.get("verdict") == "helped" and (at := _done_at(entry)) is not None
    ]
    found += [
        (entry.at, f"{entry.actor} said so")
        for entry in own_events(entries, "incident.advanced")
        if entry.payload.get("action") == Action.MITIGATE.value
    ]
    if found:
        at, how = min(found)
        return Span.exactly(at), how
    done = [entry for entry in own_events(entries, "incident.acted") if _is_mitigation(entry)]
    return Span(None, None), f"{done[0].payload.get('mitigation')} was done; not seen to help" if done else ""


def _done_at(entry: TimelineEntry) -> datetime | None:
    done_at = entry.payload.get("done_at")
    return datetime.fromisoformat(done_at) if isinstance(done_at, str) else None


def _is_mitigation(entry: TimelineEntry) -> bool:
    return entry.payload.get("outcome") == "done" and entry.payload.get("advances") == Action.MITIGATE.value
