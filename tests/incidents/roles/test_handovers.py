"""Roles go over with a summary and a yes, or are taken with a reason; several people may shadow."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.incidents.conftest import Reader

from steek.incidents import Incident, Incidents, Role, Stakeholder
from steek.incidents.roles.handovers import Handovers, HandoverState
from steek.incidents.roles.holding import given_role, without_shadow
from steek.incidents.roles.stakeholders import Stakeholders
from steek.incidents.updates.updates import Updates
from steek.kernel import ReplayClock
from steek.kernel.errors import (
    ConflictError,
    DeclarationError,
    IllegalTransitionError,
    InputError,
    RefusedError,
    StaleWriteError,
)
from steek.ledger import Database, Ledger


@pytest.mark.covers("I3")
def test_a_role_stays_until_whoever_is_offered_it_accepts(
    handovers: Handovers, incidents: Incidents, declared: Incident, of_kind: Reader
) -> None:
    incidents.assign(declared.id, "commander", "ada", "ada", key="c")
    offered = handovers.hand_over(declared.id, "commander", "ben", "all is known", actor="ada", key="h")
    assert handovers.hand_over(declared.id, "commander", "ben", "other", actor="ada", key="h") == offered
    assert incidents.get(declared.id).roles[Role.COMMANDER] == "ada"
    with pytest.raises(RefusedError, match="was offered to ben, not kim"):
        handovers.accept(offered.id, actor="kim", key="a0")
    accepted = handovers.accept(offered.id, actor="ben", key="a")
    assert handovers.accept(offered.id, actor="ben", key="a") == accepted
    assert (accepted.state, incidents.get(declared.id).roles[Role.COMMANDER]) == (HandoverState.ACCEPTED, "ben")
    (event,) = of_kind("incident.handed_over")
    assert {name: event.payload[name] for name in ("role", "from", "to", "summary", "accepted")} == {
        "role": "commander",
        "from": "ada",
        "to": "ben",
        "summary": "all is known",
        "accepted": True,
    }
    with pytest.raises(IllegalTransitionError, match="is accepted"):
        handovers.accept(offered.id, actor="ben", key="a2")
    with pytest.raises(ConflictError, match="ben is commander of incident 2017-001 already"):
        handovers.hand_over(declared.id, "commander", "ben", "x", actor="ada", key="h2")


@pytest.mark.covers("I3")
def test_a_role_is_taken_from_somebody_who_cannot_be_reached_and_that_is_written_down(
    handovers: Handovers, incidents: Incidents, declared: Incident, of_kind: Reader
) -> None:
    incidents.assign(declared.id, "operations", "ada", "ada", key="c")
    with pytest.raises(InputError, match="the reason is empty"):
        handovers.take(declared.id, "operations", reason=" ", actor="ben", key="t0")
    taken = handovers.take(declared.id, "operations", reason="no answer for 15 min", actor="ben", key="t")
    assert (taken.state, taken.giver, taken.taker) == (HandoverState.TAKEN, "ada", "ben")
    assert "sales down" in taken.summary
    (event,) = of_kind("incident.handed_over")
    assert (event.payload["accepted"], event.payload["reason"]) == (False, "no answer for 15 min")
    version = incidents.get(declared.id).version
    with pytest.raises(StaleWriteError, match="changed by ben while you were looking"):
        handovers.take(declared.id, "operations", reason="x", actor="kim", key="t2", expected_version=version - 1)


@pytest.mark.covers("I3")
def test_two_who_are_offered_one_role_cannot_both_get_it_unseen(
    handovers: Handovers, incidents: Incidents, declared: Incident
) -> None:
    incidents.assign(declared.id, "commander", "ada", "ada", key="c")
    version = incidents.get(declared.id).version
    ben = handovers.hand_over(declared.id, "commander", "ben", "s", actor="ada", key="h", expected_version=version)
    kim = handovers.hand_over(declared.id, "commander", "kim", "s", actor="ada", key="h2", expected_version=version)
    handovers.accept(ben.id, actor="ben", key="a", expected_version=version)
    with pytest.raises(StaleWriteError):
        handovers.accept(kim.id, actor="kim", key="a2", expected_version=version)
    assert handovers.withdraw(kim.id, actor="ada", key="w").state is HandoverState.WITHDRAWN
    assert [one.state for one in handovers.list(declared.id)].count(HandoverState.OFFERED) == 0


@pytest.mark.covers("I3")
def test_a_draft_says_what_is_known_under_way_supposed_and_due(
    handovers: Handovers, incidents: Incidents, declared: Incident, updates: Updates
) -> None:
    incidents.act(declared.id, "roll-back-fleet", {"to": 16}, "ada", key="act")
    updates.post(declared.id, "text", actor="ada", key="u")
    text = handovers.draft(declared.id)
    for part in (
        "**Known**",
        "**Under way**",
        "**Supposed causes**",
        "**Due**",
        "roll-back-fleet by ada: done",
        "freeze",
    ):
        assert part in text
    assert "The next status update was promised for" in text


@pytest.mark.covers("I3")
def test_several_shadow_and_one_may_hold_several_roles(
    handovers: Handovers, incidents: Incidents, declared: Incident
) -> None:
    found = declared
    for number, (role, person) in enumerate(
        [("shadow", "kim"), ("shadow", "zoe"), ("shadow", "kim"), ("commander", "ada"), ("planning", "ada")]
    ):
        found = incidents.assign(declared.id, role, person, "ada", key=f"r{number}")
    assert found.shadows == ("kim", "zoe")
    assert [role for role, who in found.roles.items() if who == "ada"] == [Role.COMMANDER, Role.PLANNING]
    left = handovers.leave_shadow(declared.id, "kim", actor="kim", key="l")
    assert handovers.leave_shadow(declared.id, "kim", actor="kim", key="l") == left
    assert left.shadows == ("zoe",)
    with pytest.raises(InputError, match="reads as two people"):
        incidents.assign(declared.id, "shadow", "kim, zoe", "ada", key="two")
    with pytest.raises(InputError, match="a shadow is not handed over"):
        handovers.hand_over(declared.id, "shadow", "ben", "x", actor="ada", key="h")


@pytest.mark.covers("I3")
@given(st.lists(st.tuples(st.booleans(), st.sampled_from("abcd")), max_size=12))
@settings(max_examples=40)
def test_shadows_are_a_set_in_order_of_coming(steps: list[tuple[bool, str]]) -> None:
    roles: dict[Role, str] = {}
    expected: list[str] = []
    for comes, person in steps:
        after = given_role(roles, Role.SHADOW, person) if comes else without_shadow(roles, person)
        roles = {Role(role): who for role, who in after.items()}
        if comes and person not in expected:
            expected.append(person)
        if not comes and person in expected:
            expected.remove(person)
    assert roles.get(Role.SHADOW, "") == ", ".join(expected)


@pytest.mark.covers("I3")
def test_stakeholders_are_declared_or_added_and_found_by_their_systems(
    database: Database, ledger: Ledger, clock: ReplayClock, of_kind: Reader
) -> None:
    declared = Stakeholder("legal", "lex@grocer", "legal", "everything")
    stakeholders = Stakeholders(database, ledger, clock, lambda: {"legal": declared})
    added = Stakeholder("partners", "gabi@grocer", "partner manager", covers=("partner_*",))
    for _ in range(2):
        stakeholders.put(added, actor="ada", key="s")
    assert [one.name for one in stakeholders.list("model:partner_demand")] == ["legal", "partners"]
    assert stakeholders.of("model:search_ranking") == (("lex@grocer", "legal"),)
    assert len(of_kind("stakeholder.changed")) == 1
    with pytest.raises(ConflictError, match="declared by the project"):
        stakeholders.put(declared, actor="ada", key="s2")
    stakeholders.remove("partners", actor="ada", key="r")
    assert stakeholders.list() == (declared,)
    with pytest.raises(DeclarationError, match="is no view; allowed: everything, summary, outsider"):
        Stakeholder("x", "y", "finance", "all")
