"""Everything that happened around an incident, in one order, as sentences."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from steek.incidents.control.sentences import CONTROL_SENTENCES
from steek.incidents.ethics.sentences import ETHICS_SENTENCES
from steek.incidents.followups.sentences import FOLLOW_UP_SENTENCES
from steek.incidents.impact.types import interval_words
from steek.incidents.signals.types import SignalKind
from steek.incidents.types import Incident
from steek.incidents.updates.sentences import PEOPLE_SENTENCES
from steek.ledger import Event


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line. `own` says whether it is about the incident itself or about one of its systems.

    `at` is when it happened and `recorded_at` when it was written down, both by the server's clock; lines are in order
    of `at`, and of `sequence` where that is equal. What a person said the time was stands in the payload, as `said_at`.
    """

    at: datetime
    event_id: str
    kind: str
    subject: str
    actor: str
    own: bool
    text: str
    payload: Mapping[str, object]
    sequence: int
    recorded_at: datetime


def entry_of(event: Event, incident: Incident) -> TimelineEntry:
    """An event as a line in the story of an incident."""
    return TimelineEntry(
        at=event.at,
        event_id=event.id,
        kind=event.kind,
        subject=event.subject,
        actor=event.actor,
        own=event.subject == incident.urn,
        text=describe(event),
        payload=event.payload,
        sequence=event.sequence,
        recorded_at=event.recorded_at,
    )


def describe(event: Event) -> str:
    """One sentence for an event; what people wrote is quoted as given."""
    say = _SENTENCES.get(event.kind)
    return (
        say(event.payload) if say is not None else f"{event.kind.replace('.', ' ').replace('_', ' ')}: {event.subject}"
    )


def _declared(payload: Mapping[str, object]) -> str:
    by = "by rule" if payload.get("machine") else "by a person"
    doubt = f" ({payload['doubt']})" if payload.get("doubt") else ""
    return f"declared {payload.get('severity')} {by}: {payload.get('title')}{doubt}"


def _alert(said: str) -> Callable[[Mapping[str, object]], str]:
    def sentence(payload: Mapping[str, object]) -> str:
        place = f" [{payload['slice']}]" if payload.get("slice") else ""
        return f"{payload.get('monitor') or 'an alert'}{place} {said}"

    return sentence


def _attached(payload: Mapping[str, object]) -> str:
    place = f" [{payload['slice']}]" if payload.get("slice") else ""
    return f"alert of {payload.get('monitor')}{place} attached"


def _detached(payload: Mapping[str, object]) -> str:
    place = f" [{payload['slice']}]" if payload.get("slice") else ""
    return f"alert of {payload.get('monitor')}{place} does not belong to it: {payload.get('reason')}"


def _assigned(payload: Mapping[str, object]) -> str:
    before = payload.get("before")
    return f"{payload.get('person')} is {payload.get('role')}" + (f", taking over from {before}" if before else "")


def _noted(payload: Mapping[str, object]) -> str:
    verdict = f"{payload['verdict']}: " if payload.get("verdict") else ""
    return f"{verdict}{payload.get('text')}"


def _action_started(payload: Mapping[str, object]) -> str:
    outside = cast("Sequence[object]", payload.get("outside") or ())
    beyond = f"; {', '.join(str(one) for one in outside)} is no system of this incident" if outside else ""
    return f"started {payload.get('mitigation')}{_arguments(payload)}{beyond}"


def _acted(payload: Mapping[str, object]) -> str:
    said = f"{payload.get('mitigation')}{_arguments(payload)}: {payload.get('outcome')}"
    return said + (f" ({payload['error']})" if payload.get("error") else "")


def _arguments(payload: Mapping[str, object]) -> str:
    given = payload.get("arguments")
    if not isinstance(given, Mapping) or not given:
        return ""
    named = cast("Mapping[str, object]", given)
    return " (" + ", ".join(f"{name}={value}" for name, value in sorted(named.items())) + ")"


