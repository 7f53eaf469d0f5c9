"""Agreement of others to a mitigation: asked, given or declined, over after a while; the mitigation waits for it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from steek.incidents.control.agreement_rules import Need
from steek.incidents.control.answering import Answerer, Answering, Asking
from steek.incidents.control.deciding import Deed, decided_before, require_role
from steek.incidents.control.tables import agreements
from steek.incidents.desk import Desk
from steek.incidents.impact.impact_rows import read_impacts
from steek.incidents.mitigations import Mitigation, checked_arguments
from steek.incidents.rows import find, remember, request
from steek.incidents.text import NAME_CHARACTERS, NOTE_CHARACTERS, checked
from steek.incidents.types import Incident, Role
from steek.kernel.errors import ConflictError, InputError, NotFoundError, RefusedError, StaleWriteError
from steek.kernel.ids import new_id
from steek.kernel.records import canonical_json
from steek.kernel.state_machine import transition
from steek.ledger import Draft


class AgreementState(StrEnum):
    """`EXPIRED`: nobody answered in time, or what was agreed to was not done in time."""

    ASKED = "asked"
    AGREED = "agreed"
    DECLINED = "declined"
    EXPIRED = "expired"


class Answer(StrEnum):
    """What is said to a request for agreement; an agreement may be taken back by declining while it holds.

    `OVERRIDE`: the commander goes ahead without those who were asked, with the reason on record.
    """

    AGREE = "agree"
    DECLINE = "decline"
    OVERRIDE = "override"


TRANSITIONS: Mapping[tuple[AgreementState, Answer], AgreementState] = {
    (AgreementState.ASKED, Answer.AGREE): AgreementState.AGREED,
    (AgreementState.ASKED, Answer.OVERRIDE): AgreementState.AGREED,
    (AgreementState.ASKED, Answer.DECLINE): AgreementState.DECLINED,
    (AgreementState.AGREED, Answer.DECLINE): AgreementState.DECLINED,
}
_KINDS = {
    Answer.AGREE: "incident.agreed",
    Answer.DECLINE: "incident.declined",
    Answer.OVERRIDE: "incident.agreement_overridden",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """That `of`, a role of the incident or a stakeholder such as "business", agrees to one mitigation as it is called.

    It serves until `expires_at`. `answer` is what was said with it; None while nobody answered.
    """

    id: str
    incident_id: str
    mitigation: str
    arguments: Mapping[str, object]
    of: str
    state: AgreementState
    version: int
    asked_by: str
    asked_at: datetime
    reason: str
    expires_at: datetime
    answered_by: str | None = None
    answered_at: datetime | None = None
    answer: str | None = None

    def facts(self) -> dict[str, object]:
        """What every event about it says."""
        return {
            "incident": self.incident_id,
            "agreement": self.id,
            "mitigation": self.mitigation,
            "arguments": dict(self.arguments),
            "of": self.of,
            "until": self.expires_at.isoformat(),
        }


def standing(agreement: Agreement, now: datetime) -> Agreement:
    """The agreement as it stands at `now`: one that is over counts as expired."""
    if agreement.state in {AgreementState.ASKED, AgreementState.AGREED} and now > agreement.expires_at:
        values: dict[str, Any] = {name: getattr(agreement, name) for name in Agreement.__dataclass_fields__}
        values["state"] = AgreementState.EXPIRED
        return Agreement(**values)
    return agreement


class Agreements:
    """Asks for agreements and takes the answers; safe to share between threads and processes.

    Args:
        desk: What is at hand.
        valid_for: How long a request waits, and an agreement serves, from the asking on.
        answering: Knows who answers for whom, and tells them.
    """

    def __init__(self, desk: Desk, valid_for: timedelta, answering: Answering) -> None:
        self._desk = desk
        self._valid_for = valid_for
        self._answering = answering

    def answerers(self, incident: str, of: str) -> tuple[Answerer, ...]:
        """Who may answer for a role, or for stakeholders such as "business", in an incident; () for nobody."""
        with self._desk.database.reading() as connection:
            return self._answering.of(connection, find(connection, incident), of)

    def needed(self, incident: str, mitigation: str, arguments: Mapping[str, object]) -> tuple[Need, ...]:
        """Who must agree to a mitigation as it would be called now, and why; () for nobody."""
        with self._desk.database.reading() as connection:
            return self._desk.menu.find(mitigation).needs(arguments, read_impacts(connection, incident))

    def name_answerer(
        self, incident: str, of: str, person: str, *, reason: str, actor: str, key: str
    ) -> tuple[Answerer, ...]:
        """Let a person answer for `of` in this incident, on the commander's word; who answers for it from now on.

        Raises:
            RefusedError: the actor is not the commander.
            InputError: no reason; a role of the incident, which is assigned instead.
        """
        by, who = checked(actor, what="actor", most=NAME_CHARACTERS), checked(of, what="name", most=100)
        name, why = (
            checked(person, what="person", most=NAME_CHARACTERS),
            checked(reason, what="reason", most=NOTE_CHARACTERS),
        )
        if who in set(Role):
            raise InputError(f"{who} is a role of the incident", next_step="Assign it: 'steek incident assign'.")
        with self._desk.database.transaction() as connection:
            present = find(connection, incident)
            if request(connection, key, f"name {who}", incident_id=incident) is None:
                require_role(present, by, (Role.COMMANDER,), to=f"say who answers for {who}")
                payload: dict[str, object] = {"incident": incident, "of": who, "person": name, "reason": why}
                draft = Draft("incident.answerer_named", present.urn, by, payload)
                event = self._desk.ledger.append(connection, draft)[0]
                remember(connection, key, f"name {who}", incident_id=incident, event_id=event.id)
        return self.answerers(incident, who)

    def list(self, incident: str) -> tuple[Agreement, ...]:
        """Agreements of an incident as they stand now, oldest first."""
        now = self._desk.clock.now()
        with self._desk.database.reading() as connection:
            return tuple(standing(one, now) for one in _of_incident(connection, incident))

    def ask(
        self,
        incident: str,
        mitigation: str,
        arguments: Mapping[str, object],
        *,
        of: str,
        actor: str,
        key: str,
        reason: str = "",
    ) -> Agreement:
        """Ask somebody to agree to a mitigation exactly as it would be called; one that is asked already is returned.

        Raises:
            NotFoundError: no such incident or mitigation.
            InputError: arguments that the mitigation does not take.
        """
        chosen = self._desk.menu.find(mitigation)
        given = checked_arguments(chosen, arguments)
        by, who = checked(actor, what="actor", most=NAME_CHARACTERS), checked(of, what="name", most=100)
        now = self._desk.clock.now()
        with self._desk.database.transaction() as connection:
            present = find(connection, incident)
            known = request(connection, key, f"ask {who}", incident_id=incident)
            same = [one for one in _called(connection, incident, mitigation, given) if one.of == who]
            waiting = [one for one in same if standing(one, now).state in {AgreementState.ASKED, AgreementState.AGREED}]
            if waiting or (known is not None and same):
                return (waiting or same)[-1]
            agreement = Agreement(
                id=new_id(now),
                incident_id=incident,
                mitigation=mitigation,
                arguments=given,
                of=who,
                state=AgreementState.ASKED,
                version=1,
                asked_by=by,
                asked_at=now,
                reason=reason,
                expires_at=now + self._valid_for,
            )
            _add(connection, agreement)
            people = self._answering.of(connection, present, who)
            self._answering.tell(connection, present, _asking(agreement, chosen), people)
            payload = _asked(agreement, chosen, people)
            draft = Draft("incident.agreement_asked", present.urn, by, payload)
            event = self._desk.ledger.append(connection, draft)[0]
            remember(connection, key, f"ask {who}", incident_id=incident, event_id=event.id)
        return agreement

    def agree(
        self, agreement: str, *, actor: str, key: str, answer: str = "", expected_version: int | None = None
    ) -> Agreement:
        """Agree. Raises as `decline` does; RefusedError also when the asker would agree with themselves."""
        return self._answer(agreement, Answer.AGREE, Deed(actor, key, answer, expected_version))

    def decline(
        self, agreement: str, *, answer: str, actor: str, key: str, expected_version: int | None = None
    ) -> Agreement:
        """Say no, or take an agreement back while it holds.

        Raises:
            NotFoundError: no such agreement.
            RefusedError: the actor does not answer for whom it asks.
            IllegalTransitionError: it was declined, or is over.
            StaleWriteError: somebody answered after the actor looked.
        """
        said = checked(answer, what="reason", most=NOTE_CHARACTERS)
        return self._answer(agreement, Answer.DECLINE, Deed(actor, key, said, expected_version))

    def override(
        self, agreement: str, *, reason: str, actor: str, key: str, expected_version: int | None = None
    ) -> Agreement:
        """Go ahead without those who were asked and cannot be reached; the commander answers for that, on record.

        Raises as `decline` does; RefusedError when the actor is not the commander. What was declined stays declined.
        """
        said = checked(reason, what="reason", most=NOTE_CHARACTERS)
        return self._answer(agreement, Answer.OVERRIDE, Deed(actor, key, said, expected_version))

    def _answer(self, agreement_id: str, answer: Answer, deed: Deed) -> Agreement:
        by, now = checked(deed.actor, what="actor", most=NAME_CHARACTERS), self._desk.clock.now()
        operation = f"{answer.value} to a mitigation"
        with self._desk.database.transaction() as connection:
            present = standing(_find(connection, agreement_id), now)
            incident = find(connection, present.incident_id)
            about = ("agreement", agreement_id)
            if decided_before(self._desk, connection, deed, operation, incident=incident.id, about=about):
                return present
            if deed.expected_version not in {None, present.version}:
                message = f"agreement {agreement_id} was answered by {present.answered_by} while you were looking"
                raise StaleWriteError(message, next_step="Look at it again; nothing was written.")
            state = transition(TRANSITIONS, present.state, answer, what=f"agreement {agreement_id}")
            people = self._answering.of(connection, incident, present.of)
            _require_may_answer(incident, present, answer, by, people)
            values: dict[str, object] = {"answered_by": by, "answered_at": now, "answer": deed.reason}
            changed = values | {"state": state.value, "version": present.version + 1}
            connection.execute(update(agreements).where(agreements.c.id == agreement_id).values(changed))
            after = _find(connection, agreement_id)
            payload = {**after.facts(), "answer": deed.reason, "told": [one.person for one in people if one.targets]}
            self._answering.tell(connection, incident, _asking(after, self._desk.menu.find(after.mitigation)), people)
            event = self._desk.ledger.append(connection, Draft(_KINDS[answer], incident.urn, by, payload))[0]
            remember(connection, deed.key, operation, incident_id=incident.id, event_id=event.id)
            return after


def require_agreements(
    connection: Connection,
    incident: Incident,
    mitigation: str,
    arguments: Mapping[str, object],
    *,
    of: Sequence[Need],
    now: datetime,
) -> None:
    """Return when everybody who must agree to this call has, and it is not over.

    Raises:
        RefusedError: somebody declined.
        ConflictError: somebody has not answered; `details["missing"]` names them.
    """
    if not of:
        return
    why, asked = {one.of: one.because for one in of}, [one.of for one in of]
    called = [standing(one, now) for one in _called(connection, incident.id, mitigation, arguments)]
    latest = {one.of: one for one in called}
    for who in asked:
        said = latest.get(who)
        if said is not None and said.state is AgreementState.DECLINED:
            message = f"{mitigation} was not done: {said.answered_by} declined for {who}: {said.answer}"
            raise RefusedError(message, next_step="Choose another mitigation, or ask them again with other words.")
    missing = [who for who in asked if who not in latest or latest[who].state is not AgreementState.AGREED]
    if missing:
        named = ", ".join(f"{who} ({latest[who].state.value})" if who in latest else who for who in missing)
        message = f"{mitigation} waits for the agreement of {named}: {'; '.join(why[who] for who in missing)}"
        step = (
            f"Ask with 'steek incident ask-agreement {incident.id} {mitigation}'; when they agreed, do it again. Where "
            "nobody of them can be reached, the commander may override, with the reason."
        )
        details: dict[str, object] = {"missing": missing, "agreements": [one.id for one in called if one.of in missing]}
        raise ConflictError(message, next_step=step, details=details)


def _require_may_answer(
    incident: Incident, agreement: Agreement, answer: Answer, actor: str, people: Sequence[Answerer]
) -> None:
    if answer is Answer.OVERRIDE:
        require_role(incident, actor, (Role.COMMANDER,), to="go ahead without an agreement")
        return
    if answer is Answer.AGREE and actor == agreement.asked_by:
        message = f"{actor} asked for the agreement of {agreement.of} and cannot give it"
        raise RefusedError(message, next_step="A second person agrees.")
    if agreement.of in set(Role):
        require_role(incident, actor, (Role(agreement.of),), to=f"answer for {agreement.of}")
    elif actor not in {one.person for one in people}:
        named = ", ".join(f"{one.person} ({one.because})" for one in people) or "nobody yet"
        message = f"{actor} may not answer for {agreement.of} in incident {incident.id}; that is for {named}"
        step = (
            "The commander may name somebody who answers, or go ahead without with a reason: 'steek incident override'."
        )
        raise RefusedError(message, next_step=step)


def _asked(agreement: Agreement, mitigation: Mitigation, people: Sequence[Answerer]) -> dict[str, object]:
    """What the event of the asking says: who may answer, and whom of them something tells by itself."""
    return {
        **agreement.facts(),
        "reason": agreement.reason,
        "risk": mitigation.risk,
        "effect": mitigation.effect,
        "people": [f"{one.person} ({one.because})" for one in people],
        "told": [one.person for one in people if one.targets],
    }


def _asking(agreement: Agreement, mitigation: Mitigation) -> Asking:
    given = ", ".join(f"{name} {value}" for name, value in sorted(agreement.arguments.items()))
    return Asking(
        key=f"agreement:{agreement.id}",
        title=f"Incident {agreement.incident_id}: {agreement.of} is asked to agree to {agreement.mitigation} ({given})",
        body=f"{agreement.asked_by} asks. {agreement.reason}\n{mitigation.effect}\nRisk: {mitigation.risk}\n"
        f"It waits until {agreement.expires_at:%Y-%m-%d %H:%M} UTC: 'steek incident agree {agreement.id}'.",
        is_answered=agreement.state is not AgreementState.ASKED,
    )


def _add(connection: Connection, agreement: Agreement) -> None:
    values = {name: getattr(agreement, name) for name in Agreement.__dataclass_fields__}
    mark = _fingerprint(agreement.mitigation, agreement.arguments)
    connection.execute(insert(agreements).values({**values, "state": agreement.state.value, "fingerprint": mark}))


def _fingerprint(mitigation: str, arguments: Mapping[str, object]) -> str:
    # Why it is done may be said in other words when it is done.
    called = {name: value for name, value in arguments.items() if name != "reason"}
    return hashlib.sha256(f"{mitigation}\n{canonical_json(called)}".encode()).hexdigest()


def _called(
    connection: Connection, incident_id: str, mitigation: str, arguments: Mapping[str, object]
) -> list[Agreement]:
    mark = _fingerprint(mitigation, arguments)
    query = select(agreements).where(agreements.c.incident_id == incident_id, agreements.c.fingerprint == mark)
    return [
        _to_record(row) for row in connection.execute(query.order_by(agreements.c.asked_at, agreements.c.id)).mappings()
    ]


def _of_incident(connection: Connection, incident_id: str) -> list[Agreement]:
    query = select(agreements).where(agreements.c.incident_id == incident_id)
    return [
        _to_record(row) for row in connection.execute(query.order_by(agreements.c.asked_at, agreements.c.id)).mappings()
    ]


def _find(connection: Connection, agreement_id: str) -> Agreement:
    row = connection.execute(select(agreements).where(agreements.c.id == agreement_id)).mappings().first()
    if row is None:
        message = f"no agreement {agreement_id!r} was ever asked for"
        raise NotFoundError(message, next_step="'steek incident agreements' lists those of an incident.")
    return _to_record(row)


def _to_record(row: RowMapping) -> Agreement:
    values: dict[str, Any] = {name: row[name] for name in Agreement.__dataclass_fields__}
    values["state"] = AgreementState(row["state"])
    return Agreement(**values)
