"""The service: declare, work on, resolve and look back at incidents."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, select

from steek.incidents import acting
from steek.incidents.changes import WhatChanged
from steek.incidents.closing import reasons_to_stay_open
from steek.incidents.declaring import declare_and_rank
from steek.incidents.declaring_by_person import KEY_CHARACTERS, checked_actor, declaration_by_person, one_of
from steek.incidents.declaring_by_rule import declaration_by_rule
from steek.incidents.desk import Desk
from steek.incidents.ethics.refusals import check_role_not_refused
from steek.incidents.impact.assessing import raise_to
from steek.incidents.lifecycle import Action, State, move
from steek.incidents.mitigations import ActionTaken, Menu, Mitigation
from steek.incidents.postmortems.drafting import PostmortemDrafts
from steek.incidents.recovery.ending_early import cut_short, require_reason
from steek.incidents.resolving import resolve
from steek.incidents.roles.holding import given_role
from steek.incidents.rows import change, find, find_seen, remember, request, settled_owner, to_incident
from steek.incidents.stories import Stories
from steek.incidents.storms import take_along
from steek.incidents.tables import incidents
from steek.incidents.text import NAME_CHARACTERS, NOTE_CHARACTERS, checked, checked_instant
from steek.incidents.timeline import TimelineEntry
from steek.incidents.types import Incident, Role
from steek.kernel.clock import Clock
from steek.kernel.errors import ConflictError, InputError, NotFoundError
from steek.ledger import Database, Draft, Event, Ledger, Lineage


class Incidents:
    """Incidents from declaration to postmortem; safe to share between threads and processes.

    Every writing method takes `key`: called again with the same key it writes nothing and returns what is stored.
    Methods that decide take `expected_version`, the version the actor looked at; when somebody decided in between they
    raise StaleWriteError and write nothing. None decides on whatever is stored.

    Args:
        database: Holds state and ledger.
        ledger: Every change is an event in it, written with the state it describes.
        lineage: Tells what is upstream of what.
        clock: Processing time.
        mitigations: The menu, by name.
    """

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        lineage: Lineage,
        clock: Clock,
        mitigations: Mapping[str, Mitigation],
    ) -> None:
        self.menu = Menu(mitigations)
        self._desk = Desk(database, ledger, lineage, clock, self.menu)
        self._drafts = PostmortemDrafts(self._desk)
        self.stories = Stories(self._desk)

    def declare(
        self,
        title: str,
        *,
        on: str | None = None,
        severity: str,
        actor: str,
        key: str,
        alert_id: str | None = None,
        freeze: bool = True,
        said_at: datetime | None = None,
        clock_ahead_s: float | None = None,
    ) -> Incident:
        """Open an incident; the open alerts of its systems that belong to no incident are its evidence.

        Args:
            title: What somebody would say on the phone.
            on: A model, dataset or feature view by name, or a URN; an unknown name is taken as it is. None is what
                the alert is about.
            severity: "sev1", "sev2" or "sev3".
            actor: Who declares.
            key: Idempotency key.
            alert_id: The alert that shows it, if one does; those that fire of the same cause come with it.
            freeze: Whether training and deployment of the systems involved are held, by the event freeze.requested.
            said_at: When it was said, where it could not be written at once, by the clock of whoever said it.
            clock_ahead_s: How far that clock went ahead of this one when it was written, in seconds.

        Raises:
            InputError: an empty or unstorable text, an unknown severity, neither a system nor an alert.
            NotFoundError: no alert by that id.
            ConflictError: the alert belongs to an incident already.
        """
        declaration = declaration_by_person(
            self._desk,
            title,
            on=on,
            severity=severity,
            actor=actor,
            key=key,
            freeze=freeze,
            alert_id=alert_id,
            said_at=said_at,
            clock_ahead_s=clock_ahead_s,
        )
        return declare_and_rank(self._desk, declaration)

    def consider_alert(self, event: Event) -> Incident | None:
        """React to alert.fired and to a burning or spent budget: declare by rule, or join what is open on that system.

        None when monitor or objective declares nothing. It may be called again with the same event.
        """
        with self._desk.database.reading() as connection:
            # In a storm most alerts were taken along by the first of their group.
            owner = settled_owner(connection, str(event.payload.get("alert")))
        if owner is not None:
            return owner
        declaration = declaration_by_rule(self._desk, event)
        if declaration is None:
            return None
        incident = declare_and_rank(self._desk, declaration)
        raise_to(self._desk, incident, declaration.severity, f"an alert declares so: {declaration.title}")
        take_along(self._desk, incident, event)
        return self.get(incident.id)

    def get(self, incident: str) -> Incident:
        """One incident by its id. Raises NotFoundError when there is none."""
        with self._desk.database.reading() as connection:
            return find(connection, incident)

    def list(self, *, open_only: bool = False, system: str | None = None, limit: int = 100) -> tuple[Incident, ...]:
        """Incidents, newest first: all, only the open ones, or those that touch `system` (URN without version)."""
        query = select(incidents).order_by(incidents.c.year.desc(), incidents.c.number.desc())
        if open_only:
            query = query.where(incidents.c.state.in_([state.value for state in State if state.is_open]))
        with self._desk.database.reading() as connection:
            found = [to_incident(row) for row in connection.execute(query).mappings()]
        return tuple(one for one in found if system is None or system in one.systems)[:limit]

    def assign(
        self, incident: str, role: str, person: str, actor: str, *, key: str, expected_version: int | None = None
    ) -> Incident:
        """Give a role to a person, who takes it over from whoever has it."""
        taken = one_of(Role, "role", role)
        name = checked(person, what="person", most=NAME_CHARACTERS)
        by, at_key = checked_actor(actor), _key(key)
        with self._desk.database.transaction() as connection:
            if request(connection, at_key, "assign", incident_id=incident) is not None:
                return find(connection, incident)
            present = find_seen(connection, incident, seen=expected_version)
            check_role_not_refused(connection, incident, taken.value, person=name)
            roles = given_role(present.roles, taken, name)
            after = change(connection, present, actor=by, roles=roles)
            payload: dict[str, object] = {"role": taken, "person": name, "before": present.roles.get(taken)}
            self._record(connection, after, "incident.role_assigned", "assign", payload, actor=by, key=at_key)
            return after

    def note(
        self,
        incident: str,
        text: str,
        actor: str,
        *,
        key: str,
        about: str | None = None,
        verdict: Literal["confirmed", "rejected"] | None = None,
        said_at: datetime | None = None,
    ) -> Event:
        """Add a note. Notes are never changed: a correction is a note about the event it corrects.

        Args:
            incident: Which.
            text: As typed; it is never interpreted.
            actor: Who says it.
            key: Idempotency key.
            about: Id of the event it is about; needed with a verdict.
            verdict: What people found out about a suspect.
            said_at: When it happened, as the person says; it stands there, though never later than now.

        Raises:
            NotFoundError: no event by the id `about`.
            InputError: a verdict about nothing, a time without its zone.
        """
        said = checked(text, what="note", most=NOTE_CHARACTERS)
        by, at_key = checked_actor(actor), _key(key)
        if verdict not in {None, "confirmed", "rejected"} or (verdict is not None and about is None):
            allowed = "allowed: confirmed or rejected, about an event"
            message = f"verdict {verdict!r} about {about!r} says nothing; {allowed}"
            raise InputError(message, next_step="Name the suspect's event id with about=.")
        if about is not None and self._desk.ledger.event(about) is None:
            raise NotFoundError(
                f"no event with id {about!r}", next_step="Take the id from the timeline or the suspects."
            )
        with self._desk.database.transaction() as connection:
            present = find(connection, incident)
            known = request(connection, at_key, "note", incident_id=incident)
            if known is None:
                payload: dict[str, object] = {"text": said, "about": about, "verdict": verdict}
                at = None if said_at is None else min(checked_instant(said_at), self._desk.clock.now())
                payload |= {} if said_at is None else {"said_at": said_at}
                causes, kind = () if about is None else (about,), "incident.noted"
                return self._record(
                    connection, present, kind, "note", payload, actor=by, key=at_key, causes=causes, at=at
                )
        stored = self._desk.ledger.event(known.event_id)
        assert stored is not None, "an event is never removed"
        return stored

    def act(
        self,
        incident: str,
        mitigation: str,
        arguments: Mapping[str, object],
        actor: str,
        *,
        key: str,
        expected_version: int | None = None,
    ) -> ActionTaken:
        """Do something about it from the menu; look at `outcome`, because a failure is recorded and returned.

        Raises:
            NotFoundError: not on the menu.
            InputError: arguments that it does not take.
            ConflictError: the incident is closed.
        """
        chosen = self.menu.find(mitigation)
        by, at_key = checked_actor(actor), _key(key)
        return acting.act(
            self._desk, incident, chosen, arguments, actor=by, key=at_key, expected_version=expected_version
        )

    def advance(
        self,
        incident: str,
        action: str,
        actor: str,
        *,
        key: str,
        reason: str = "",
        expected_version: int | None = None,
    ) -> Incident:
        """Move an incident through its phases; see `TRANSITIONS`.

        `reason` stays on record; closing needs one while a watch lasts or an indicator is not back.

        Raises:
            IllegalTransitionError: not from its present state; the message names what is possible.
            InputError: an unknown action, or "resolve", which needs `resolve`.
            ConflictError: it may not close yet, or only with a reason; the message says why.
        """
        said = checked(reason, what="reason", most=NOTE_CHARACTERS) if reason.strip() else ""
        chosen = one_of(Action, "action", action)
        by, at_key = checked_actor(actor), _key(key)
        if chosen is Action.RESOLVE:
            raise InputError(
                "an incident is not resolved by saying so", next_step="Call resolve, which asks the indicators."
            )
        back, early = self.stories.verification(incident), ()
        with self._desk.database.transaction() as connection:
            if request(connection, at_key, "advance", incident_id=incident) is not None:
                return find(connection, incident)
            present = find_seen(connection, incident, seen=expected_version)
            state = move(present.state, chosen, incident=incident)
            values: dict[str, object] = {"state": state.value}
            if chosen is Action.REOPEN:
                values["resolved_at"] = None
            if chosen is Action.CLOSE:
                _permit_closing(connection, present)
                early = cut_short(connection, incident, back, self._desk.clock.now())
                require_reason(incident, early, said)
                values["closed_at"] = self._desk.clock.now()
            after = change(connection, present, actor=by, **values)
            payload: dict[str, object] = {"action": chosen, "state_before": present.state, "state": state}
            payload |= {"reason": said, "early": list(early)}
            self._record(connection, after, "incident.advanced", "advance", payload, actor=by, key=at_key)
            return after

    def resolve(
        self,
        incident: str,
        *,
        actor: str,
        key: str,
        verify: bool = True,
        reason: str = "",
        expected_version: int | None = None,
    ) -> Incident:
        """End the outage when the indicators that showed it are back, and draft the postmortem.

        Args:
            incident: Which.
            actor: Who says so.
            key: Idempotency key.
            verify: False resolves against the indicators; then `reason` says why, and the record shows it.
            reason: Why it is over.
            expected_version: See the class.

        Raises:
            ConflictError: an indicator is not back, or none ever showed this incident.
            IllegalTransitionError: it is not open.
            InputError: no reason although nothing is verified.
        """
        by, at_key = checked_actor(actor), _key(key)
        verification = self.stories.verification(self.get(incident).id) if verify else None
        after = resolve(
            self._desk,
            incident,
            verification,
            actor=by,
            key=at_key,
            reason=reason if verify else checked(reason, what="reason", most=NOTE_CHARACTERS),
            expected_version=expected_version,
        )
        self._drafts.write(self.stories.read(incident), key=at_key)
        return after

    def timeline(self, incident: str) -> tuple[TimelineEntry, ...]:
        """Everything that happened around it, oldest first; append-only, because it is read from the ledger."""
        return self.stories.timeline(incident)

    def suspects(self, incident: str) -> WhatChanged:
        """What changed before it, as ranked suspects with reasons, and what did not change."""
        return self.stories.suspects(incident)

    def _record(
        self,
        connection: Connection,
        incident: Incident,
        kind: str,
        operation: str,
        payload: dict[str, object],
        *,
        actor: str,
        key: str,
        causes: tuple[str, ...] = (),
        at: datetime | None = None,
    ) -> Event:
        draft = Draft(kind, incident.urn, actor, {"incident": incident.id, **payload}, at=at, causes=causes)
        event = self._desk.ledger.append(connection, draft)[0]
        remember(connection, key, operation, incident_id=incident.id, event_id=event.id)
        return event


def _permit_closing(connection: Connection, incident: Incident) -> None:
    reasons = reasons_to_stay_open(connection, incident.id)
    if reasons:
        message = f"incident {incident.id} cannot close yet: {'; '.join(reasons)}"
        raise ConflictError(message, next_step="Answer that first; nothing was written.")


def _key(key: str) -> str:
    return checked(key, what="key", most=KEY_CHARACTERS)
