"""Ethics of incidents: who was harmed, what somebody will not do, what worries them past the commander."""

import json
from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import Connection, insert
from tests.incidents.conftest import Loop, Production, joins

from steek.governance import Actor
from steek.governance.emergency.asking import new_row
from steek.governance.emergency.grant_states import GrantState
from steek.governance.emergency.grants import Opening
from steek.governance.emergency.tables import grants
from steek.incidents import Incident, Incidents, State
from steek.incidents.closing import reasons_to_stay_open
from steek.incidents.ethics import concern_states, refusals
from steek.incidents.ethics.concerns import Concerns
from steek.incidents.ethics.groups import GroupAnswer, Groups
from steek.incidents.ethics.refusals import Refusals, RefusalState
from steek.kernel import ReplayClock
from steek.kernel.errors import (
    ConflictError,
    IllegalTransitionError,
    InputError,
    NotFoundError,
    RefusedError,
    StaleWriteError,
)
from steek.ledger import Database, Ledger

READERS = ("olga", "ariel")
HOSTILE = "<script>alert(1)</script> ; DROP TABLE concerns; \u202e 🧶\x07"


@pytest.fixture
def groups(database: Database, ledger: Ledger, clock: ReplayClock) -> Groups:
    return Groups(database, ledger, clock)


@pytest.fixture
def declined(database: Database, ledger: Ledger, clock: ReplayClock) -> Refusals:
    return Refusals(database, ledger, clock)


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def concerns(database: Database, ledger: Ledger, clock: ReplayClock, told: list[str]) -> Concerns:
    def tell(_connection: Connection, concern: str, _at: datetime) -> None:
        told.append(concern)

    return Concerns(database, ledger, clock, recipients=READERS, tell=tell)


def granted(database: Database, incident: str, state: GrantState, clock: ReplayClock) -> None:
    """A row of emergency access in a state."""
    words = {"purpose": "p", "why_raw": "w", "why_not_first": "n"}
    opening = Opening("lines", ("name",), "store == 1")
    actor = Actor("ana", ("member",), "")
    row = new_row(f"k{state}", actor, incident, [opening], words, minutes=5, most_rows=5, at=clock.now())
    with database.transaction() as connection:
        connection.execute(insert(grants).values(row | {"state": state.value, "pseudonymised_first": False}))


@pytest.mark.covers("I12", "I2")
@pytest.mark.parametrize("machine", [True, False])
def test_no_incident_closes_before_somebody_said_who_was_harmed(
    incidents: Incidents, loop: Loop, groups: Groups, database: Database, machine: bool
) -> None:
    if machine:
        loop.history()
        loop.key_change()
        found = incidents.consider_alert(loop.fire(joins(), slice="partner_id=69")[1])
        assert found is not None
        incident = found.id
        (question,) = groups.questions(incident)
        assert (question.group, question.named_by, question.answer) == (
            "partner_id=69",
            "alert of partner_joins",
            None,
        )
    else:
        incident = incidents.declare("sales down", on="partner_demand", severity="sev2", actor="a", key="d").id
        assert groups.questions(incident) == ()
    incidents.resolve(incident, actor="a", key="r", verify=False, reason="over")
    with pytest.raises(ConflictError, match="which groups of people were harmed"):
        incidents.advance(incident, "close", "a", key="c")
    answer = GroupAnswer("partner_id=69", "harmed", "nothing was ordered for its shops")
    said = groups.consider(incident, [answer], actor="a", key="g")
    assert groups.consider(incident, [answer], actor="a", key="g") == said
    assert [each.answer for each in groups.questions(incident)] == ([answer] if machine else [])
    assert groups.considered(incident) == (said,)
    assert incidents.advance(incident, "close", "a", key="c", reason="no windows come").state is State.CLOSED
    with database.reading() as connection:
        assert reasons_to_stay_open(connection, incident) == ()


@pytest.mark.covers("I12")
def test_nobody_is_an_answer_with_a_reason_and_nothing_is_none(
    groups: Groups, declared: Incident, ledger: Ledger
) -> None:
    answer = GroupAnswer("pensioners", "not_known", "age is closed to us")
    wrong: list[tuple[list[GroupAnswer], str]] = [
        ([], " "),
        ([answer], "nobody"),
        ([answer, answer], ""),
        ([GroupAnswer("x", "perhaps", "y")], ""),
        ([GroupAnswer("x", "harmed", " ")], ""),
    ]
    for answers, nobody in wrong:
        with pytest.raises(InputError):
            groups.consider(declared.id, answers, nobody_because=nobody, actor="a", key="g")
    groups.consider(declared.id, [], nobody_because="it was found before anybody was asked", actor="a", key="g")
    (event,) = ledger.events(kinds=["incident.groups_considered"])
    assert (event.subject, event.payload["groups"]) == (declared.urn, [])
    with pytest.raises(NotFoundError):
        groups.questions("2017-009")


