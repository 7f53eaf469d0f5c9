"""A mitigation that needs others waits for them, and does what was agreed to, no more."""

from datetime import timedelta

import pytest

from steek.incidents import Argument, Incident, Incidents, Menu, Mitigation, MitigationCall, Outcome
from steek.incidents.control.agreements import Agreements, AgreementState
from steek.incidents.desk import Desk
from steek.kernel import ReplayClock
from steek.kernel.errors import ConflictError, IllegalTransitionError, NotFoundError, RefusedError, StaleWriteError
from steek.ledger import Database, Ledger, Lineage

CALLED: list[str] = []


def fall_back(call: MitigationCall) -> dict[str, object]:
    CALLED.append(call.key)
    return {"off": call.arguments["model"]}


MENU = {
    "fall-back": Mitigation(
        "fall-back",
        risk="fewer sales",
        effect="simple answers",
        undo="switch on",
        run=fall_back,
        arguments=(Argument("model", "which"),),
        agrees=("business", "commander"),
    )
}
PLEASE = {"model": "partner_demand"}


@pytest.fixture
def room(database: Database, ledger: Ledger, lineage: Lineage, clock: ReplayClock) -> Incidents:
    CALLED.clear()
    return Incidents(database, ledger, lineage, clock, MENU)


@pytest.fixture
def agreements(database: Database, ledger: Ledger, lineage: Lineage, clock: ReplayClock) -> Agreements:
    return Agreements(Desk(database, ledger, lineage, clock, Menu(MENU)), timedelta(hours=24))


@pytest.fixture
def incident(room: Incidents) -> Incident:
    declared = room.declare("sales down", on="partner_demand", severity="sev1", actor="ariel", key="d")
    return room.assign(declared.id, "commander", "ariel", "ariel", key="r")


def ask(agreements: Agreements, incident: Incident, of: str) -> str:
    return agreements.ask(incident.id, "fall-back", PLEASE, of=of, actor="sam", key=f"ask {of}").id


@pytest.mark.covers("I9")
def test_execution_waits_until_everybody_agreed(room: Incidents, agreements: Agreements, incident: Incident) -> None:
    with pytest.raises(ConflictError, match="waits for the agreement of business, commander") as waiting:
        room.act(incident.id, "fall-back", PLEASE, "sam", key="m")
    assert waiting.value.details["missing"] == ["business", "commander"]
    business, commander = ask(agreements, incident, "business"), ask(agreements, incident, "commander")
    assert ask(agreements, incident, "business") == business
    agreements.agree(business, answer="for one day", actor="bo", key="b")
    with pytest.raises(RefusedError, match=r"bo may not answer for commander .* commander \(ariel\)"):
        agreements.agree(commander, actor="bo", key="c")
    with pytest.raises(ConflictError, match=r"agreement of commander \(asked\)"):
        room.act(incident.id, "fall-back", PLEASE, "sam", key="m")
    assert CALLED == []
    agreements.agree(commander, actor="ariel", key="c")
    # What was agreed to is this call, not another.
    with pytest.raises(ConflictError, match="waits"):
        room.act(incident.id, "fall-back", {"model": "search_ranking"}, "sam", key="n")
    assert room.act(incident.id, "fall-back", PLEASE, "sam", key="m").outcome is Outcome.DONE
    assert CALLED == ["m"]


@pytest.mark.covers("I9")
def test_who_asks_does_not_agree_with_themselves(agreements: Agreements, incident: Incident) -> None:
    with pytest.raises(RefusedError, match="sam asked for the agreement of business and cannot give it"):
        agreements.agree(ask(agreements, incident, "business"), actor="sam", key="b")


@pytest.mark.covers("I9")
def test_what_is_declined_is_not_done(room: Incidents, agreements: Agreements, incident: Incident) -> None:
    asked = ask(agreements, incident, "business")
    agreements.agree(asked, actor="bo", key="b")
    agreements.decline(asked, answer="the campaign starts at noon", actor="bo", key="c")
    with pytest.raises(RefusedError, match="bo declined for business: the campaign starts at noon"):
        room.act(incident.id, "fall-back", PLEASE, "sam", key="m")
    with pytest.raises(IllegalTransitionError, match="is declined"):
        agreements.agree(asked, actor="bo", key="d")
    again = agreements.ask(incident.id, "fall-back", PLEASE, of="business", actor="sam", key="later")
    assert again.id != asked


@pytest.mark.covers("I9")
def test_agreements_are_over_after_a_while(agreements: Agreements, incident: Incident, clock: ReplayClock) -> None:
    asked = ask(agreements, incident, "business")
    clock.set(clock.now() + timedelta(hours=24, seconds=1))
    assert [one.state for one in agreements.list(incident.id)] == [AgreementState.EXPIRED]
    with pytest.raises(IllegalTransitionError, match="is expired"):
        agreements.agree(asked, actor="bo", key="b")


@pytest.mark.covers("I9", "N3")
def test_answers_are_written_once_per_key(agreements: Agreements, incident: Incident, ledger: Ledger) -> None:
    asked = ask(agreements, incident, "business")
    once = agreements.agree(asked, actor="bo", key="b")
    written = ledger.count()
    assert agreements.agree(asked, actor="bo", key="b") == once
    assert ledger.count() == written
    with pytest.raises(StaleWriteError, match="answered by bo while you were looking"):
        agreements.decline(asked, answer="no", actor="li", key="l", expected_version=1)
    with pytest.raises(NotFoundError, match="no agreement 'none'"):
        agreements.agree("none", actor="bo", key="z")
