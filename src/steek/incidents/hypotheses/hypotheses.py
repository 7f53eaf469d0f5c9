"""The service: state what may be the cause, find out, and say what came of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, RowMapping, func, insert, select, update

from steek.incidents.bench.tables import bench_runs
from steek.incidents.hypotheses.evidence import Evidence, parse_all, parse_evidence
from steek.incidents.hypotheses.standing import VERDICTS, Standing, Step, move
from steek.incidents.hypotheses.tables import hypotheses
from steek.incidents.lifecycle import State
from steek.incidents.pins.tables import pins
from steek.incidents.rows import find, remember, request
from steek.incidents.text import NAME_CHARACTERS, NOTE_CHARACTERS, checked
from steek.incidents.types import Incident
from steek.kernel.clock import Clock
from steek.kernel.errors import ConflictError, InputError, NotFoundError, StaleWriteError
from steek.ledger import Database, Draft, Event, Ledger

_KEY_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What somebody supposes, and what is known of it.

    Args:
        incident_id: Whose cause it may be.
        number: Counts from 1 in each incident.
        text: What is supposed.
        test: How somebody will find out; "" while nobody said.
        owner: Who finds out; None while nobody does.
        about: Id of the event of the suspect it came from; None for an idea of its own.
        state: How it stands.
        reason: Why it was judged as it was; "" before.
        evidence: What the latest verdict rests on.
        version: Grows with every decision; pass it back to be told when somebody decided first.
        stated_by: Who had the idea.
        stated_at: When.
        changed_by: Who decided last.
        judged_by: Who judged it last; None before.
        judged_at: When.
    """

    incident_id: str
    number: int
    text: str
    test: str
    owner: str | None
    about: str | None
    state: Standing
    reason: str
    evidence: tuple[Evidence, ...]
    version: int
    stated_by: str
    stated_at: datetime
    changed_by: str
    judged_by: str | None
    judged_at: datetime | None

    @property
    def id(self) -> str:
        return f"{self.incident_id}-h{self.number}"


