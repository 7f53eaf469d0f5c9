"""The whole of an incident as it stands, for the page where everybody looks."""

from dataclasses import dataclass
from datetime import timedelta

from steek.incidents.acting import actions_of
from steek.incidents.changes import WhatChanged, onset_of, what_changed
from steek.incidents.desk import Desk
from steek.incidents.impact.impact_rows import read_impacts
from steek.incidents.impact.types import Impact
from steek.incidents.mitigations import ActionTaken
from steek.incidents.phases import PhaseTimes, Times, phases, times
from steek.incidents.present import readings, resolved_at
from steek.incidents.rows import duplicates_of, find
from steek.incidents.story_cache import StoryCache
from steek.incidents.timeline import TimelineEntry, verdicts
from steek.incidents.types import AlertEvidence, Incident
from steek.incidents.verification import Verification, verify

_BEFORE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Story:
    """An incident with its alerts, actions, timeline, suspects, phases, times, and its indicators as they are now.

    `impacts` has the latest word on every dimension, also where nobody has said one. `duplicates` are the ids of
    incidents that were merged into this one; what was written in them stands in the timeline too.
    """

    incident: Incident
    alerts: tuple[AlertEvidence, ...]
    actions: tuple[ActionTaken, ...]
    timeline: tuple[TimelineEntry, ...]
    changed: WhatChanged
    phases: tuple[PhaseTimes, ...]
    times: Times
    verification: Verification
    impacts: tuple[Impact, ...] = ()
    duplicates: tuple[str, ...] = ()


class Stories:
    """Reads incidents; writes nothing. What was read once is kept in memory, and only what is new is read again."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._cache = StoryCache(desk.database)

    def read(self, incident_id: str) -> Story:
        """Everything about one incident. Raises NotFoundError when there is none by that id."""
        incident = self._incident(incident_id)
        with self._desk.database.reading() as connection:
            actions = actions_of(connection, incident_id)
            impacts = read_impacts(connection, incident_id)
            duplicates = duplicates_of(connection, incident_id)
        alerts = self._alerts(incident_id)
        entries = self._timeline(incident, alerts)
        changed = self._suspects(incident, alerts, entries)
        all_phases = phases(incident, alerts, entries, changed)
        return Story(
            incident=incident,
            alerts=alerts,
            actions=actions,
            timeline=entries,
            changed=changed,
            phases=all_phases,
            times=times(incident, all_phases, entries),
            verification=self._verification(incident_id, alerts),
            impacts=impacts,
            duplicates=duplicates,
        )

    def suspects(self, incident_id: str) -> WhatChanged:
        """What changed before it, ranked, and what did not."""
        incident, alerts = self._incident(incident_id), self._alerts(incident_id)
        return self._suspects(incident, alerts, self._timeline(incident, alerts))

    def timeline(self, incident_id: str) -> tuple[TimelineEntry, ...]:
        """From an hour before the onset (or the declaration), oldest first, with the alerts wherever they lie."""
        return self._timeline(self._incident(incident_id), self._alerts(incident_id))

    def verification(self, incident_id: str) -> Verification:
        """Whether the indicators that showed it are back."""
        return self._verification(incident_id, self._alerts(incident_id))

    def _suspects(
        self, incident: Incident, alerts: tuple[AlertEvidence, ...], entries: tuple[TimelineEntry, ...]
    ) -> WhatChanged:
        def rank() -> WhatChanged:
            return what_changed(self._desk.ledger, self._desk.lineage, incident, alerts)

        # What people found out is laid over the ranking, which need not be made anew for it.
        return self._cache.ranking(incident, alerts, rank).judged(verdicts(entries), self._desk.database)

    def _timeline(self, incident: Incident, alerts: tuple[AlertEvidence, ...]) -> tuple[TimelineEntry, ...]:
        onset = onset_of(alerts)
        since = min(incident.declared_at, onset.earliest_at or incident.declared_at) - _BEFORE
        evidence = frozenset(alert.event_id for alert in alerts)
        with self._desk.database.reading() as connection:
            duplicates = duplicates_of(connection, incident.id)
        return self._cache.timeline(incident, since=since, evidence=evidence, duplicates=duplicates)

    def _verification(self, incident_id: str, alerts: tuple[AlertEvidence, ...]) -> Verification:
        database = self._desk.database

        def judge() -> Verification:
            return verify(alerts, resolved=resolved_at(database, alerts), readings=readings(database, alerts))

        return self._cache.verification(incident_id, alerts, judge)

    def _alerts(self, incident_id: str) -> tuple[AlertEvidence, ...]:
        return self._cache.alerts(incident_id, lambda: self._desk.alerts_of(incident_id))

    def _incident(self, incident_id: str) -> Incident:
        with self._desk.database.reading() as connection:
            return find(connection, incident_id)