@pytest.mark.covers("I12")
@pytest.mark.parametrize("state", list(GrantState))
def test_emergency_access_keeps_an_incident_open_until_it_is_reviewed(
    state: GrantState, declared: Incident, database: Database, groups: Groups, clock: ReplayClock
) -> None:
    groups.consider(declared.id, [], nobody_because="none", actor="a", key="g")
    granted(database, declared.id, state, clock)
    with database.reading() as connection:
        reasons = reasons_to_stay_open(connection, declared.id)
    done = {GrantState.REFUSED, GrantState.WITHDRAWN, GrantState.REVIEWED}
    assert (reasons == ()) is (state in done)


@pytest.mark.covers("I12")
def test_what_a_person_refused_waits_for_another_person(
    incidents: Incidents, declared: Incident, declined: Refusals, production: Production, ledger: Ledger
) -> None:
    refused = declined.refuse(
        declared.id, "action", "roll-back-fleet", "the old model hid offers from the poor", actor="sam", key="r"
    )
    assert refused == declined.refuse(declared.id, "action", "roll-back-fleet", "as above", actor="sam", key="r")
    with pytest.raises(ConflictError, match="another person has to decide"):
        incidents.act(declared.id, "roll-back-fleet", {"to": 13}, "ariel", key="m1")
    with pytest.raises(RefusedError, match="another person decides"):
        declined.decide(refused.id, "go_ahead", note="fine", actor="sam", key="d")
    with pytest.raises(StaleWriteError):
        declined.decide(refused.id, "go_ahead", note="fine", actor="olga", key="d", expected_version=7)
    decided = declined.decide(refused.id, "go_ahead", note="for one hour only", actor="olga", key="d")
    assert (decided.state, decided.decided_by) == (RefusalState.GOES_AHEAD, "olga")
    assert declined.decide(refused.id, "go_ahead", note="for one hour only", actor="olga", key="d") == decided
    with pytest.raises(IllegalTransitionError, match="final"):
        declined.decide(refused.id, "leave", note="no", actor="ariel", key="d2")
    with pytest.raises(ConflictError, match="somebody else does it"):
        incidents.act(declared.id, "roll-back-fleet", {"to": 13}, "sam", key="m2")
    assert production.calls == []
    assert incidents.act(declared.id, "roll-back-fleet", {"to": 13}, "ariel", key="m3").after["version"] == 13
    assert [event.kind for event in ledger.events(subject=declared.urn)].count("incident.refused") == 1
    assert declined.list(declared.id) == (decided,)


@pytest.mark.covers("I12", "I3")
def test_what_was_left_is_not_done_and_a_refused_role_is_not_given_to_who_refused(
    incidents: Incidents, declared: Incident, declined: Refusals
) -> None:
    refused = declined.refuse(declared.id, "action", "notice", "it blames a supplier", actor="sam", key="r")
    declined.decide(refused.id, "leave", note="right", actor="olga", key="d")
    with pytest.raises(ConflictError, match="decided to leave it"):
        incidents.act(declared.id, "notice", {}, "ariel", key="m")
    declined.refuse(declared.id, "role", "commander", "I made the change", actor="sam", key="r2")
    with pytest.raises(ConflictError, match="refused to be commander"):
        incidents.assign(declared.id, "commander", "sam", "ariel", key="a1")
    assert incidents.assign(declared.id, "commander", "olga", "ariel", key="a2").roles
    with pytest.raises(InputError, match="action, role"):
        declined.refuse(declared.id, "idea", "x", "y", actor="sam", key="r3")
    assert {state for state, _ in refusals.TRANSITIONS} == {RefusalState.OPEN}