class Hypotheses:
    """Hypotheses of incidents; safe to share between threads and processes.

    Every writing method takes `key`: again with the same key it writes nothing and returns what is stored. Methods
    that decide take `expected_version`; when somebody decided in between they raise StaleWriteError.
    """

    def __init__(self, database: Database, ledger: Ledger, clock: Clock) -> None:
        self._database, self._ledger, self._clock = database, ledger, clock

    def state(
        self,
        incident: str,
        text: str,
        *,
        actor: str,
        key: str,
        owner: str | None = None,
        test: str = "",
        about: str | None = None,
    ) -> Hypothesis:
        """Suppose something.

        Args:
            incident: Whose cause it may be.
            text: What is supposed.
            actor: Who supposes it.
            key: Idempotency key.
            owner: Who finds out.
            test: How.
            about: Id of the event of a suspect. Of one suspect there is one hypothesis: it is returned as it is.

        Raises:
            NotFoundError: no such incident, or no such event.
            ConflictError: the incident is closed.
            InputError: an empty or unstorable text.
        """
        by, at_key = _name(actor, "actor"), checked(key, what="key", most=_KEY_CHARACTERS)
        values: dict[str, object] = {
            "text": checked(text, what="hypothesis", most=NOTE_CHARACTERS),
            "test": _optional(test, "test"),
            "owner": None if owner is None or not owner.strip() else _name(owner, "owner"),
            "about": about,
        }
        if about is not None and self._ledger.event(about) is None:
            raise NotFoundError(f"no event with id {about!r}", next_step="Take it from the suspects of the incident.")
        with self._database.transaction() as connection:
            known = request(connection, at_key, "hypothesis", incident_id=incident)
            if known is not None:
                return _by_event(connection, incident, self._ledger.event(known.event_id))
            present = _not_closed(find(connection, incident))
            same = None if about is None else _about(connection, incident, about)
            if same is not None:
                return same
            number, now = _next_number(connection, incident), self._clock.now()
            row = {"incident_id": incident, "number": number, "stated_by": by, "stated_at": now, "changed_by": by}
            connection.execute(insert(hypotheses).values({**row, **_NEW, **values}))
            made = _find(connection, incident, number)
            self._tell(connection, present, made, "stated", actor=by, key=at_key)
            return made

    def take(
        self,
        incident: str,
        number: int,
        owner: str,
        *,
        actor: str,
        key: str,
        test: str | None = None,
        expected_version: int | None = None,
    ) -> Hypothesis:
        """Somebody finds out: it is being tested by `owner`. `test` replaces how; None keeps it."""
        changes: dict[str, object] = {"owner": _name(owner, "owner")}
        if test is not None:
            changes["test"] = _optional(test, "test")
        return self._decide(incident, number, Step.TAKE, changes, actor, key, expected_version)

    def judge(
        self,
        incident: str,
        number: int,
        verdict: str,
        *,
        actor: str,
        key: str,
        reason: str = "",
        evidence: Iterable[str] = (),
        expected_version: int | None = None,
    ) -> Hypothesis:
        """Say what came of it. A verdict on a suspect's hypothesis is the verdict on the suspect, too.

        Args:
            incident: Whose.
            number: Which.
            verdict: "confirmed", "rejected" or "undecided".
            actor: Who says so.
            key: Idempotency key.
            reason: Why.
            evidence: "bench:ID", "event:ID", "pin:ID" or addresses; "confirmed" and "rejected" need a reason or one.
            expected_version: See the class.

        Raises:
            IllegalTransitionError: it was judged already; reopen it first.
            NotFoundError: no such hypothesis, or evidence that does not exist.
            InputError: another verdict, no reason and no evidence, or evidence that is none.
        """
        if verdict not in VERDICTS:
            raise InputError(f"{verdict!r} is no verdict; allowed: {', '.join(VERDICTS)}")
        found = parse_all(evidence)
        said = _optional(reason, "reason")
        if verdict != "undecided" and not found and not said:
            message = "a verdict without a reason and without evidence convinces nobody"
            raise InputError(message, next_step="Say why, or link a run of the test bench, an event or a pin.")
        self._check(found)
        changes: dict[str, object] = {
            "reason": said,
            "evidence": [str(each) for each in found],
            "judged_by": _name(actor, "actor"),
            "judged_at": self._clock.now(),
        }
        return self._decide(incident, number, VERDICTS[verdict], changes, actor, key, expected_version)

    def reopen(
        self, incident: str, number: int, reason: str, *, actor: str, key: str, expected_version: int | None = None
    ) -> Hypothesis:
        """Doubt a verdict: it is being tested again. The verdict stays in the timeline."""
        changes: dict[str, object] = {"reason": checked(reason, what="reason", most=NOTE_CHARACTERS)}
        return self._decide(incident, number, Step.REOPEN, changes, actor, key, expected_version)

    def list(self, incident: str) -> tuple[Hypothesis, ...]:
        """Hypotheses of an incident in the order they were stated. Raises NotFoundError for an unknown incident."""
        query = select(hypotheses).where(hypotheses.c.incident_id == incident).order_by(hypotheses.c.number)
        with self._database.reading() as connection:
            find(connection, incident)
            return tuple(_to_record(row) for row in connection.execute(query).mappings())

    def get(self, incident: str, number: int) -> Hypothesis:
        """One of them. Raises NotFoundError."""
        with self._database.reading() as connection:
            return _find(connection, incident, number)

    def _decide(
        self,
        incident: str,
        number: int,
        step: Step,
        changes: dict[str, object],
        actor: str,
        key: str,
        seen: int | None,
    ) -> Hypothesis:
        by, at_key = _name(actor, "actor"), checked(key, what="key", most=_KEY_CHARACTERS)
        operation = f"hypothesis {step.value}"
        with self._database.transaction() as connection:
            if request(connection, at_key, operation, incident_id=incident) is not None:
                return _find(connection, incident, number)
            present = _not_closed(find(connection, incident))
            before = _find(connection, incident, number)
            _check_seen(before, seen)
            standing = move(before.state, step, hypothesis=before.id)
            values = changes | {"state": standing.value, "version": before.version + 1, "changed_by": by}
            where = (hypotheses.c.incident_id == incident) & (hypotheses.c.number == number)
            connection.execute(update(hypotheses).where(where).values(values))
            after = _find(connection, incident, number)
            self._tell(connection, present, after, _TOLD[step], actor=by, key=at_key, operation=operation)
            return after

    def _tell(
        self,
        connection: Connection,
        incident: Incident,
        made: Hypothesis,
        what: str,
        *,
        actor: str,
        key: str,
        operation: str = "hypothesis",
    ) -> None:
        payload: dict[str, object] = {"incident": incident.id, "hypothesis": made.number, "text": made.text}
        payload |= {"owner": made.owner, "test": made.test, "about": made.about, "state": made.state}
        if what != "stated":
            payload |= {"verdict": made.state, "reason": made.reason, "evidence": [str(one) for one in made.evidence]}
        causes = () if made.about is None else (made.about,)
        drafts = [Draft(f"incident.hypothesis_{what}", incident.urn, actor, payload, causes=causes)]
        if what == "judged" and made.about is not None and made.state is not Standing.UNDECIDED:
            said: dict[str, object] = {"incident": incident.id, "about": made.about, "verdict": made.state}
            said |= {"text": f"{made.text} {made.reason}".strip(), "hypothesis": made.number}
            drafts.append(Draft("incident.noted", incident.urn, actor, said, causes=causes))
        event = self._ledger.append(connection, *drafts)[0]
        remember(connection, key, operation, incident_id=incident.id, event_id=event.id)

    def _check(self, evidence: Iterable[Evidence]) -> None:
        for one in evidence:
            if one.kind == "event" and self._ledger.event(one.reference) is None:
                raise NotFoundError(f"no event with id {one.reference!r}", next_step="The timeline has the ids.")
            if one.kind in _STORED:
                column, what, listed = _STORED[one.kind]
                with self._database.reading() as connection:
                    known = connection.execute(select(column).where(column == one.reference)).first()
                if known is None:
                    raise NotFoundError(f"no {what} {one.reference!r}", next_step=listed)


