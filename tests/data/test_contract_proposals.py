"""A change that breaks something downstream is shown, told to its owners, and waits for them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.data.conftest import LINES

from steek.data import Contract, Field
from steek.data.contracts.guard import refuse_unproposed
from steek.data.contracts.impact import Downstream
from steek.data.contracts.log import ContractLog, note_contract
from steek.data.contracts.proposal import OPEN_STATES, TRANSITIONS
from steek.data.contracts.proposals import Proposals
from steek.kernel import ReplayClock
from steek.kernel.errors import (
    ConflictError,
    ContractViolationError,
    FrozenError,
    IllegalTransitionError,
    InputError,
    NotFoundError,
    RefusedError,
    StaleWriteError,
)
from steek.kernel.state_machine import legal_actions, transition
from steek.ledger import Database, Draft, Ledger
from steek.models import Freezes

OWNERS = {
    "dataset:maker_lines": "makers@grocer",
    "features:maker_recent": "makers@grocer",
    "trained:maker_demand": "demand@grocer",
    "definition:maker_demand": "demand@grocer",
    "deployment:maker_demand": "ops@grocer",
}
EUROS = replace(
    LINES,
    version="2.0.0",
    fields=tuple(replace(field, unit="EUR") if field.name == "sales_value" else field for field in LINES.fields),
)
WIDER = replace(
    LINES,
    fields=tuple(replace(field, maximum=2000) if field.name == "sales_value" else field for field in LINES.fields),
)
LOOP = (
    ("dataset:lines@1", "dataset:lines@2"),
    ("dataset:lines@2", "dataset:maker_lines@1"),
    ("dataset:maker_lines@1", "features:maker_recent@2017-10-02"),
    ("features:maker_recent@2017-10-02", "trained:maker_demand@1"),
    ("definition:maker_demand@abc", "trained:maker_demand@1"),
    ("trained:maker_demand/69@1", "deployment:maker_demand@4"),
)


@pytest.fixture
def proposals(database: Database, ledger: Ledger, clock: ReplayClock) -> Proposals:
    with database.transaction() as connection:
        drafts = note_contract(connection, LINES, actor="till", at=clock.now())
        ledger.append(connection, *drafts, Draft("model.trained", "trained:maker_demand@1", "night", edges=LOOP))
    return Proposals(database, ledger, clock, Downstream(database, OWNERS.get))


def kinds(ledger: Ledger) -> list[str]:
    return [event.kind for event in ledger.events()]


@pytest.mark.covers("D12", "D11")
def test_a_proposal_shows_what_stands_downstream_and_asks_its_owners(proposals: Proposals, ledger: Ledger) -> None:
    shown = proposals.preview(EUROS, actor="data@grocer")
    assert [(each.urn, each.distance, each.owner) for each in shown.impact] == [
        ("dataset:maker_lines", 1, "makers@grocer"),
        ("features:maker_recent", 2, "makers@grocer"),
        ("definition:maker_demand", 3, "demand@grocer"),
        ("trained:maker_demand", 3, "demand@grocer"),
        ("deployment:maker_demand", 4, "ops@grocer"),
    ]
    assert shown.impact[2].newest == "definition:maker_demand@abc"
    assert len(kinds(ledger)) == 2
    proposal = proposals.propose(EUROS, reason="the bank asks", key="p", actor="data@grocer")
    assert (proposal.state, proposal.compatibility) == ("waiting", "breaking")
    assert proposal.missing == ["demand@grocer", "makers@grocer", "ops@grocer"]
    assert kinds(ledger)[2:] == ["contract.proposed", *["contract.owner_asked"] * 3]
    asked = ledger.events(kinds=["contract.owner_asked"])
    assert [event.payload["owner"] for event in asked] == proposal.missing
    assert [each.id for each in proposals.waiting_for("ops@grocer")] == [proposal.id]
    assert proposals.waiting_for("ada@grocer") == []
    assert proposals.get(proposal.id) == proposal


@pytest.mark.covers("D12")
def test_a_breaking_change_waits_for_every_owner_and_is_applied_once(
    proposals: Proposals, ledger: Ledger, database: Database, clock: ReplayClock
) -> None:
    proposal = proposals.propose(EUROS, reason="the bank asks", key="p", actor="data@grocer")
    with pytest.raises(RefusedError, match=r"demand@grocer, makers@grocer, ops@grocer"):
        proposals.apply(proposal.id, key="early", actor="data@grocer")
    clock.set(clock.now() + timedelta(hours=1))
    for owner in ("makers@grocer", "demand@grocer"):
        one = proposals.acknowledge(proposal.id, owner=owner, note="seen", key=owner, actor="ada")
        assert one.state == "waiting"
    with pytest.raises(NotFoundError, match="no asked owner named 'bob@grocer'"):
        proposals.acknowledge(proposal.id, owner="bob@grocer", key="b", actor="bob")
    last = proposals.acknowledge(proposal.id, owner="ops@grocer", key="ops", actor="ops@grocer")
    assert (last.state, last.missing) == ("ready", [])
    count = ledger.count()
    assert proposals.acknowledge(proposal.id, owner="ops@grocer", key="ops", actor="ops@grocer") == last
    assert ledger.count() == count
    applied = proposals.apply(proposal.id, key="apply", actor="data@grocer")
    assert (applied.state, applied.closed_at) == ("applied", clock.now())
    assert proposals.apply(proposal.id, key="apply", actor="data@grocer") == applied
    assert ledger.count() == count + 1
    changed = ledger.events(newest_first=True, limit=1)[0]
    assert (changed.kind, changed.payload["proposal"]) == ("contract.changed", proposal.id)
    assert changed.payload["changed"] == {"sales_value": {"unit": ["USD", "EUR"]}}
    assert changed.causes == (ledger.events(kinds=["contract.proposed"])[0].id,)
    assert ContractLog(database).latest("lines") == EUROS
    assert proposals.waiting_for("ops@grocer") == []
    with pytest.raises(IllegalTransitionError, match="is applied; withdraw is not possible"):
        proposals.withdraw(proposal.id, key="w", actor="data@grocer")
    with pytest.raises(ConflictError, match="was used to apply"):
        proposals.withdraw(proposal.id, key="apply", actor="data@grocer")


@pytest.mark.covers("D12")
def test_an_override_needs_a_reason_and_names_who_was_not_waited_for(proposals: Proposals, ledger: Ledger) -> None:
    proposal = proposals.propose(EUROS, reason="the bank asks", key="p", actor="data@grocer")
    with pytest.raises(InputError, match="without a reason"):
        proposals.override(proposal.id, reason=" ", key="o", actor="ada")
    done = proposals.override(proposal.id, reason="the old feed ends today", key="o", actor="ada")
    assert (done.state, done.overridden_by, done.override_reason) == ("ready", "ada", "the old feed ends today")
    told = ledger.events(newest_first=True, limit=1)[0]
    assert told.kind == "contract.overridden"
    assert told.payload["missing"] == ["demand@grocer", "makers@grocer", "ops@grocer"]
    assert proposals.apply(proposal.id, key="a", actor="ada").state == "applied"


@pytest.mark.covers("D12")
def test_what_only_widens_is_told_and_waits_for_nobody_and_what_is_compatible_is_not_even_told(
    proposals: Proposals, ledger: Ledger
) -> None:
    wider = proposals.propose(WIDER, reason="dear wine", key="w", actor="data@grocer")
    assert (wider.state, wider.compatibility, wider.missing) == ("ready", "widening", [])
    assert [asking.must_answer for asking in wider.askings] == [False, False, False]
    assert [each.id for each in proposals.waiting_for("ops@grocer")] == [wider.id]
    renumbered = proposals.propose(replace(LINES, version="1.0.1"), reason="", key="c", actor="data@grocer")
    assert (renumbered.state, renumbered.askings) == ("ready", ())
    with pytest.raises(InputError, match="is the one that holds"):
        proposals.propose(LINES, reason="", key="s", actor="data@grocer")
    assert proposals.propose(WIDER, reason="dear wine", key="w", actor="data@grocer") == wider
    with pytest.raises(ConflictError, match="used for another proposal"):
        proposals.propose(EUROS, reason="", key="w", actor="data@grocer")


@pytest.mark.covers("D12")
def test_who_proposes_has_agreed_and_what_nobody_answers_for_falls_to_the_datasets_owner(
    database: Database, ledger: Ledger, clock: ReplayClock, proposals: Proposals
) -> None:
    nobody = Proposals(database, ledger, clock, Downstream(database, lambda _urn: None))
    assert nobody.propose(EUROS, reason="", key="1", actor="ada").missing == ["data@grocer"]
    own = nobody.propose(EUROS, reason="", key="2", actor="data@grocer")
    assert (own.state, own.askings[0].acknowledged_by) == ("ready", "data@grocer")


@pytest.mark.covers("D12")
def test_a_proposal_that_was_compared_with_another_contract_is_stale(proposals: Proposals) -> None:
    first = proposals.propose(WIDER, reason="", key="1", actor="data@grocer")
    second = proposals.propose(replace(WIDER, version="3"), reason="", key="2", actor="data@grocer")
    proposals.apply(first.id, key="a1", actor="data@grocer")
    with pytest.raises(StaleWriteError, match="has changed since"):
        proposals.apply(second.id, key="a2", actor="data@grocer")
    assert proposals.withdraw(second.id, reason="late", key="w", actor="data@grocer").state == "withdrawn"
    assert [each.id for each in proposals.list("lines", open_only=True)] == []
    assert {each.id for each in proposals.list()} == {first.id, second.id}


@pytest.mark.covers("D12", "D3")
def test_a_first_contract_can_be_proposed_before_any_batch(
    database: Database, ledger: Ledger, proposals: Proposals
) -> None:
    visits = Contract("visits", "1", (Field("id", "integer", key=True),), owner="o")
    first = proposals.propose(visits, reason="new", key="v", actor="o")
    assert (first.state, first.previous_hash, first.changes) == ("ready", None, ())
    proposals.apply(first.id, key="va", actor="o")
    assert ledger.events(newest_first=True, limit=1)[0].kind == "contract.registered"
    log = ContractLog(database)
    assert [(held.number, held.contract) for held in log.history("visits")] == [(1, visits)]
    assert log.datasets() == ["lines", "visits"]
    with pytest.raises(NotFoundError, match="no version '7'"):
        log.find("visits", "7")
    with pytest.raises(NotFoundError, match="no dataset with a contract that holds named 'visit'"):
        log.find("visit")


@pytest.mark.covers("D12")
def test_history_finds_a_contract_by_number_version_or_hash(proposals: Proposals, database: Database) -> None:
    wider = proposals.propose(replace(WIDER, version="1.1.0"), reason="", key="w", actor="data@grocer")
    proposals.apply(wider.id, key="wa", actor="data@grocer")
    log = ContractLog(database)
    assert log.find("lines", "1.0.0").contract == LINES
    assert log.find("lines", "1").contract == LINES
    assert log.find("lines", LINES.hash[:10]).contract == LINES
    assert [change.what for change in log.diff("lines", "1").changes] == ["maximum", "version"]
    again = proposals.propose(replace(LINES, version="1.1.0"), reason="", key="v", actor="data@grocer")
    proposals.override(again.id, reason="back", key="vo", actor="a")
    proposals.apply(again.id, key="va", actor="data@grocer")
    assert [log.find("lines", called).number for called in ("1.0.0", "1.1.0", "2", "3")] == [1, 3, 2, 3]


@pytest.mark.covers("D12", "D3")
def test_ingestion_takes_no_breaking_contract_that_was_never_applied(
    database: Database, clock: ReplayClock, proposals: Proposals
) -> None:
    with database.reading() as connection:
        refuse_unproposed(connection, LINES)
        refuse_unproposed(connection, WIDER)
        refuse_unproposed(connection, Contract("new", "1", (Field("a", "integer"),), owner="o"))
        refuse_unproposed(connection, EUROS, changes="free")
        with pytest.raises(ContractViolationError, match=r"unit changes from 'USD' to 'EUR'") as refused:
            refuse_unproposed(connection, EUROS)
    assert "steek contract propose --dataset lines" in refused.value.next_step
    assert refused.value.details == {"breaking": [{"field": "sales_value", "what": "unit"}]}
    proposal = proposals.propose(EUROS, reason="", key="p", actor="a")
    proposals.override(proposal.id, reason="now", key="o", actor="a")
    proposals.apply(proposal.id, key="a", actor="a")
    with database.reading() as connection:
        refuse_unproposed(connection, EUROS)


@pytest.mark.covers("D12")
def test_every_pair_of_state_and_action_moves_or_is_refused() -> None:
    table: dict[tuple[str, str], str] = {**TRANSITIONS}
    states = {state for state, _ in table} | set(table.values())
    for state in sorted(states):
        for action in sorted({action for _, action in table}):
            if (state, action) in table:
                assert transition(table, state, action, what="it") == table[state, action]
            else:
                with pytest.raises(IllegalTransitionError):
                    transition(table, state, action, what="it")
    assert {state for state in states if legal_actions(table, state)} == set(OPEN_STATES)


@pytest.mark.covers("I4", "D12")
def test_a_held_dataset_keeps_its_contract_and_the_proposal_waits(
    proposals: Proposals, database: Database, ledger: Ledger, clock: ReplayClock
) -> None:
    freezes = Freezes(database, ledger, clock)
    held = Proposals(database, ledger, clock, Downstream(database, OWNERS.get), freezes)
    proposal = proposals.propose(WIDER, reason="larger sales", key="p", actor="data@grocer")
    freezes.hold("dataset:lines", ["contract"], "keys changed", "incident:2017-001", actor="steek", key="f")
    for key in ("a", "b"):
        with pytest.raises(FrozenError, match="contract must wait"):
            held.apply(proposal.id, key=key, actor="data@grocer")
    assert held.get(proposal.id).state == "ready"
    assert ContractLog(database).latest("lines") == LINES
    [event] = ledger.events(kinds=["change.held"])
    assert event.payload["what"] == f"version {WIDER.version}, proposal {proposal.id}"
    freezes.release("incident:2017-001", actor="sam")
    assert held.apply(proposal.id, key="a", actor="data@grocer").state == "applied"
    assert [event.kind for event in ledger.events()][-2:] == ["change.passed", "contract.changed"]
