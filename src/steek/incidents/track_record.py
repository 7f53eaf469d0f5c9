"""How often each kind of change broke things before, as people found out; scores learn from it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Connection, Text, and_, or_, select
from sqlalchemy import cast as as_type

from steek.ledger import Database, Event
from steek.ledger.ledger import to_event
from steek.ledger.tables import events

_PRIOR_CASES = 4.0  # so many cases must speak before they weigh as much as judgement does
_CHUNK = 500
_JUDGED = ("incident.hypothesis_judged", "incident.noted")
_WORDS = ("confirmed", "rejected")


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


def read_track_records(database: Database, *, besides: str) -> dict[str, TrackRecord]:
    """What people found out in all incidents but one: published postmortems, and verdicts on suspects.

    Of a published postmortem, its causes are the cause and the suspects that were ranked but are not among them were
    acquitted. Without one, verdicts count for what they are about.
    """
    with database.reading() as connection:
        published = _read(connection, events.c.kind == "postmortem.published")
        said = as_type(events.c.payload, Text)
        words = or_(*(said.like(f'%"verdict": "{word}"%') for word in _WORDS))
        judged = _read(connection, and_(events.c.kind.in_(_JUDGED), words))
        ranked = _read(connection, events.c.kind == "suspects.ranked") if published else []
        kinds = _kinds(connection, (str(event.payload.get("about")) for event in judged))
    causes: dict[str, frozenset[str]] = {}
    acquitted: dict[str, frozenset[str]] = {}
    for event in judged:
        incident, kind = str(event.payload.get("incident")), kinds.get(str(event.payload.get("about")))
        if kind is not None:
            into = causes if event.payload.get("verdict") == "confirmed" else acquitted
            into[incident] = into.get(incident, frozenset()) | {kind}
    for event in published:
        causes[_incident(event)] = _named(event.payload.get("causes"))
    told = {_incident(event) for event in published}
    for event in ranked:
        if _incident(event) in told:
            acquitted[_incident(event)] = _named(event.payload.get("suspects"))
    return count(_without(causes, besides), _without(acquitted, besides))


def _without(by_incident: Mapping[str, frozenset[str]], besides: str) -> dict[str, frozenset[str]]:
    return {incident: kinds for incident, kinds in by_incident.items() if incident != besides}


def _read(connection: Connection, condition: object) -> list[Event]:
    query = select(events).where(condition).order_by(events.c.sequence)  # pyright: ignore[reportArgumentType]
    return [to_event(row) for row in connection.execute(query).mappings()]


def _kinds(connection: Connection, ids: Iterable[str]) -> dict[str, str]:
    wanted, found = sorted(set(ids)), dict[str, str]()
    for start in range(0, len(wanted), _CHUNK):
        query = select(events.c.id, events.c.kind).where(events.c.id.in_(wanted[start : start + _CHUNK]))
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
