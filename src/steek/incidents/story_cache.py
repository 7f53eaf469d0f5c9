"""What was read of an incident stays in memory and is only added to: the ledger never changes what it holds."""

from bisect import insort
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Generic, TypeVar

from sqlalchemy import and_, func, or_, select

from steek.incidents.changes import WhatChanged
from steek.incidents.related_events import related_events
from steek.incidents.tables import alerts as attached
from steek.incidents.timeline import TimelineEntry, entry_of
from steek.incidents.track_record import is_feedback
from steek.incidents.types import AlertEvidence, Incident
from steek.incidents.verification import Verification
from steek.ledger import Database
from steek.ledger.tables import events

_MOST_INCIDENTS = 64
_FEW_ALERTS = 100
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class _Kept(Generic[Value]):
    """A value as it was when the ledger ended at `sequence`; it holds for what `marks` says."""

    marks: object
    sequence: int
    value: Value


@dataclass(frozen=True, slots=True)
class _Told:
    """A timeline, and the evidence that it holds."""

    evidence: frozenset[str]
    entries: tuple[TimelineEntry, ...]


class StoryCache:
    """Timelines and rankings of the incidents looked at last; safe to share between threads.

    Args:
        database: Where the ledger is.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._timelines: OrderedDict[str, _Kept[_Told]] = OrderedDict()
        self._alerts: OrderedDict[str, _Kept[tuple[AlertEvidence, ...]]] = OrderedDict()
        self._verifications: OrderedDict[str, _Kept[Verification]] = OrderedDict()
        self._rankings: OrderedDict[str, _Kept[WhatChanged]] = OrderedDict()

    def timeline(
        self, incident: Incident, *, since: datetime, evidence: frozenset[str], duplicates: tuple[str, ...]
    ) -> tuple[TimelineEntry, ...]:
        """Everything that belongs to an incident, by event time and then by number; see `related_events`."""
        marks = (incident.systems, incident.closed_at, since, duplicates)
        tip = self._tip()
        kept = self._get(self._timelines, incident.id, marks)
        if kept is not None and not kept.value.evidence <= evidence:
            kept = None  # what belonged to it belongs to another incident now
        if kept is not None and kept.sequence == tip and kept.value.evidence == evidence:
            return kept.value.entries
        # Up to the end as it was before reading: what is written meanwhile is wholly left to the next time.
        numbers = (0 if kept is None else kept.sequence, tip)
        shown = evidence if kept is None else evidence - kept.value.evidence
        found = related_events(
            self._database, incident, since=since, evidence=shown, duplicates=duplicates, numbers=numbers
        )
        entries = list(() if kept is None else kept.value.entries)
        known = {entry.sequence for entry in entries} if shown else set[int]()
        new = [event for event in found if event.sequence not in known]
        if len(new) > len(entries):
            entries = sorted([*entries, *(entry_of(event, incident) for event in new)], key=_order)
        else:
            for event in new:
                insort(entries, entry_of(event, incident), key=_order)
        told = _Told(evidence, tuple(entries))
        self._put(self._timelines, incident.id, _Kept(marks, tip, told))
        return told.entries

    def alerts(self, incident_id: str, read: Callable[[], tuple[AlertEvidence, ...]]) -> tuple[AlertEvidence, ...]:
        """Alerts of an incident; read again when one was attached or went to another incident."""
        mine = attached.c.incident_id == incident_id
        with self._database.reading() as connection:
            marks = tuple(connection.execute(select(func.count(), func.max(attached.c.attached_at)).where(mine)).one())
        kept = self._get(self._alerts, incident_id, marks)
        if kept is not None:
            return kept.value
        value = read()
        self._put(self._alerts, incident_id, _Kept(marks, 0, value))
        return value

    def verification(
        self, incident_id: str, alerts: tuple[AlertEvidence, ...], judge: Callable[[], Verification]
    ) -> Verification:
        """Whether the indicators are back; of a storm, asked anew when something was written."""
        if len(alerts) <= _FEW_ALERTS:
            return judge()
        tip = self._tip()
        kept = self._get(self._verifications, incident_id, len(alerts))
        if kept is not None and kept.sequence == tip:
            return kept.value
        value = judge()
        self._put(self._verifications, incident_id, _Kept(len(alerts), tip, value))
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
        if kept is not None and (kept.sequence == tip or not self._concerns(kept, incident)):
            self._put(self._rankings, incident.id, _Kept(marks, tip, kept.value))
            return kept.value
        value = rank()
        self._put(self._rankings, incident.id, _Kept(marks, tip, value))
        return value

    def _concerns(self, kept: _Kept[WhatChanged], incident: Incident) -> bool:
        end = kept.value.searched_until + timedelta(microseconds=1)
        # What is done in the room changes nothing about what happened before it, even at the same instant.
        happened = and_(events.c.at < end, events.c.kind.concat("").not_like("incident.%"))
        # What people found out in other incidents moves how often a kind of change broke things before.
        learned = and_(is_feedback(events.c.kind.concat("")), events.c.subject != incident.urn)
        matters = or_(happened, learned)
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
