"""What changed before an incident, and what did not: gathered from the ledger, judged by `suspects`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select

from steek.incidents.fallen_slices import fallen
from steek.incidents.first_wrong import FirstWrong, first_wrong
from steek.incidents.suspects import Candidate, Suspect, apply_verdicts, rank, unknown_fractions
from steek.incidents.track_record import read_track_records
from steek.incidents.types import AlertEvidence, Incident, Span
from steek.incidents.unchanged import Unchanged, what_stayed, without_suspects
from steek.incidents.upstream import Upstream, look_upstream
from steek.kernel.errors import InputError
from steek.ledger import Database, Event, Ledger, Lineage
from steek.ledger.changes import CHANGE_KINDS
from steek.ledger.ledger import to_event
from steek.ledger.tables import events
from steek.monitoring.alerting.systems import system_of

SEARCHED = timedelta(days=7)
_ROUTINE = timedelta(days=14)
_SIMILAR_SHARE = 0.5
_HALF_LIFE = timedelta(hours=24)
_OFF_LINEAGE = 0.5  # no place counts for more than this without a place in the lineage, but what holds everywhere
# So many changes are read whole; of more, those that place, time and kind speak least for are left out.
MOST_READ = 2_000
_CHUNK = 500
_Group = tuple[str, str]
_Row = Row[Any, Any, Any, Any]


@dataclass(frozen=True, slots=True)
class WhatChanged:
    """Suspects, strongest first and one per kind and system; what was searched; and what stayed the same.

    `in_short` is what to say first, where nothing is suspected; "" with suspects. `left_out` counts the changes that
    were too weak to be read among too many.
    """

    suspects: tuple[Suspect, ...]
    unchanged: tuple[Unchanged, ...]
    onset: Span
    searched_since: datetime
    searched_until: datetime
    left_out: int = 0
    in_short: str = ""

    def judged(self, verdicts: Mapping[str, tuple[str, str]], database: Database) -> "WhatChanged":
        """The same with what people found out: confirmed on top, rejected at the end; see `apply_verdicts`.

        Args:
            verdicts: Event id to (verdict, who said so).
            database: Where changes are read that people named and the ranking does not have.
        """
        if not verdicts:
            return self
        ranked = {suspect.event.id for suspect in self.suspects}
        missing = [each for each, (verdict, _) in verdicts.items() if verdict == "confirmed" and each not in ranked]
        known = {event.id: event for event in _by_id(database, missing) if event.kind in CHANGE_KINDS}
        suspects = apply_verdicts(self.suspects, verdicts, known=known)
        return replace(self, suspects=suspects, in_short="" if suspects else self.in_short)


def what_changed(ledger: Ledger, lineage: Lineage, incident: Incident, alerts: Iterable[AlertEvidence]) -> WhatChanged:
    """Changes in the week before the onset and up to the detection, ranked; nothing is written."""
    evidence = tuple(alerts)
    onset, detected_at = onset_of(evidence), detected(incident, evidence)
    first = onset.earliest_at or onset.latest_at or detected_at
    broken = sorted({incident.subject, *(system_of(alert.subject) for alert in evidence)})
    database = ledger.database
    upstream = look_upstream(database, lineage, broken, until=detected_at)
    since = first - SEARCHED
    wrong = first_wrong(database, upstream, evidence, since=since, until=detected_at)
    candidates, left_out = _candidates(database, upstream, wrong, onset, since=since, until=detected_at)
    ranked = rank(
        candidates,
        onset=onset,
        detected_at=detected_at,
        broken=" and ".join(broken),
        fallen=fallen(evidence),
        records=read_track_records(database, besides=incident.id),
    )
    unchanged = what_stayed(database, lineage, incident.systems, since=since, until=detected_at, known=upstream)
    in_short = ""
    if not ranked:
        has_lineage = len(upstream.distance) > len(broken)
        in_short = without_suspects(unchanged, since=since, until=detected_at, has_lineage=has_lineage)
    return WhatChanged(_strongest(ranked), unchanged, onset, since, detected_at, left_out, in_short)


def onset_of(alerts: Iterable[AlertEvidence]) -> Span:
    """Onset of the alert that shows the trouble first; unknown without alerts."""
    known = [alert.onset for alert in alerts if alert.onset.latest_at is not None]
    return min(known, key=lambda span: (span.latest_at, span.earliest_at or span.latest_at), default=Span(None, None))


def detected(incident: Incident, alerts: Iterable[AlertEvidence]) -> datetime:
    """When the trouble was first noticed, by a monitor or by the person who declared it."""
    return min([incident.declared_at, *(alert.opened_at for alert in alerts)])


def _candidates(
    database: Database, upstream: Upstream, wrong: FirstWrong, onset: Span, *, since: datetime, until: datetime
) -> tuple[list[Candidate], int]:
    """Changes of the searched time as candidates, and how many weak ones were left out."""
    groups = _groups(database, since=since - _ROUTINE, until=until)
    recent = {group: rows for group, rows in groups.items() if rows[-1].at >= since}
    ordered = sorted(recent, key=lambda group: _at_most(group, recent[group], upstream, onset), reverse=True)
    chosen: list[_Row] = []
    kept: list[_Group] = []
    for group in ordered:
        if chosen and len(chosen) + len(recent[group]) > MOST_READ:
            break
        kept.append(group)
        chosen += recent[group][-MOST_READ:]
    read = {event.id: event for event in _by_id(database, [row.id for row in chosen])}
    found: list[Candidate] = []
    for group in kept:
        whole = [read[row.id] for row in recent[group][-MOST_READ:]]
        found += _of_group(whole, group[1], upstream, wrong, since=since)
    left_out = sum(1 for group in ordered[len(kept) :] for row in recent[group] if row.at >= since)
    return found, left_out


def _of_group(
    whole: Sequence[Event], system: str, upstream: Upstream, wrong: FirstWrong, *, since: datetime
) -> list[Candidate]:
    """Candidates among the changes of one kind to one system."""
    beside_first: dict[str | None, tuple[str | None, str | None, str | None]] = {None: (None, None, None)}
    found: list[Candidate] = []
    for event, before in zip(whole, _times_before(whole), strict=True):
        if event.at < since:
            continue
        reached = _reached(event, system, upstream)
        if reached not in beside_first:
            beside_first[reached] = wrong.towards(reached or system)
        distance = None if reached is None else upstream.distance[reached]
        found.append(Candidate(event, system, distance, before, *beside_first[reached]))
    return found


def _reached(event: Event, system: str, upstream: Upstream) -> str | None:
    """Where a change reaches what is broken: itself, or the nearest of what a change outside says it moves."""
    moved = event.payload.get("on")
    expected = event.payload.get("expected")
    if moved is None and isinstance(expected, Mapping):
        moved = expected.get("on")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    named = [_system_or_subject(str(each)) for each in moved] if isinstance(moved, list) else []  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    known = [name for name in (system, *named) if name in upstream.distance]
    return min(known, key=lambda name: upstream.distance[name], default=None)


def _groups(database: Database, *, since: datetime, until: datetime) -> dict[_Group, list[_Row]]:
    """Changes in [since, until] without what they hold, by kind and system, in order of time."""
    query = select(events.c.id, events.c.kind, events.c.subject, events.c.at).where(events.c.kind.in_(CHANGE_KINDS))
    query = query.where(events.c.at >= since, events.c.at <= until)
    with database.reading() as connection:
        rows = sorted(connection.execute(query).all(), key=lambda row: row.at)
    groups: dict[_Group, list[_Row]] = {}
    for row in rows:
        groups.setdefault((row.kind, _system_or_subject(row.subject)), []).append(row)
    return groups


def _at_most(group: _Group, rows: Sequence[_Row], upstream: Upstream, onset: Span) -> float:
    """How strong a change of a group can be at most, without having read it."""
    distance = upstream.distance.get(group[1])
    place = _OFF_LINEAGE if distance is None else 0.9 ** max(distance - 1, 0)
    earliest = onset.earliest_at or onset.latest_at
    if earliest is None or rows[-1].at >= earliest:
        return place
    return place * 0.5 ** ((earliest - rows[-1].at) / _HALF_LIFE)


def _by_id(database: Database, ids: Sequence[str]) -> list[Event]:
    found: list[Event] = []
    with database.reading() as connection:
        for start in range(0, len(ids), _CHUNK):
            query = select(events).where(events.c.id.in_(ids[start : start + _CHUNK]))
            found += [to_event(row) for row in connection.execute(query).mappings()]
    return found


def _times_before(whole: Sequence[Event]) -> list[int]:
    """For each of the changes, in order of time, how many similar ones the two weeks before had.

    One that moved far fewer values is not similar.
    """
    shares = [max(unknown_fractions(event.payload).values(), default=0.0) for event in whole]
    counts: list[int] = []
    first = same = 0
    for place, event in enumerate(whole):
        while whole[first].at < event.at - _ROUTINE:
            first += 1
        while whole[same].at < event.at:
            same += 1
        if shares[place] == 0:
            counts.append(same - first)
        else:
            counts.append(sum(1 for other in range(first, same) if shares[other] >= shares[place] * _SIMILAR_SHARE))
    return counts


def _strongest(ranked: tuple[Suspect, ...]) -> tuple[Suspect, ...]:
    kept: dict[_Group, Suspect] = {}
    for suspect in ranked:
        kept.setdefault((suspect.event.kind, suspect.system), suspect)
    return tuple(kept.values())


def _system_or_subject(subject: str) -> str:
    try:
        return system_of(subject)
    except InputError:
        return subject