@pytest.mark.covers("I12")
def test_a_concern_passes_the_commander_by(
    concerns: Concerns, incidents: Incidents, declared: Incident, ledger: Ledger, told: list[str]
) -> None:
    incidents.assign(declared.id, "commander", "ariel", "ariel", key="a")
    raised = concerns.raise_concern("we were told not to write it down", by="sam", incident=declared.id, key="c")
    assert raised.readers == ("olga",)
    assert told == [raised.id]
    assert concerns.list("ariel") == ()
    (seen,) = concerns.list("olga", incident=declared.id)
    assert (seen.raised_by, seen.incident) == ("sam", declared.id)
    for who in ("sam", "", "eve"):
        with pytest.raises(RefusedError, match="not among those who read concerns"):
            concerns.list(who)
    with pytest.raises(NotFoundError):
        concerns.acknowledge(raised.id, "ariel", key="k")
    incidents.assign(declared.id, "commander", "olga", "ariel", key="b")
    assert concerns.list("ariel") == concerns.list("olga") == ()
    assert not [event for event in ledger.events(subject=declared.urn) if "concern" in event.kind]
    assert concerns.open_to_all(declared.id) == ()


@pytest.mark.covers("I12")
def test_nothing_says_who_raised_an_anonymous_concern(
    concerns: Concerns, declared: Incident, ledger: Ledger, database: Database, incidents: Incidents
) -> None:
    text = f"somebody looked at names {HOSTILE}"
    concerns.raise_concern(text, by=None, incident=declared.id, to_commander=True, key="by sam-the-raiser")
    assert concerns.raise_concern(text, by=None, incident=declared.id, key="by sam-the-raiser").ticket is None
    (seen,) = concerns.open_to_all(declared.id)
    assert (seen.raised_by, seen.text) == (None, text)
    stored = "".join(database.engine.raw_connection().iterdump())  # pyright: ignore[reportAttributeAccessIssue]
    assert "sam-the-raiser" not in stored
    events = json.dumps([[event.actor, event.payload] for event in ledger.events(subject=declared.urn)])
    assert "somebody looked" not in events
    assert "somebody raised a concern" in str(incidents.timeline(declared.id))


@pytest.mark.covers("I12")
def test_a_concern_is_acknowledged_answered_and_closed_and_its_ticket_shows_the_answer(
    concerns: Concerns, ledger: Ledger
) -> None:
    raised = concerns.raise_concern("we page the same person every night", by="sam", key="c")
    assert raised.ticket is not None
    assert concerns.acknowledge(raised.id, "olga", key="k").state == "acknowledged"
    with pytest.raises(StaleWriteError):
        concerns.answer(raised.id, "olga", "we hired", key="a", expected_version=1)
    answered = concerns.answer(raised.id, "olga", "from Monday on there are three of us", key="a")
    assert concerns.answer(raised.id, "olga", "from Monday on there are three of us", key="a") == answered
    assert concerns.follow(raised.id, raised.ticket).answer == answered.answer
    for concern, ticket in ((raised.id, "guess"), ("nothing", raised.ticket)):
        with pytest.raises(NotFoundError, match="this id and ticket"):
            concerns.follow(concern, ticket)
    assert concerns.answer(raised.id, "ariel", "done", close=True, key="z").state == "closed"
    with pytest.raises(IllegalTransitionError, match="final"):
        concerns.answer(raised.id, "olga", "more", key="y")
    kinds = [event.kind for event in ledger.events(subject=f"concern:{raised.id}")]
    assert kinds == [f"incident.concern_{each}" for each in ("raised", "acknowledged", "answered", "answered")]
    assert "sam" not in str([event.payload for event in ledger.events(subject=f"concern:{raised.id}")])


@pytest.mark.covers("I12", "N3")
def test_what_cannot_be_stored_is_refused(concerns: Concerns, declined: Refusals, declared: Incident) -> None:
    works: list[Callable[[], object]] = [
        lambda: concerns.raise_concern("", by=None, key="k"),
        lambda: concerns.raise_concern("x" * 1_000_000, by=None, key="k"),
        lambda: concerns.raise_concern("nul \x00", by=None, key="k"),
        lambda: concerns.raise_concern("x", by=None, key=""),
        lambda: declined.refuse(declared.id, "action", "x" * 1_000, "y", actor="a", key="k"),
    ]
    for work in works:
        with pytest.raises(InputError):
            work()
    with pytest.raises(NotFoundError):
        concerns.raise_concern("x", by=None, incident="2017-777", key="k")
    assert set(concern_states.TRANSITIONS.values()) | {concern_states.ConcernState.RAISED} == set(
        concern_states.ConcernState
    )