_NEW: dict[str, object] = {"state": Standing.STATED.value, "reason": "", "evidence": [], "version": 1}
# Evidence that is a row of a table: where, what it is called, and what lists it.
_STORED: Mapping[str, tuple[Column[Any], str, str]] = {
    "bench": (bench_runs.c.id, "run of the test bench", "'steek bench list' has them."),
    "pin": (pins.c.id, "pinned chart or file", "'steek incident pins' has them."),
}
_TOLD = {
    Step.TAKE: "taken",
    Step.CONFIRM: "judged",
    Step.REJECT: "judged",
    Step.LEAVE: "judged",
    Step.REOPEN: "reopened",
}


def _check_seen(hypothesis: Hypothesis, seen: int | None) -> None:
    if seen is None or seen == hypothesis.version:
        return
    message = (
        f"hypothesis {hypothesis.id} was changed by {hypothesis.changed_by} while you were looking: "
        f"you saw version {seen}, it is at {hypothesis.version} ({hypothesis.state.value})"
    )
    details: dict[str, object] = {"seen": seen, "version": hypothesis.version, "changed_by": hypothesis.changed_by}
    raise StaleWriteError(message, next_step="Look at it again and decide anew; nothing was written.", details=details)


def _not_closed(incident: Incident) -> Incident:
    if incident.state is State.CLOSED:
        message = f"incident {incident.id} is closed"
        raise ConflictError(message, next_step="Its postmortem says what was found; nothing is supposed any more.")
    return incident


def _name(text: str, what: str) -> str:
    return checked(text, what=what, most=NAME_CHARACTERS)


def _optional(text: str, what: str) -> str:
    return checked(text, what=what, most=NOTE_CHARACTERS) if text.strip() else ""


def _next_number(connection: Connection, incident: str) -> int:
    query = select(func.max(hypotheses.c.number)).where(hypotheses.c.incident_id == incident)
    return (connection.execute(query).scalar_one() or 0) + 1


def _find(connection: Connection, incident: str, number: int) -> Hypothesis:
    query = select(hypotheses).where(hypotheses.c.incident_id == incident)
    row = connection.execute(query.where(hypotheses.c.number == number)).mappings().first()
    if row is None:
        known = select(hypotheses.c.number).where(hypotheses.c.incident_id == incident).order_by(hypotheses.c.number)
        numbers = [str(each) for each in connection.execute(known).scalars()]
        raise NotFoundError.among(f"hypothesis of incident {incident}", str(number), numbers)
    return _to_record(row)


def _about(connection: Connection, incident: str, about: str) -> Hypothesis | None:
    query = select(hypotheses).where(hypotheses.c.incident_id == incident, hypotheses.c.about == about)
    row = connection.execute(query.order_by(hypotheses.c.number)).mappings().first()
    return None if row is None else _to_record(row)


def _by_event(connection: Connection, incident: str, event: Event | None) -> Hypothesis:
    assert event is not None, "an event is never removed"
    return _find(connection, incident, int(str(event.payload["hypothesis"])))


def _to_record(row: RowMapping) -> Hypothesis:
    values: dict[str, Any] = {str(name): value for name, value in row.items()}
    values["state"] = Standing(row["state"])
    values["evidence"] = tuple(parse_evidence(text) for text in row["evidence"])
    return Hypothesis(**values)