def _advanced(payload: Mapping[str, object]) -> str:
    why = f"; {payload['reason']}" if payload.get("reason") else ""
    early = cast("Sequence[object]", payload.get("early") or ())
    despite = f" although {'; '.join(str(one) for one in early)}" if early else ""
    return f"{payload.get('action')}: {payload.get('state_before')} -> {payload.get('state')}{despite}{why}"


def _resolved(payload: Mapping[str, object]) -> str:
    if payload.get("verified"):
        return f"resolved, verified: {payload.get('confidence')}"
    return f"resolved without verification: {payload.get('reason')}"


def _ranked(payload: Mapping[str, object]) -> str:
    ranked = cast("Sequence[Mapping[str, object]]", payload.get("suspects") or ())
    if not ranked:
        return "suspects ranked: no change is recorded"
    return f"suspects ranked: {len(ranked)}, first {ranked[0].get('kind')} of {ranked[0].get('subject')}"


def _drafted(payload: Mapping[str, object]) -> str:
    return f"postmortem drafted, version {payload.get('version', 1)}"


def _supposed(payload: Mapping[str, object]) -> str:
    return f"hypothesis {payload.get('hypothesis')}: {payload.get('text')}"


def _hypothesis_taken(payload: Mapping[str, object]) -> str:
    how = f": {payload['test']}" if payload.get("test") else ""
    return f"{payload.get('owner')} tests hypothesis {payload.get('hypothesis')}{how}"


def _hypothesis_judged(payload: Mapping[str, object]) -> str:
    why = f": {payload['reason']}" if payload.get("reason") else ""
    return f"hypothesis {payload.get('hypothesis')} {payload.get('verdict')}{why}"


def _hypothesis_reopened(payload: Mapping[str, object]) -> str:
    return f"the verdict on hypothesis {payload.get('hypothesis')} is doubted: {payload.get('reason')}"


def _signal_joined(payload: Mapping[str, object]) -> str:
    kind = SignalKind(str(payload.get("kind"))).words
    return f"signal taken in, {kind} from {payload.get('source')}: {payload.get('text')}"


def _impact(payload: Mapping[str, object]) -> str:
    low, high = payload.get("low"), payload.get("high")
    words = interval_words(_number(low), _number(high), str(payload.get("unit")))
    said = [words] if low is not None or high is not None else []
    names = cast("Sequence[object]", payload.get("names") or ())
    said += [", ".join(str(name) for name in names)] if names else []
    said += [str(payload["text"])] if payload.get("text") else []
    return f"impact on {payload.get('dimension')}: {'; '.join(said)} ({payload.get('evidence')})"


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _severity_changed(payload: Mapping[str, object]) -> str:
    by = "by rule " if payload.get("machine") else ""
    return f"severity {by}{payload.get('before')} -> {payload.get('severity')}: {payload.get('reason')}"


def _merged(payload: Mapping[str, object]) -> str:
    if payload.get("from"):
        return f"incident {payload['from']} was merged into this one: {payload.get('reason')}"
    return f"merged into incident {payload.get('into')}: {payload.get('reason')}"


def _unmerged(payload: Mapping[str, object]) -> str:
    if payload.get("gave_back"):
        return f"incident {payload['gave_back']} is no part of this one after all: {payload.get('reason')}"
    return f"no part of incident {payload.get('out_of')} after all: {payload.get('reason')}"


def _near_miss(payload: Mapping[str, object]) -> str:
    return f"a near miss: {payload.get('text')}"


def _system_added(payload: Mapping[str, object]) -> str:
    return f"{payload.get('system')} is affected too: {payload.get('reason')}"


def _system_removed(payload: Mapping[str, object]) -> str:
    return f"{payload.get('system')} is not affected after all: {payload.get('reason')}"


