"""The service: updates on a cadence, the page for everybody, questions asked and answered there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, update

from steek.incidents.acting import actions_of
from steek.incidents.oncall.rota_rows import known_result, remember_result
from steek.incidents.rows import family, find
from steek.incidents.text import NAME_CHARACTERS, NOTE_CHARACTERS, checked
from steek.incidents.timeline import describe
from steek.incidents.types import Incident, Role
from steek.incidents.updates.cadence import Cadence, cadence_of, checked_minutes, due_at
from steek.incidents.updates.discretion import Discretion
from steek.incidents.updates.outsiders import approval
from steek.incidents.updates.records import (
    Question,
    Update,
    find_question,
    find_update,
    next_number,
    read_cadence,
    read_links,
    read_questions,
    read_updates,
)
from steek.incidents.updates.status import Status, status_of
from steek.incidents.updates.survivors import find_spoken_of, survivor_of
from steek.incidents.updates.tables import cadences, questions, updates
from steek.kernel.clock import Clock
from steek.kernel.errors import InputError
from steek.ledger import Database, Draft, Ledger


@dataclass(frozen=True, slots=True)
class _Said:
    """What an update says."""

    text: str
    impact: str
    doing: str
    outside_text: str
    next_in_minutes: int | None
    outside_next_in_minutes: int | None
    meant: Sequence[str]


class Updates:
    """What people are told of incidents; safe to share between threads and processes.

    Writing methods take `key`: the same key again writes nothing and returns what is stored.

    Args:
        database: Holds incidents and updates.
        ledger: Is told of everything but the tokens of outside pages.
        clock: Processing time.
        by_severity: Minutes between updates, by severity.
        discretion: Knows what is internal.
    """

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        *,
        by_severity: Mapping[str, int],
        discretion: Discretion,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._by_severity = by_severity
        self._discretion = discretion

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
        outside_next_in_minutes: int | None = None,
        meant: Sequence[str] = (),
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
                actor is communications and no word of it is a name here.
            next_in_minutes: When there is more; None follows the cadence.
            outside_next_in_minutes: When outsiders are promised more; None promises them nothing.
            meant: Words of `outside` that are names here and are meant as the plain words they also are.

        Raises:
            InputError: an empty text, something internal in what outsiders would read, a promise to outsiders without
                a text for them.
            ConflictError: it is part of another incident.
        """
        by = _name(actor)
        said = _checked(_Said(text, impact, doing, outside, next_in_minutes, outside_next_in_minutes, meant))
        with self._database.transaction() as connection:
            known = _before(connection, "post update", key)
            if known is None:
                known = str(self._write(connection, find_spoken_of(connection, incident), said, by))
                remember_result(connection, "post update", key, known)
            return find_update(connection, incident, int(known))

    def set_cadence(self, incident: str, every_minutes: int, *, actor: str, key: str) -> Cadence:
        """Say how often there is news of one incident; the next update is due by it from now on."""
        by, minutes = _name(actor), checked_minutes(every_minutes)
        with self._database.transaction() as connection:
            present = find_spoken_of(connection, incident)
            if _before(connection, "set cadence", key) is None:
                values = {"every_minutes": minutes, "reminded_of_at": None, "overdue_since_at": None}
                one = cadences.c.incident_id == incident
                if connection.execute(update(cadences).where(one).values(values)).rowcount == 0:
                    connection.execute(insert(cadences).values(incident_id=incident, **values))
                self._promise_anew(connection, present, minutes)
                self._tell(connection, present, "incident.cadence_set", by, {"every_minutes": minutes})
                remember_result(connection, "set cadence", key, incident)
            return self._cadence(connection, present)

    def ask(self, incident: str, text: str, *, actor: str, key: str, asked_as: str | None = None) -> Question:
        """Ask on the page for everybody, out of the way of those who work.

        Args:
            incident: Which.
            text: The question.
            actor: Who asks.
            key: Idempotency key.
            asked_as: How much the asker sees who may not see everything; the answer must be fit for that.

        Raises:
            ConflictError: it is part of another incident.
        """
        by, asked = _name(actor), checked(text, what="question", most=NOTE_CHARACTERS)
        with self._database.transaction() as connection:
            known = _before(connection, "ask", key)
            if known is not None:
                return find_question(connection, incident, int(known))
            present, number = find_spoken_of(connection, incident), next_number(connection, questions, incident)
            values = {"number": number, "text": asked, "asked_by": by, "asked_at": self._clock.now()}
            connection.execute(insert(questions).values(incident_id=incident, asked_as=asked_as, **values))
            self._tell(connection, present, "incident.asked", by, {"question": number, "text": asked})
            remember_result(connection, "ask", key, str(number))
            return find_question(connection, incident, number)

    def answer(
        self, incident: str, question: int, text: str, *, actor: str, key: str, meant: Sequence[str] = ()
    ) -> Question:
        """Answer a question, or answer it anew; everybody reads the latest answer, the ledger keeps all.

        Raises:
            InputError: whoever asked may not see internals, and something internal stands in the answer, or a word
                that is a name here and is not among `meant`.
        """
        by, said = _name(actor), checked(text, what="answer", most=NOTE_CHARACTERS)
        with self._database.transaction() as connection:
            present, found = find(connection, incident), find_question(connection, incident, question)
            if _before(connection, "answer", key) is not None:
                return found
            if found.asked_as is not None:
                self._discretion.check(connection, present, said, meant)
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
            present, parts = find(connection, incident), family(connection, incident)
            into = survivor_of(connection, present)
            told, cadence = read_updates(connection, incident), self._cadence(connection, present)
            merged, opened = read_updates(connection, *parts[1:]), read_links(connection, *parts)
            due = _due(present, told, cadence)
            asked, actions = read_questions(connection, *parts), actions_of(connection, incident)
        assessed = self._ledger.events(kinds=["incident.impact_assessed"], subject=present.urn, limit=100)
        latest = {str(event.payload.get("dimension")): describe(event) for event in assessed}
        return status_of(
            present,
            part_of=None if into.id == incident else into.id,
            updates=told,
            merged=merged,
            questions=asked,
            links=opened,
            actions=actions,
            assessed=tuple(latest.values()),
            cadence=cadence,
            next_update_at=due,
            now=self._clock.now(),
        )

    def next_due_at(self, incident: str) -> datetime | None:
        """When the next update of an incident is due; None once the outage is over."""
        with self._database.reading() as connection:
            present = find(connection, incident)
            return _due(present, read_updates(connection, incident), self._cadence(connection, present))

    def _write(self, connection: Connection, incident: Incident, said: _Said, by: str) -> int:
        """Write an update with its events, in the caller's transaction; its number."""
        outside, now, is_open = said.outside_text, self._clock.now(), incident.state.is_open
        asked = self._discretion.asks(connection, incident, outside, said.meant) if outside else ()
        approves = bool(outside) and not asked and incident.roles.get(Role.COMMUNICATIONS) == by
        apart = timedelta(minutes=said.next_in_minutes or self._cadence(connection, incident).every_minutes)
        promised = said.outside_next_in_minutes
        outside_next_at = now + timedelta(minutes=promised) if promised is not None and is_open else None
        number = next_number(connection, updates, incident.id)
        values: dict[str, object] = {
            "text": said.text,
            "impact": said.impact,
            "doing": said.doing,
            "outside_text": outside,
            "number": number,
            "phase": incident.state.value,
            "severity": incident.severity.value,
            # What outsiders were promised binds as well: whoever speaks is reminded of what comes first.
            "next_due_at": min(now + apart, outside_next_at or now + apart) if is_open else None,
            "outside_next_at": outside_next_at,
            "actor": by,
            "at": now,
            "outside_state": "approved" if approves else "proposed" if outside else "none",
            "approved_by": by if approves else None,
            "approved_at": now if approves else None,
        }
        connection.execute(insert(updates).values(incident_id=incident.id, **values))
        payload: dict[str, object] = {
            name: values[name] for name in ("number", "text", "impact", "doing", "next_due_at", "outside_state")
        }
        payload |= {"audience": "everybody and outsiders" if approves else "everybody"}
        self._tell(connection, incident, "incident.updated", by, payload)
        if approves:
            approved = approval(find_update(connection, incident.id, number), said.meant)
            self._tell(connection, incident, "incident.outside_approved", by, approved)
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

    def _tell(
        self, connection: Connection, incident: Incident, kind: str, actor: str, payload: Mapping[str, object]
    ) -> None:
        self._ledger.append(connection, Draft(kind, incident.urn, actor, {"incident": incident.id, **payload}))


def _checked(said: _Said) -> _Said:
    parts = {"text": checked(said.text, what="update", most=NOTE_CHARACTERS)}
    for part in ("impact", "doing", "outside_text"):
        given: str = getattr(said, part)
        parts[part] = checked(given, what="update", most=NOTE_CHARACTERS) if given.strip() else ""
    for minutes in (said.next_in_minutes, said.outside_next_in_minutes):
        if minutes is not None:
            checked_minutes(minutes)
    if said.outside_next_in_minutes is not None and not parts["outside_text"]:
        message = "outsiders are promised more, and told nothing"
        raise InputError(message, next_step="Say something for them too, or leave the promise out.")
    return replace(said, **parts)


def _due(incident: Incident, told: tuple[Update, ...], cadence: Cadence) -> datetime | None:
    last = told[0] if told else None
    return due_at(
        is_open=incident.state.is_open,
        declared_at=incident.declared_at,
        last_at=None if last is None else last.at,
        promised_at=None if last is None else last.next_due_at,
        cadence=cadence,
    )


def _before(connection: Connection, operation: str, key: str) -> str | None:
    return known_result(connection, operation, checked(key, what="key", most=300))


def _name(text: str) -> str:
    return checked(text, what="actor", most=NAME_CHARACTERS)
