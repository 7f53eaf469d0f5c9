"""What was read of an incident stays in memory and is only added to: the ledger never changes what it holds."""

from bisect import insort
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Generic, TypeVar

from sqlalchemy import and_, or_, select

from steek.incidents.changes import WhatChanged
from steek.incidents.related_events import related_events
from steek.incidents.timeline import TimelineEntry, entry_of
from steek.incidents.types import AlertEvidence, Incident
from steek.ledger import Database
from steek.ledger.tables import events

_MOST_INCIDENTS = 64
# What people found out changes the ranking, whenever it happens.
_FEEDBACK_KINDS = ("incident.hypothesis_judged", "postmortem.published", "taxonomy.changed")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class _Kept(Generic[Value]):
    """A value as it was when the ledger ended at `sequence`; it holds for what `marks` says."""

    marks: object
    sequence: int
    value: Value


class StoryCache:
    """Timelines and rankings of the incidents looked at last; safe to share between threads.

    Args:
        database: Where the ledger is.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._timelines: OrderedDict[str, _Kept[tuple[TimelineEntry, ...]]] = OrderedDict()
        self._rankings: OrderedDict[str, _Kept[WhatChanged]] = OrderedDict()

    def timeline(
        self, incident: Incident, *, since: datetime, evidence: frozenset[str], duplicates: tuple[str, ...]
    ) -> tuple[TimelineEntry, ...]:
        """Everything that belongs to an incident, by event time and then by number; see `related_events`."""
        marks = (incident.systems, incident.closed_at, since, evidence, duplicates)
        tip = self._tip()
        kept = self._get(self._timelines, incident.id, marks)
        if kept is not None and kept.sequence == tip:
            return kept.value
        # Up to the end as it was before reading: what is written meanwhile is wholly left to the next time.
        numbers = (0 if kept is None else kept.sequence, tip)
        new = related_events(
            self._database, incident, since=since, evidence=evidence, duplicates=duplicates, numbers=numbers
        )
        entries = list(() if kept is None else kept.value)
        if len(new) > len(entries):
            entries = sorted([*entries, *(entry_of(event, incident) for event in new)], key=_order)
        else:
            for event in new:
                insort(entries, entry_of(event, incident), key=_order)
        value = tuple(entries)
        self._put(self._timelines, incident.id, _Kept(marks, tip, value))
        return value

    def ranking(
        self, incident: Incident, alerts: Sequence[AlertEvidence], rank: Callable[[], WhatChanged]
    ) -> WhatChanged:
        """The ranking of `rank`, made anew only when something was written that it may depend on.

        That is anything that happened up to the detection, and what people found out since.
        """
        marks = (incident.systems, incident.subject, incident.said_at, frozenset(alert.alert_id for alert in alerts))
        tip = self._tip()
        kept = self._get(self._rankings, incident.id, marks)
        if kept is not None and (kept.sequence == tip or not self._concerns(kept)):
            self._put(self._rankings, incident.id, _Kept(marks, tip, kept.value))
            return kept.value
        value = rank()
        self._put(self._rankings, incident.id, _Kept(marks, tip, value))
        return value

    def _concerns(self, kept: _Kept[WhatChanged]) -> bool:
        end = kept.value.searched_until + timedelta(microseconds=1)
        # What is done in the room changes nothing about what happened before it, even at the same instant.
        happened = and_(events.c.at < end, events.c.kind.concat("").not_like("incident.%"))
        matters = or_(happened, events.c.kind.concat("").in_(_FEEDBACK_KINDS))
        query = select(events.c.sequence).where(events.c.sequence > kept.sequence, matters).limit(1)
        with self._database.reading() as connection:
            return connection.execute(query).first() is not None

    def _tip(self) -> int:
        query = select(events.c.sequence).order_by(events.c.sequence.desc()).limit(1)
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one_or_none() or 0

    def _get(self, kept: OrderedDict[str, _Kept[Value]], incident_id: str, marks: object) -> _Kept[Value] | None:
        with self._lock:
            found = kept.get(incident_id)
        return found if found is not None and found.marks == marks else None

    def _put(self, kept: OrderedDict[str, _Kept[Value]], incident_id: str, value: _Kept[Value]) -> None:
        with self._lock:
            kept[incident_id] = value
            kept.move_to_end(incident_id)
            while len(kept) > _MOST_INCIDENTS:
                kept.popitem(last=False)


def _order(entry: TimelineEntry) -> tuple[datetime, int]:
    return entry.at, entry.sequence
