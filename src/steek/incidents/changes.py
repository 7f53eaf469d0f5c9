"""What changed before an incident, and what did not: gathered from the ledger, judged by `suspects`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from steek.incidents.suspects import Candidate, Suspect, rank, unknown_fractions
from steek.incidents.systems import distances
from steek.incidents.types import AlertEvidence, Incident, Span
from steek.kernel.errors import InputError
from steek.ledger import Event, Ledger, Lineage
from steek.ledger.changes import CHANGE_KINDS
from steek.monitoring.alerting.systems import system_of

SEARCHED = timedelta(days=7)
_ROUTINE = timedelta(days=14)
_SIMILAR_SHARE = 0.5

_WATCHED_BY: Mapping[str, tuple[str, ...]] = {
    "definition": ("definition.registered", "definition.changed"),
    "features": ("feature.changed", "features.materialised"),
    "learner": ("definition.registered", "definition.changed"),
    "binary": ("binary.changed",),
}


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Parts of a system that did not change since `since_at`; None when nothing is recorded about them."""

    system: str
    parts: tuple[str, ...]
    since_at: datetime | None
    sentence: str


@dataclass(frozen=True, slots=True)
class WhatChanged:
    """Suspects, strongest first and one per kind and system; what was searched; and what stayed the same."""

    suspects: tuple[Suspect, ...]
    unchanged: tuple[Unchanged, ...]
    onset: Span
    searched_since: datetime
    searched_until: datetime


def what_changed(ledger: Ledger, lineage: Lineage, incident: Incident, alerts: Iterable[AlertEvidence]) -> WhatChanged:
    """Changes in the week before the onset and up to the detection, ranked; nothing is written."""
    evidence = tuple(alerts)
    onset, detected_at = onset_of(evidence), detected(incident, evidence)
    first = onset.earliest_at or onset.latest_at or detected_at
    broken = sorted({incident.subject, *(system_of(alert.subject) for alert in evidence)})
    nearest = distances(ledger.database, lineage, broken, until=detected_at)
    since = first - SEARCHED
    candidates = _candidates(ledger, nearest, since=since, until=detected_at)
    slices = frozenset(alert.slice for alert in evidence if alert.slice is not None)
    whole_fell = any(alert.slice is None for alert in evidence)
    ranked = rank(
        candidates,
        onset=onset,
        detected_at=detected_at,
        broken=" and ".join(broken),
        slices=frozenset() if whole_fell else slices,
    )
    unchanged = _unchanged(ledger, lineage, incident, since=since, until=detected_at)
    return WhatChanged(_strongest(ranked), unchanged, onset, since, detected_at)


def onset_of(alerts: Iterable[AlertEvidence]) -> Span:
    """Onset of the alert that shows the trouble first; unknown without alerts."""
    known = [alert.onset for alert in alerts if alert.onset.latest_at is not None]
    return min(known, key=lambda span: (span.latest_at, span.earliest_at or span.latest_at), default=Span(None, None))


def detected(incident: Incident, alerts: Iterable[AlertEvidence]) -> datetime:
    """When the trouble was first noticed, by a monitor or by the person who declared it."""
    return min([incident.declared_at, *(alert.opened_at for alert in alerts)])


def _candidates(ledger: Ledger, nearest: Mapping[str, int], *, since: datetime, until: datetime) -> list[Candidate]:
    # One microsecond more, because the ledger's `until` is exclusive and a change at the very detection counts.
    end = until + timedelta(microseconds=1)
    found = ledger.events(kinds=CHANGE_KINDS, since=since - _ROUTINE, until=end, limit=100_000)
    alike: dict[tuple[str, str], list[Event]] = {}
    for event in found:
        alike.setdefault((event.kind, _system_or_subject(event.subject)), []).append(event)
    return [
        Candidate(event, system, nearest.get(system), _times_before(event, events))
        for (_, system), events in alike.items()
        for event in events
        if event.at >= since
    ]


def _times_before(event: Event, alike: Iterable[Event]) -> int:
    """Similar changes in the two weeks before; one that moved far fewer values is not similar."""
    share = max(unknown_fractions(event.payload).values(), default=0.0)
    return sum(
        1
        for other in alike
        if event.at - _ROUTINE <= other.at < event.at
        and max(unknown_fractions(other.payload).values(), default=0.0) >= share * _SIMILAR_SHARE
    )


def _strongest(ranked: tuple[Suspect, ...]) -> tuple[Suspect, ...]:
    kept: dict[tuple[str, str], Suspect] = {}
    for suspect in ranked:
        kept.setdefault((suspect.event.kind, suspect.system), suspect)
    return tuple(kept.values())


def _unchanged(
    ledger: Ledger, lineage: Lineage, incident: Incident, *, since: datetime, until: datetime
) -> tuple[Unchanged, ...]:
    statements: list[Unchanged] = []
    for system in incident.systems:
        if not system.startswith("model:"):
            continue
        nearest = distances(ledger.database, lineage, [system], until=until)
        views = frozenset(name for name in nearest if name.startswith("features:"))
        known: dict[datetime, list[str]] = {}
        unknown: list[str] = []
        for part, kinds in _WATCHED_BY.items():
            of = views if part == "features" else frozenset({system})
            last = _last_change(ledger, part, kinds, of, until=until)
            if last is None:
                unknown.append(part)
            elif last < since:
                known.setdefault(last, []).append(part)
        statements += [_stayed(system, parts, at) for at, parts in sorted(known.items())]
        if unknown:
            statements.append(_not_known(system, unknown))
    return tuple(statements)


def _last_change(
    ledger: Ledger, part: str, kinds: tuple[str, ...], of: frozenset[str], *, until: datetime
) -> datetime | None:
    """When the part last changed, or else when the record of it begins; None without any record."""
    if not of:
        return None
    begins: datetime | None = None
    for event in ledger.events(kinds=kinds, until=until, limit=100_000):
        if _system_or_subject(event.subject) in of and (begins is None or _is_change(event, part)):
            begins = event.at
    return begins


def _is_change(event: Event, part: str) -> bool:
    if not event.kind.endswith(".changed"):
        return False
    fields = event.payload.get("changed")
    return part != "learner" or not isinstance(fields, list | dict) or "learner" in fields


def _stayed(system: str, parts: list[str], at: datetime) -> Unchanged:
    name = system.partition(":")[2]
    sentence = f"Nothing changed in {', '.join(parts)} of {name} since {at:%Y-%m-%d %H:%M} UTC."
    return Unchanged(system, tuple(parts), at, sentence)


def _not_known(system: str, parts: list[str]) -> Unchanged:
    listed, name = ", ".join(parts), system.partition(":")[2]
    sentence = f"Nothing is recorded about {listed} of {name}, so it is not known whether anything changed there."
    return Unchanged(system, tuple(parts), None, sentence)


def _system_or_subject(subject: str) -> str:
    try:
        return system_of(subject)
    except InputError:
        return subject
