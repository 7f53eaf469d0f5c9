"""The service of the state of an incident: how bad, whom it harms, what it touches, and what people correct."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, update

from steek.incidents.desk import Desk
from steek.incidents.impact.assessing import advise, assess, checked_estimate, raise_by_rule, set_severity
from steek.incidents.impact.corrections import checked_correction
from steek.incidents.impact.impact_rows import read_impacts
from steek.incidents.impact.near_misses import near_miss_by_rule
from steek.incidents.impact.severity import SeverityAdvice, SeverityRules
from steek.incidents.impact.types import Estimate, Impact
from steek.incidents.rows import change, find, find_seen, remember, request
from steek.incidents.stories import Stories, Story
from steek.incidents.systems import can_be_held, resolve_subject
from steek.incidents.tables import incidents
from steek.incidents.text import NAME_CHARACTERS, NOTE_CHARACTERS, checked
from steek.incidents.types import Incident, Severity
from steek.kernel.errors import ConflictError, InputError, NotFoundError
from steek.ledger import Draft, Event

_BY_HAND = ("incident.alert_attached", "incident.alert_detached")
ESTIMATED_KINDS = ("incident.declared", "incident.resolved", "incident.system_added", *_BY_HAND)
_KEY_CHARACTERS = 300
_MOST_SYSTEMS = 200
Estimator = Callable[[Story], Sequence[Estimate]]


class Triage:
    """State of incidents beyond their phase; every writing method is idempotent by `key`.

    Args:
        desk: Database, ledger, lineage and clock.
        stories: Reads incidents.
        estimate: Counts what can be counted of an incident's impact; says nothing about the rest.
        rules: From how much harm an incident is how bad.
    """

    def __init__(self, desk: Desk, stories: Stories, estimate: Estimator, rules: SeverityRules) -> None:
        self._desk = desk
        self._stories = stories
        self._estimate = estimate
        self._rules = rules

    def impacts(self, incident: str) -> tuple[Impact, ...]:
        """The latest word on every dimension, also on those that nobody has assessed."""
        with self._desk.database.reading() as connection:
            return read_impacts(connection, find(connection, incident).id)

    def assess(
        self,
        incident: str,
        dimension: str,
        actor: str,
        *,
        key: str,
        evidence: str,
        low: float | None = None,
        high: float | None = None,
        unit: str | None = None,
        names: Sequence[str] = (),
        text: str = "",
    ) -> Impact:
        """Say how much an incident harmed on one dimension; the latest word counts, the others stay in the timeline.

        Args:
            incident: Which.
            dimension: "users", "slices", "partners", "predictions", "money" or "groups".
            actor: Who says so.
            key: Idempotency key.
            evidence: How it is known.
            low: Least it can be; None is not known.
            high: Most it can be; None is not known.
            unit: Needed for money; the others have theirs.
            names: Those harmed, as far as they are known.
            text: In words.

        Raises:
            InputError: see `checked_estimate`.
        """
        said = checked_estimate(dimension, low=low, high=high, unit=unit, names=names, text=text, evidence=evidence)

        def write(connection: Connection, present: Incident, by: str) -> Event:
            event = assess(self._desk, connection, present, said, machine=False, actor=by)
            raise_by_rule(self._desk, connection, present, self._rules)
            return event

        self._once(incident, "assess impact", write, actor=actor, key=key)
        return next(one for one in self.impacts(incident) if one.dimension is said.dimension)

    def estimate(self, incident: str, *, key: str) -> tuple[Impact, ...]:
        """Count what can be counted; what a person has said stays, and what cannot be counted stays not known."""
        counted = self._estimate(self._stories.read(incident))

        def write(connection: Connection, present: Incident, by: str) -> Event | None:
            event: Event | None = None
            said = {one.dimension: one for one in read_impacts(connection, present.id)}
            for one in counted:
                if not one.low and one.high is None and not one.names and not one.text:
                    continue  # "at least none" is not known
                before = said[one.dimension]
                is_same = (before.low, before.high, before.names) == (one.low, one.high, one.names)
                if not before.known or (before.machine and not is_same):
                    event = assess(self._desk, connection, present, one, machine=True, actor=by)
            if event is not None:
                raise_by_rule(self._desk, connection, present, self._rules)
            return event

        self._once(incident, "estimate impact", write, actor="steek", key=key)
        return self.impacts(incident)

    def severity(self, incident: str) -> SeverityAdvice:
        """What the rule says about how bad it is, with reasons, and what it does not know."""
        with self._desk.database.reading() as connection:
            return advise(connection, find(connection, incident), self._rules)

    def set_severity(
        self, incident: str, severity: str, reason: str, actor: str, *, key: str, expected_version: int | None = None
    ) -> Incident:
        """Set the severity against or with the rule; from then on the rule only advises."""
        if severity not in set(Severity):
            message = f"{severity!r} is no severity; allowed: {', '.join(Severity)}"
            raise InputError(message)
        why = checked(reason, what="reason", most=NOTE_CHARACTERS)

        def write(connection: Connection, present: Incident, by: str) -> Event:
            return set_severity(self._desk, connection, present, Severity(severity), why, actor=by)[1]

        return self._once(incident, "set severity", write, actor=actor, key=key, seen=expected_version)

    def add_system(
        self, incident: str, system: str, reason: str, actor: str, *, key: str, expected_version: int | None = None
    ) -> Incident:
        """Say that the incident touches one more system; where the incident holds systems still, that one too."""
        named = resolve_subject(self._desk.database, checked(system, what="system", most=NAME_CHARACTERS))
        why = checked(reason, what="reason", most=NOTE_CHARACTERS)

        def write(connection: Connection, present: Incident, by: str) -> Event:
            if len(present.systems) >= _MOST_SYSTEMS:
                message = f"incident {present.id} touches {len(present.systems)} systems already"
                raise ConflictError(message, next_step="Name the one that they all come from.")
            systems = list(dict.fromkeys((*present.systems, named)))
            change(connection, present, actor=by, systems=systems)
            payload: dict[str, object] = {"incident": present.id, "system": named, "reason": why}
            event = self._record(connection, present, "incident.system_added", payload, actor=by)
            if present.frozen and named not in present.systems and can_be_held(named):
                text = f"incident {present.id}: {present.title}"
                held: dict[str, object] = {"incident": present.id, "subjects": [named], "reason": text}
                self._desk.ledger.append(connection, Draft("freeze.requested", named, by, held, causes=(event.id,)))
            return event

        return self._once(incident, "add system", write, actor=actor, key=key, seen=expected_version)

    def remove_system(
        self, incident: str, system: str, reason: str, actor: str, *, key: str, expected_version: int | None = None
    ) -> Incident:
        """Say that a system is not touched after all; what the incident holds still on it is let go.

        Raises:
            NotFoundError: the incident does not touch it.
            ConflictError: it is the system that the incident was declared on.
        """
        named = resolve_subject(self._desk.database, checked(system, what="system", most=NAME_CHARACTERS))
        why = checked(reason, what="reason", most=NOTE_CHARACTERS)

        def write(connection: Connection, present: Incident, by: str) -> Event:
            if named not in present.systems:
                raise NotFoundError.among("affected system", named, present.systems)
            if named == present.subject:
                message = f"incident {present.id} was declared on {named}; it stays"
                raise ConflictError(message, next_step="Declare on the other system, and merge this one into it.")
            change(connection, present, actor=by, systems=[one for one in present.systems if one != named])
            payload: dict[str, object] = {"incident": present.id, "system": named, "reason": why}
            event = self._record(connection, present, "incident.system_removed", payload, actor=by)
            let_go: dict[str, object] = {"incident": present.id, "system": named, "reason": why}
            self._desk.ledger.append(connection, Draft("freeze.release_requested", named, by, let_go))
            return event

        return self._once(incident, "remove system", write, actor=actor, key=key, seen=expected_version)

    def near_miss(self, incident: str, defence: str, actor: str, *, key: str) -> Incident:
        """Say that it hurt nobody, and which defence held."""
        held = checked(defence, what="defence", most=NOTE_CHARACTERS)

        def write(connection: Connection, present: Incident, by: str) -> Event:
            return self._mark_near_miss(connection, present, held, actor=by)

        return self._once(incident, "near miss", write, actor=actor, key=key)

    def correct(
        self,
        incident: str,
        text: str,
        actor: str,
        *,
        key: str,
        about: str | None = None,
        phase: str | None = None,
        edge: str = "start",
        earliest_at: datetime | None = None,
        latest_at: datetime | None = None,
    ) -> Incident:
        """Correct an entry of the timeline, or when a phase began or ended; nothing that was written is changed.

        Args:
            incident: Which.
            text: What is right, and how it is known.
            actor: Who says so.
            key: Idempotency key.
            about: Id of the event that is wrong; for a phase, the declaration unless something else is named.
            phase: One of `corrections.PHASES`, when it is about the time of a phase.
            edge: "start" or "end" of that phase.
            earliest_at: Earliest it can have been; None is not known.
            latest_at: Latest it can have been; None is not known.

        Raises:
            InputError: about nothing, or no interval.
            NotFoundError: no event by the id `about`.
        """
        said = checked(text, what="correction", most=NOTE_CHARACTERS)
        times = {} if phase is None else checked_correction(phase, edge, earliest_at, latest_at, said)
        if phase is None and about is None:
            raise InputError("a correction of nothing", next_step="Name the event's id with about, or a phase.")
        if about is not None and self._desk.ledger.event(about) is None:
            message = f"no event with id {about!r}"
            raise NotFoundError(message, next_step="Take the id from the timeline.")

        def write(connection: Connection, present: Incident, by: str) -> Event:
            wrong = about or self._declaration_of(present)
            payload: dict[str, object] = {"incident": present.id, "about": wrong, "text": said, **times}
            return self._record(connection, present, "incident.corrected", payload, actor=by, causes=(wrong,))

        return self._once(incident, "correct", write, actor=actor, key=key)

    def on_event(self, event: Event) -> None:
        """Subscription to `ESTIMATED_KINDS`: count anew; at the end, see whether a defence held. It may come twice."""
        if event.kind in _BY_HAND and event.actor == "steek":
            return  # of a storm each joins by itself; what people attach one by one is counted
        incident = str(event.payload["incident"])
        self.estimate(incident, key=event.id)
        if event.kind != "incident.resolved":
            return
        held = near_miss_by_rule(self.impacts(incident), self._stories.read(incident).timeline)
        with self._desk.database.reading() as connection:
            is_told = find(connection, incident).near_miss is not None
        if held is not None and not is_told:
            self.near_miss(incident, held, "steek", key=event.id)

    def _once(
        self,
        incident: str,
        operation: str,
        write: Callable[[Connection, Incident, str], Event | None],
        *,
        actor: str,
        key: str,
        seen: int | None = None,
    ) -> Incident:
        """Write once per key, in one transaction; None from `write` leaves nothing to remember."""
        by = checked(actor, what="actor", most=NAME_CHARACTERS)
        at_key = checked(key, what="key", most=_KEY_CHARACTERS)
        with self._desk.database.transaction() as connection:
            if request(connection, at_key, operation, incident_id=incident) is None:
                event = write(connection, find_seen(connection, incident, seen=seen), by)
                if event is not None:
                    remember(connection, at_key, operation, incident_id=incident, event_id=event.id)
            return find(connection, incident)

    def _record(
        self,
        connection: Connection,
        incident: Incident,
        kind: str,
        payload: dict[str, object],
        *,
        actor: str,
        causes: tuple[str, ...] = (),
    ) -> Event:
        return self._desk.ledger.append(connection, Draft(kind, incident.urn, actor, payload, causes=causes))[0]

    def _mark_near_miss(self, connection: Connection, incident: Incident, held: str, *, actor: str) -> Event:
        connection.execute(update(incidents).where(incidents.c.id == incident.id).values(near_miss=held))
        payload: dict[str, object] = {"incident": incident.id, "text": held, "machine": actor == "steek"}
        return self._record(connection, incident, "incident.near_miss", payload, actor=actor)

    def _declaration_of(self, incident: Incident) -> str:
        events = self._desk.ledger.events(kinds=["incident.declared"], subject=incident.urn, limit=1)
        return events[0].id
