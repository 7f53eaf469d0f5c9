"""The service: updates on a cadence, the page for everybody, the page for outsiders, questions."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, update

from steek.incidents.acting import actions_of
from steek.incidents.oncall.rota_rows import known_result, remember_result
from steek.incidents.rows import find
from steek.incidents.text import NAME_CHARACTERS, NOTE_CHARACTERS, TITLE_CHARACTERS, checked
from steek.incidents.timeline import describe
from steek.incidents.types import Incident, Role
from steek.incidents.updates.cadence import Cadence, cadence_of, checked_minutes, due_at, standing
from steek.incidents.updates.privacy import check_for_outsiders
from steek.incidents.updates.records import (
    OutsideLink,
    Question,
    Update,
    find_link,
    find_question,
    find_update,
    next_number,
    read_cadence,
    read_links,
    read_questions,
    read_updates,
)
from steek.incidents.updates.status import OutsidePage, Status, outside_page, status_of
from steek.incidents.updates.tables import cadences, links, questions, updates
from steek.kernel.clock import Clock
from steek.kernel.errors import ConflictError, RefusedError
from steek.kernel.ids import new_id
from steek.kernel.records import content_hash
from steek.ledger import Database, Draft, Ledger

SPEAKERS = (Role.COMMUNICATIONS, Role.COMMANDER)


class Updates:
    """What people are told of incidents; safe to share between threads and processes.

    Writing methods take `key`: the same key again writes nothing and returns what is stored.

    Args:
        database: Holds incidents and updates.
        ledger: Is told of everything but the tokens of outside pages.
        clock: Processing time.
        by_severity: Minutes between updates, by severity.
        effects: Mitigation to what it is for, in words.
        internal: Names that outsiders must not read, besides those of the incident itself.
    """

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        *,
        by_severity: Mapping[str, int],
        effects: Mapping[str, str],
        internal: Callable[[], Collection[str]],
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._by_severity = by_severity
        self._effects = effects
        self._internal = internal

    def post(
        self,
        incident: str,
        text: str,
        *,
        actor: str,
        key: str,
        impact: str = "",
        doing: str = "",
        outside: str = "",
        next_in_minutes: int | None = None,
    ) -> Update:
        """Tell everybody how it stands.

        Args:
            incident: Which.
            text: What is known.
            actor: Who says so.
            key: Idempotency key.
            impact: Who and what is affected; "" leaves what was said last.
            doing: What is being done, in plain words; "" leaves what was said last.
            outside: What outsiders may read, without anything internal; communications approves it, at once where the
                actor is communications.
            next_in_minutes: When there is more; None follows the cadence.

        Raises:
            InputError: an empty text, or something internal in what outsiders would read.
        """
        by = _name(actor)
        parts = {"text": checked(text, what="update", most=NOTE_CHARACTERS)}
        for part, given in (("impact", impact), ("doing", doing), ("outside_text", outside)):
            parts[part] = checked(given, what="update", most=NOTE_CHARACTERS) if given.strip() else ""
        if next_in_minutes is not None:
            checked_minutes(next_in_minutes)
        with self._database.transaction() as connection:
            known = _before(connection, "post update", key)
            if known is None:
                known = str(self._write(connection, find(connection, incident), parts, by, next_in_minutes))
                remember_result(connection, "post update", key, known)
            return find_update(connection, incident, int(known))

    def approve(self, incident: str, number: int, *, actor: str, key: str) -> Update:
        """Let outsiders read what an update says for them.

        Raises:
            RefusedError: the actor is not communications of this incident.
            ConflictError: the update says nothing for outsiders.
            InputError: something internal stands in it.
        """
        by = _name(actor)
        with self._database.transaction() as connection:
            present, found = find(connection, incident), find_update(connection, incident, number)
            if _before(connection, "approve update", key) is not None or found.outside_state == "approved":
                return found
            if present.roles.get(Role.COMMUNICATIONS) != by:
                holder = present.roles.get(Role.COMMUNICATIONS) or "nobody yet"
                message = f"{by} is not communications of incident {incident}; that is {holder}"
                raise RefusedError(message, next_step="Communications says what outsiders may read.")
            if found.outside_state == "none":
                message = f"update {number} of incident {incident} says nothing for outsiders"
                raise ConflictError(message, next_step="Post an update with a text for them.")
            check_for_outsiders(found.outside_text, self._private(connection, present))
            values = {"outside_state": "approved", "approved_by": by, "approved_at": self._clock.now()}
            one = (updates.c.incident_id == incident, updates.c.number == number)
            connection.execute(update(updates).where(*one).values(values))
            self._tell(connection, present, "incident.outside_approved", by, _approval(number, found.outside_text))
            remember_result(connection, "approve update", key, str(number))
            return find_update(connection, incident, number)

    def set_cadence(self, incident: str, every_minutes: int, *, actor: str, key: str) -> Cadence:
        """Say how often there is news of one incident; the next update is due by it from now on."""
        by, minutes = _name(actor), checked_minutes(every_minutes)
        with self._database.transaction() as connection:
            present = find(connection, incident)
            if _before(connection, "set cadence", key) is None:
                values = {"every_minutes": minutes, "reminded_of_at": None, "overdue_since_at": None}
                one = cadences.c.incident_id == incident
                if connection.execute(update(cadences).where(one).values(values)).rowcount == 0:
                    connection.execute(insert(cadences).values(incident_id=incident, **values))
                self._promise_anew(connection, present, minutes)
                self._tell(connection, present, "incident.cadence_set", by, {"every_minutes": minutes})
                remember_result(connection, "set cadence", key, incident)
            return self._cadence(connection, present)

    def publish(self, incident: str, title: str, *, actor: str, key: str) -> OutsideLink:
        """Open a page for outsiders under a link that nobody can guess.

        Raises:
            RefusedError: the actor is neither communications nor commander.
            InputError: something internal in the title.
        """
        by, named = _name(actor), checked(title, what="title for outsiders", most=TITLE_CHARACTERS)
        with self._database.transaction() as connection:
            present = find(connection, incident)
            known = _before(connection, "publish", key)
            if known is not None:
                return find_link(connection, known)
            _permit_speaking(present, by)
            check_for_outsiders(named, self._private(connection, present))
            now = self._clock.now()
            token = content_hash([new_id(now), new_id(now), new_id(now)])[:48]
            values = {"token": token, "incident_id": incident, "title": named, "made_by": by, "made_at": now}
            connection.execute(insert(links).values(values))
            self._tell(connection, present, "incident.outside_page_opened", by, {"title": named})
            remember_result(connection, "publish", key, token)
            return find_link(connection, token)

    def withdraw(self, incident: str, *, actor: str, key: str) -> int:
        """Let every link of an incident lead nowhere; returns how many did lead somewhere."""
        by = _name(actor)
        with self._database.transaction() as connection:
            present = find(connection, incident)
            if _before(connection, "withdraw pages", key) is not None:
                return 0
            open_ones = (links.c.incident_id == incident, links.c.withdrawn_at.is_(None))
            count = connection.execute(update(links).where(*open_ones).values(withdrawn_at=self._clock.now())).rowcount
            self._tell(connection, present, "incident.outside_page_withdrawn", by, {"links": count})
            remember_result(connection, "withdraw pages", key, incident)
            return count

    def ask(self, incident: str, text: str, *, actor: str, key: str) -> Question:
        """Ask on the page for everybody, out of the way of those who work."""
        by, asked = _name(actor), checked(text, what="question", most=NOTE_CHARACTERS)
        with self._database.transaction() as connection:
            known = _before(connection, "ask", key)
            if known is not None:
                return find_question(connection, incident, int(known))
            present, number = find(connection, incident), next_number(connection, questions, incident)
            values = {"number": number, "text": asked, "asked_by": by, "asked_at": self._clock.now()}
            connection.execute(insert(questions).values(incident_id=incident, **values))
            self._tell(connection, present, "incident.asked", by, {"question": number, "text": asked})
            remember_result(connection, "ask", key, str(number))
            return find_question(connection, incident, number)

    def answer(self, incident: str, question: int, text: str, *, actor: str, key: str) -> Question:
        """Answer a question, or answer it anew; everybody reads the latest answer, the ledger keeps all."""
        by, said = _name(actor), checked(text, what="answer", most=NOTE_CHARACTERS)
        with self._database.transaction() as connection:
            present, found = find(connection, incident), find_question(connection, incident, question)
            if _before(connection, "answer", key) is not None:
                return found
            values = {"answer": said, "answered_by": by, "answered_at": self._clock.now()}
            one = (questions.c.incident_id == incident, questions.c.number == question)
            connection.execute(update(questions).where(*one).values(values))
            payload: dict[str, object] = {"question": question, "asked": found.text, "text": said}
            self._tell(connection, present, "incident.answered", by, payload)
            remember_result(connection, "answer", key, str(question))
            return find_question(connection, incident, question)

    def list(self, incident: str) -> tuple[Update, ...]:
        """Updates of an incident, latest first. Raises NotFoundError when there is no such incident."""
        with self._database.reading() as connection:
            return read_updates(connection, find(connection, incident).id)

    def status(self, incident: str) -> Status:
        """The page for everybody. Raises NotFoundError when there is no such incident."""
        with self._database.reading() as connection:
            present = find(connection, incident)
            told, cadence = read_updates(connection, incident), self._cadence(connection, present)
            due = _due(present, told, cadence)
            asked, actions = read_questions(connection, incident), actions_of(connection, incident)
            opened = read_links(connection, incident)
        assessed = self._ledger.events(kinds=["incident.impact_assessed"], subject=present.urn, limit=100)
        latest = {str(event.payload.get("dimension")): describe(event) for event in assessed}
        return status_of(
            present,
            updates=told,
            questions=asked,
            links=opened,
            actions=actions,
            effects=self._effects,
            assessed=tuple(latest.values()),
            cadence=cadence,
            next_update_at=due,
            due=standing(due, cadence, now=self._clock.now()),
        )

    def outside(self, token: str) -> OutsidePage:
        """The page for outsiders under one link. Raises NotFoundError when it leads nowhere, or no more."""
        with self._database.reading() as connection:
            link = find_link(connection, token)
        return outside_page(self.status(link.incident_id), link.title)

    def next_due_at(self, incident: str) -> datetime | None:
        """When the next update of an incident is due; None once the outage is over."""
        with self._database.reading() as connection:
            present = find(connection, incident)
            return _due(present, read_updates(connection, incident), self._cadence(connection, present))

    def _write(
        self, connection: Connection, incident: Incident, parts: Mapping[str, str], by: str, minutes: int | None
    ) -> int:
        """Write an update with its events, in the caller's transaction; its number."""
        outside, now = parts["outside_text"], self._clock.now()
        if outside:
            check_for_outsiders(outside, self._private(connection, incident))
        approves = bool(outside) and incident.roles.get(Role.COMMUNICATIONS) == by
        apart = timedelta(minutes=minutes or self._cadence(connection, incident).every_minutes)
        number = next_number(connection, updates, incident.id)
        values: dict[str, object] = {
            **parts,
            "number": number,
            "phase": incident.state.value,
            "severity": incident.severity.value,
            "next_due_at": now + apart if incident.state.is_open else None,
            "actor": by,
            "at": now,
            "outside_state": "approved" if approves else "proposed" if outside else "none",
            "approved_by": by if approves else None,
            "approved_at": now if approves else None,
        }
        connection.execute(insert(updates).values(incident_id=incident.id, **values))
        payload: dict[str, object] = {
            "number": number,
            "text": parts["text"],
            "impact": parts["impact"],
            "doing": parts["doing"],
            "audience": "everybody and outsiders" if approves else "everybody",
            "next_due_at": values["next_due_at"],
        }
        self._tell(connection, incident, "incident.updated", by, payload)
        if approves:
            self._tell(connection, incident, "incident.outside_approved", by, _approval(number, outside))
        return number

    def _cadence(self, connection: Connection, incident: Incident) -> Cadence:
        row = read_cadence(connection, incident.id)
        return cadence_of(incident.severity, self._by_severity, None if row is None else row["every_minutes"])

    def _promise_anew(self, connection: Connection, incident: Incident, minutes: int) -> None:
        told = read_updates(connection, incident.id)
        if told and incident.state.is_open:
            one = (updates.c.incident_id == incident.id, updates.c.number == told[0].number)
            values = {"next_due_at": told[0].at + timedelta(minutes=minutes)}
            connection.execute(update(updates).where(*one).values(values))

    def _private(self, connection: Connection, incident: Incident) -> set[str]:
        """Every name that outsiders must not read of this incident."""
        people = {incident.declared_by, incident.changed_by, *incident.roles.values(), *incident.shadows}
        people |= {one.actor for one in read_updates(connection, incident.id)}
        systems = {incident.subject, *incident.systems}
        bare = {system.partition(":")[2] for system in systems}
        return {incident.id, *people, *systems, *bare, *self._internal()}

    def _tell(
        self, connection: Connection, incident: Incident, kind: str, actor: str, payload: Mapping[str, object]
    ) -> None:
        self._ledger.append(connection, Draft(kind, incident.urn, actor, {"incident": incident.id, **payload}))


def _due(incident: Incident, told: tuple[Update, ...], cadence: Cadence) -> datetime | None:
    last = told[0] if told else None
    return due_at(
        is_open=incident.state.is_open,
        declared_at=incident.declared_at,
        last_at=None if last is None else last.at,
        promised_at=None if last is None else last.next_due_at,
        cadence=cadence,
    )


def _permit_speaking(incident: Incident, actor: str) -> None:
    holders = [incident.roles.get(role) for role in SPEAKERS]
    if actor not in holders:
        message = f"{actor} is neither communications nor commander of incident {incident.id}"
        raise RefusedError(message, next_step="Take one of the roles first; everybody sees so.")


def _before(connection: Connection, operation: str, key: str) -> str | None:
    return known_result(connection, operation, checked(key, what="key", most=300))


def _approval(number: object, text: str) -> dict[str, object]:
    return {"number": number, "text": text, "audience": "outsiders"}


def _name(text: str) -> str:
    return checked(text, what="actor", most=NAME_CHARACTERS)
