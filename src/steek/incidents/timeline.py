"""Everything that happened around an incident, in one order, as sentences."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from steek.incidents.types import Incident
from steek.kernel.errors import InputError
from steek.ledger import Event, Ledger
from steek.monitoring.alerting.systems import system_of

# What happens to the systems themselves and belongs into the story, as against the loop's daily measurements.
SYSTEM_KINDS = (
    "alert.acknowledged",
    "alert.fired",
    "alert.resolved",
    "canary.aborted",
    "canary.promoted",
    "canary.started",
    "canary.stepped",
    "contract.changed",
    "dataset.derived",
    "dataset.replaced",
    "definition.changed",
    "external.alert_fired",
    "external.alert_resolved",
    "external.changed",
    "fallback.used",
    "feature.changed",
    "freeze.ended",
    "freeze.started",
    "gate.decided",
    "gate.overridden",
    "join.failed",
    "model.trained",
    "preparation.changed",
    "route.changed",
    "access.policy_changed",
    "settings.changed",
    "training.failed",
)


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line. `own` says whether it is about the incident itself or about one of its systems."""

    at: datetime
    event_id: str
    kind: str
    subject: str
    actor: str
    own: bool
    text: str
    payload: Mapping[str, object]


def timeline(
    ledger: Ledger, incident: Incident, *, since: datetime, evidence: frozenset[str], limit: int
) -> list[TimelineEntry]:
    """Events of the incident, the events in `evidence`, and events of its systems from `since` on, oldest first.

    Args:
        ledger: Where they come from; entries are never written or changed here.
        incident: Whose story it is.
        since: Where the story of the systems begins; it ends when the incident is closed.
        evidence: Ids of events that belong to it wherever they lie.
        limit: Most events of the systems to read.
    """
    own = ledger.events(subject=incident.urn, limit=100_000)
    around = ledger.events(kinds=SYSTEM_KINDS, since=since, until=incident.closed_at, limit=limit)
    chosen = {event.id: event for event in [*own, *(event for event in around if _touches(event, incident))]}
    missing = (ledger.event(event_id) for event_id in sorted(evidence - chosen.keys()))
    chosen |= {event.id: event for event in missing if event is not None}
    ordered = sorted(chosen.values(), key=lambda event: (event.at, event.sequence))
    return [_entry(event, own=event.subject == incident.urn) for event in ordered]


def _touches(event: Event, incident: Incident) -> bool:
    if event.payload.get("incident") in {incident.id, incident.urn}:
        return True
    try:
        return system_of(event.subject) in incident.systems
    except InputError:
        return False


def _entry(event: Event, *, own: bool) -> TimelineEntry:
    text = describe(event)
    return TimelineEntry(event.at, event.id, event.kind, event.subject, event.actor, own, text, event.payload)


def describe(event: Event) -> str:
    """One sentence for an event; what people wrote is quoted as given."""
    say = _SENTENCES.get(event.kind)
    return (
        say(event.payload) if say is not None else f"{event.kind.replace('.', ' ').replace('_', ' ')}: {event.subject}"
    )


def _declared(payload: Mapping[str, object]) -> str:
    by = "by rule" if payload.get("machine") else "by a person"
    return f"declared {payload.get('severity')} {by}: {payload.get('title')}"


def _attached(payload: Mapping[str, object]) -> str:
    return f"alert of {payload.get('monitor')} attached"


def _assigned(payload: Mapping[str, object]) -> str:
    before = payload.get("before")
    return f"{payload.get('person')} is {payload.get('role')}" + (f", taking over from {before}" if before else "")


def _noted(payload: Mapping[str, object]) -> str:
    verdict = f"{payload['verdict']}: " if payload.get("verdict") else ""
    return f"{verdict}{payload.get('text')}"


def _action_started(payload: Mapping[str, object]) -> str:
    return f"started {payload.get('mitigation')}{_arguments(payload)}"


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
    return f"{payload.get('action')}: {payload.get('state_before')} -> {payload.get('state')}"


def _resolved(payload: Mapping[str, object]) -> str:
    if payload.get("verified"):
        return f"resolved, verified: {payload.get('confidence')}"
    return f"resolved without verification: {payload.get('reason')}"


def _ranked(payload: Mapping[str, object]) -> str:
    ranked = cast("Sequence[Mapping[str, object]]", payload.get("suspects") or ())
    if not ranked:
        return "suspects ranked: no change found"
    return f"suspects ranked: {len(ranked)}, first {ranked[0].get('kind')} of {ranked[0].get('subject')}"


def _drafted(payload: Mapping[str, object]) -> str:
    return f"postmortem drafted, revision {payload.get('revision')}"


_SENTENCES: Mapping[str, Callable[[Mapping[str, object]], str]] = {
    "incident.declared": _declared,
    "incident.alert_attached": _attached,
    "incident.role_assigned": _assigned,
    "incident.noted": _noted,
    "incident.action_started": _action_started,
    "incident.acted": _acted,
    "incident.advanced": _advanced,
    "incident.resolved": _resolved,
    "suspects.ranked": _ranked,
    "postmortem.drafted": _drafted,
}


def verdicts(entries: Iterable[TimelineEntry]) -> dict[str, tuple[str, str]]:
    """What people found out about suspects, as event id -> (verdict, who said so); the latest word counts."""
    return {
        str(entry.payload["about"]): (str(entry.payload["verdict"]), entry.actor)
        for entry in own_events(entries, "incident.noted")
        if entry.payload.get("verdict") is not None
    }


def own_events(entries: Iterable[TimelineEntry], kind: str) -> list[TimelineEntry]:
    """Entries of the incident itself of one kind, oldest first."""
    return [entry for entry in entries if entry.own and entry.kind == kind]