def _corrected(payload: Mapping[str, object]) -> str:
    if payload.get("phase"):
        between = " to ".join(str(payload[name]) for name in ("earliest_at", "latest_at") if payload.get(name))
        return f"corrected, {payload.get('edge')} of {payload['phase']} was {between}: {payload.get('text')}"
    return f"corrected: {payload.get('text')}"


def _pinned(payload: Mapping[str, object]) -> str:
    return f"pinned {payload.get('kind')}: {payload.get('title')}"


def _benched(payload: Mapping[str, object]) -> str:
    return f"bench run {payload.get('run')}: {payload.get('text')}"


def _asked_bench(payload: Mapping[str, object]) -> str:
    sides = cast("Sequence[object]", payload.get("sides") or ())
    return f"asked {payload.get('model')} one question: {', '.join(map(str, sides))}"


_SENTENCES: Mapping[str, Callable[[Mapping[str, object]], str]] = {
    "alert.acknowledged": _alert("was seen"),
    "alert.fired": _alert("left its bounds"),
    "alert.resolved": _alert("is back in its bounds"),
    "bench.asked": _asked_bench,
    "bench.ran": _benched,
    "incident.hypothesis_judged": _hypothesis_judged,
    "incident.hypothesis_reopened": _hypothesis_reopened,
    "incident.hypothesis_stated": _supposed,
    "incident.hypothesis_taken": _hypothesis_taken,
    "incident.declared": _declared,
    "incident.alert_attached": _attached,
    "incident.alert_detached": _detached,
    "incident.role_assigned": _assigned,
    "incident.noted": _noted,
    "incident.action_started": _action_started,
    "incident.acted": _acted,
    "incident.action_taken_up": lambda payload: f"{payload.get('mitigation')} was interrupted and is taken up",
    "incident.advanced": _advanced,
    "incident.resolved": _resolved,
    "incident.impact_assessed": _impact,
    "incident.severity_changed": _severity_changed,
    "incident.merged": _merged,
    "incident.near_miss": _near_miss,
    "incident.unmerged": _unmerged,
    "incident.system_added": _system_added,
    "incident.system_removed": _system_removed,
    "incident.corrected": _corrected,
    "incident.pinned": _pinned,
    "signal.joined": _signal_joined,
    "suspects.ranked": _ranked,
    "postmortem.drafted": _drafted,
    "postmortem.edited": lambda payload: f"postmortem edited, version {payload.get('version')}",
    "postmortem.commented": lambda payload: f"postmortem commented, version {payload.get('version')}",
    **CONTROL_SENTENCES,
    **FOLLOW_UP_SENTENCES,
    **ETHICS_SENTENCES,
    **PEOPLE_SENTENCES,
    "postmortem.review_asked": lambda payload: f"review of the postmortem asked, version {payload.get('version')}",
    "postmortem.reviewed": lambda payload: (
        f"postmortem reviewed: {'accepted' if payload.get('accepted') else 'returned'}"
    ),
    "postmortem.published": lambda payload: f"postmortem published, revision {payload.get('revision')}",
}


def verdicts(entries: Iterable[TimelineEntry]) -> dict[str, tuple[str, str]]:
    """What people found out about suspects, as event id -> (verdict, who said so); the latest word counts.

    A verdict that was doubted is none any more.
    """
    said: dict[str, tuple[str, str]] = {}
    for entry in entries:
        if entry.own and entry.kind == "incident.noted" and entry.payload.get("verdict") is not None:
            said[str(entry.payload["about"])] = (str(entry.payload["verdict"]), entry.actor)
        elif entry.own and entry.kind == "incident.hypothesis_reopened":
            said.pop(str(entry.payload.get("about")), None)
    return said


def own_events(entries: Iterable[TimelineEntry], kind: str) -> list[TimelineEntry]:
    """Entries of the incident itself of one kind, oldest first."""
    return [entry for entry in entries if entry.own and entry.kind == kind]
