"""How often each kind of change broke things before, as people found out; scores learn from it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import ColumnElement, Connection, Text, and_, or_, select
from sqlalchemy import cast as as_type

from steek.incidents.tables import incidents
from steek.ledger import Database, Event
from steek.ledger.changes import CHANGE_KINDS
from steek.ledger.ledger import to_event
from steek.ledger.tables import events

_PRIOR_CASES = 4.0  # so many cases must speak before they weigh as much as judgement does
_CHUNK = 500
_WORDS = ("confirmed", "rejected")
_FEEDBACK = ("incident.hypothesis_reopened", "incident.merged", "incident.unmerged", "postmortem.published")


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """Of `seen` incidents before which this kind of change stood, it was the cause of `confirmed`."""

    confirmed: int
    seen: int

    @property
    def sentence(self) -> str:
        """In words; "" when nothing was seen.

        >>> TrackRecord(3, 5).sentence
        'this kind of change was a cause in 3 of 5 incidents that people judged before'
        """
        if self.seen == 0:
            return ""
        incidents = "1 incident" if self.seen == 1 else f"{self.seen} incidents"
        return f"this kind of change was a cause in {self.confirmed} of {incidents} that people judged before"


NOTHING_KNOWN: Mapping[str, TrackRecord] = {}


def smoothed(prior: float, record: TrackRecord | None) -> float:
    """Share of incidents that a kind of change caused, with judgement as four cases more (additive smoothing).

    Args:
        prior: By judgement, in [0, 1].
        record: What was found out; None leaves the judgement.

    >>> smoothed(0.6, None), smoothed(0.6, TrackRecord(4, 4))
    (0.6, 0.8)
    """
    if record is None:
        return prior
    return (record.confirmed + _PRIOR_CASES * prior) / (record.seen + _PRIOR_CASES)


def count(causes: Mapping[str, frozenset[str]], acquitted: Mapping[str, frozenset[str]]) -> dict[str, TrackRecord]:
    """Records by kind.

    Args:
        causes: Kinds of change that caused it, by incident.
        acquitted: Kinds that stood before it and were not the cause, by incident.
    """
    tally: dict[str, list[int]] = {}
    for incident in causes.keys() | acquitted.keys():
        guilty = causes.get(incident, frozenset())
        for kind in guilty | acquitted.get(incident, frozenset()):
            entry = tally.setdefault(kind, [0, 0])
            entry[0] += kind in guilty
            entry[1] += 1
    return {kind: TrackRecord(confirmed, seen) for kind, (confirmed, seen) in tally.items()}


def is_feedback(kind: ColumnElement[str]) -> ColumnElement[bool]:
    """Which events move records: verdicts, doubts about them, what was published, and merges; `kind` is their kind."""
    said = as_type(events.c.payload, Text)
    verdict = or_(*(said.like(f'%"verdict": "{word}"%') for word in _WORDS))
    return and_(kind.in_(("incident.noted", *_FEEDBACK)), or_(kind != "incident.noted", verdict))


def read_track_records(database: Database, *, besides: str) -> dict[str, TrackRecord]:
    """What people found out in all incidents but one: published postmortems, and verdicts on suspects.

    Of a published postmortem, its causes are the cause and the suspects that were ranked but are not among them were
    acquitted. Without one, the latest verdict on a change counts, unless somebody doubted it since. What was merged
    counts as one incident.
    """
    with database.reading() as connection:
        found = _read(connection, is_feedback(events.c.kind.expression))
        published = [event for event in found if event.kind == "postmortem.published"]
        ranked = _read(connection, events.c.kind == "suspects.ranked") if published else []
        standing = _standing(found)
        kinds = _kinds(connection, (about for _, about in standing))
        survivor = _survivors(connection)
    causes: dict[str, frozenset[str]] = {}
    acquitted: dict[str, frozenset[str]] = {}
    for (incident, about), verdict in standing.items():
        if about in kinds:
            _add(causes if verdict == "confirmed" else acquitted, survivor(incident), {kinds[about]})
    # The latest publication of an incident says all that is known of it.
    latest = {_incident(event): _named(event.payload.get("causes")) for event in published}
    told = {survivor(incident) for incident in latest}
    for incident in told:
        causes.pop(incident, None)
        acquitted.pop(incident, None)
    for incident, named in latest.items():
        _add(causes, survivor(incident), named)
    for event in ranked:
        if survivor(_incident(event)) in told:
            _add(acquitted, survivor(_incident(event)), _named(event.payload.get("suspects")))
    mine = survivor(besides)
    return count(_without(causes, mine), _without(acquitted, mine))


def _standing(found: Iterable[Event]) -> dict[tuple[str, str], str]:
    """The latest word on each change in each incident; what was doubted afterwards stands no more."""
    said: dict[tuple[str, str], str] = {}
    for event in found:
        place = (str(event.payload.get("incident")), str(event.payload.get("about")))
        if event.kind == "incident.noted":
            said[place] = str(event.payload.get("verdict"))
        elif event.kind == "incident.hypothesis_reopened":
            said.pop(place, None)
    return said


def _survivors(connection: Connection) -> Callable[[str], str]:
    """Into what an incident is merged at last; itself where it is not."""
    merged = select(incidents.c.id, incidents.c.merged_into).where(incidents.c.merged_into.is_not(None))
    into = {row.id: row.merged_into for row in connection.execute(merged)}

    def survivor(incident: str) -> str:
        seen: set[str] = set()
        while incident in into and incident not in seen:
            seen.add(incident)
            incident = into[incident]
        return incident

    return survivor


def _add(tally: dict[str, frozenset[str]], incident: str, kinds: Iterable[str]) -> None:
    tally[incident] = tally.get(incident, frozenset()) | frozenset(kinds)


def _without(by_incident: Mapping[str, frozenset[str]], besides: str) -> dict[str, frozenset[str]]:
    return {incident: kinds for incident, kinds in by_incident.items() if incident != besides}


def _read(connection: Connection, condition: ColumnElement[bool]) -> list[Event]:
    query = select(events).where(condition).order_by(events.c.sequence)
    return [to_event(row) for row in connection.execute(query).mappings()]


def _kinds(connection: Connection, ids: Iterable[str]) -> dict[str, str]:
    """Kinds of those that are changes: a verdict on anything else says nothing about what breaks things."""
    wanted, found = sorted(set(ids)), dict[str, str]()
    for start in range(0, len(wanted), _CHUNK):
        query = select(events.c.id, events.c.kind).where(events.c.id.in_(wanted[start : start + _CHUNK]))
        query = query.where(events.c.kind.in_(CHANGE_KINDS))
        found |= {row.id: row.kind for row in connection.execute(query)}
    return found


def _incident(event: Event) -> str:
    named = event.payload.get("incident")
    return str(named) if named is not None else event.subject.partition(":")[2]


def _named(listed: object) -> frozenset[str]:
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        return frozenset()
    entries = cast("Sequence[object]", listed)
    return frozenset(
        str(cast("Mapping[str, object]", entry)["kind"])
        for entry in entries
        if isinstance(entry, Mapping) and "kind" in entry
    )
