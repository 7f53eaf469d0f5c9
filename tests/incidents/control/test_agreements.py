"""A mitigation that needs others waits for them, and does what was agreed to, no more."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.incidents.oncall.conftest import Receiver, target

from steek.incidents import Argument, Incident, Incidents, Menu, Mitigation, MitigationCall, Outcome
from steek.incidents.control.agreements import Agreements, AgreementState
from steek.incidents.control.answering import Answering
from steek.incidents.desk import Desk
from steek.incidents.oncall.oncall import OnCalls
from steek.incidents.roles.stakeholders import Stakeholder, Stakeholders
from steek.incidents.timeline import describe
from steek.kernel import ReplayClock
from steek.kernel.errors import (
    ConflictError,
    IllegalTransitionError,
    InputError,
    NotFoundError,
    RefusedError,
    StaleWriteError,
)
from steek.ledger import Database, Ledger, Lineage
from steek.notify import Notices, OpenTargets

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
        arguments=(Argument("model", "which"), Argument("reason", "why", required=False)),
        agrees=("business", "commander"),
    )
}
PLEASE = {"model": "partner_demand"}


@pytest.fixture
def room(database: Database, ledger: Ledger, lineage: Lineage, clock: ReplayClock) -> Incidents:
    CALLED.clear()
    return Incidents(database, ledger, lineage, clock, MENU)


@pytest.fixture
def stakeholders(database: Database, ledger: Ledger, clock: ReplayClock) -> Stakeholders:
    """The business of the partners: bo, whom a target reaches, and li; and nia for another model."""
    oncall = OnCalls(
        database, ledger, clock, owner_of=lambda _: None, stakeholders_of=lambda _: (), targets=lambda: ["tape"]
    )
    oncall.set_contacts("bo", [{"kind": "target", "value": "tape"}], actor="a", key="bo")
    found = Stakeholders(database, ledger, clock, dict)
    for person, covers in (("bo", "partner_*"), ("li", "partner_*"), ("nia", "search_*")):
        found.put(Stakeholder(person, person, "business", "summary", (covers,)), actor="a", key=person)
    return found


@pytest.fixture
def tape() -> Receiver:
    return Receiver()


@pytest.fixture
def notices(database: Database, ledger: Ledger, clock: ReplayClock, tape: Receiver) -> Iterator[Notices]:
    found = Notices(database, ledger, clock, OpenTargets({"tape": target("tape", ["page"])}, {"tape": tape}))
    yield found
    found.close()


@pytest.fixture
def agreements(
    database: Database,
    ledger: Ledger,
    lineage: Lineage,
    clock: ReplayClock,
    stakeholders: Stakeholders,
    notices: Notices,
) -> Agreements:
    answering = Answering(ledger, clock, stakeholders.list, notices, "https://steek")
    return Agreements(Desk(database, ledger, lineage, clock, Menu(MENU)), timedelta(hours=24), answering)


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
    said = {**PLEASE, "reason": "in other words than when it was asked"}
    assert room.act(incident.id, "fall-back", said, "sam", key="m").outcome is Outcome.DONE
    assert CALLED == ["m"]


@pytest.mark.covers("I9")
def test_who_asks_does_not_agree_with_themselves(agreements: Agreements, incident: Incident) -> None:
    with pytest.raises(RefusedError, match="sam asked for the agreement of business and cannot give it"):
        agreements.agree(ask(agreements, incident, "business"), actor="sam", key="b")


@pytest.mark.covers("I9")
def test_only_the_business_answers_for_the_business(
    room: Incidents, agreements: Agreements, incident: Incident, notices: Notices, tape: Receiver, ledger: Ledger
) -> None:
    asked = ask(agreements, incident, "business")
    event = ledger.events(kinds=["incident.agreement_asked"])[0]
    assert event.payload["people"] == ["bo (stakeholder bo)", "li (stakeholder li)"]
    assert event.payload["told"] == ["bo"]
    notices.deliver()
    assert [(one.state, one.url) for one in tape.got] == [("open", f"https://steek/incidents/{incident.id}#agreements")]
    for stranger in ("intern@nowhere", "nia", "ariel"):
        for say in (agreements.agree, agreements.decline):
            with pytest.raises(RefusedError, match=r"may not answer for business .* bo \(stakeholder bo\)"):
                say(asked, actor=stranger, answer="no", key=f"{stranger} {say.__name__}")
    assert agreements.agree(asked, actor="li", key="l").answered_by == "li"
    notices.deliver()
    assert [one.state for one in tape.got] == ["open", "resolved"]


@pytest.mark.covers("I9", "I3")
def test_whoever_is_on_call_for_the_business_answers(
    database: Database, ledger: Ledger, clock: ReplayClock, agreements: Agreements, incident: Incident
) -> None:
    oncall = OnCalls(database, ledger, clock, owner_of=lambda _: None, stakeholders_of=lambda _: (), targets=list)
    night = {"name": "trade", "people": ["eva"], "duty": "business", "starts_on": "2017-01-02"}
    oncall.put_rotation(night, actor="a", key="night")
    assert agreements.agree(ask(agreements, incident, "business"), actor="eva", key="e").answered_by == "eva"


@pytest.mark.covers("I9", "I3")
def test_the_commander_names_who_answers_or_goes_ahead_on_record(
    room: Incidents, agreements: Agreements, incident: Incident, ledger: Ledger
) -> None:
    asked = ask(agreements, incident, "legal")
    assert ledger.events(kinds=["incident.agreement_asked"])[0].payload["people"] == []
    with pytest.raises(RefusedError, match="that is for nobody yet"):
        agreements.agree(asked, actor="jo", key="j")
    why = {"reason": "counsel on the phone", "key": "n"}
    with pytest.raises(RefusedError, match="sam may not say who answers for legal"):
        agreements.name_answerer(incident.id, "legal", "jo", actor="sam", **why)
    [jo] = agreements.name_answerer(incident.id, "legal", "jo", actor="ariel", **why)
    assert (jo.person, jo.because) == ("jo", "named by ariel")
    assert agreements.agree(asked, actor="jo", key="j").answered_by == "jo"
    business = ask(agreements, incident, "business")
    with pytest.raises(RefusedError, match="sam may not go ahead without an agreement"):
        agreements.override(business, reason="nobody answers", actor="sam", key="o")
    with pytest.raises(InputError, match="reason"):
        agreements.override(business, reason=" ", actor="ariel", key="o")
    given = agreements.override(business, reason="nobody answers", actor="ariel", key="o")
    assert (given.state, given.answer) == (AgreementState.AGREED, "nobody answers")
    assert agreements.override(business, reason="nobody answers", actor="ariel", key="o") == given
    [event] = ledger.events(kinds=["incident.agreement_overridden"])
    assert describe(event) == "fall-back goes ahead without the agreement of business: nobody answers"
    commander = ask(agreements, incident, "commander")
    agreements.override(commander, reason="it is me", actor="ariel", key="p")
    assert room.act(incident.id, "fall-back", PLEASE, "sam", key="m").outcome is Outcome.DONE


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
