"""Freezes: what an incident holds still does not move until it is released."""

import pytest

from steek.kernel.errors import FrozenError, InputError
from steek.ledger import Ledger
from steek.models import Freezes

MODEL = "model:partner_demand"
INCIDENT = "incident:2017-001"


@pytest.mark.covers("I4")
def test_a_frozen_model_refuses_and_names_the_incident(freezes: Freezes, ledger: Ledger) -> None:
    freezes.hold(MODEL, ["train", "deploy"], "keys changed", INCIDENT, actor="steek", key="e1")
    with pytest.raises(FrozenError, match=r"held by incident:2017-001: deploy must wait \(keys changed\)"):
        freezes.check(MODEL, "deploy")
    freezes.check("model:search_ranking", "deploy")
    assert [event.kind for event in ledger.events()] == ["freeze.started"]


@pytest.mark.covers("I4", "I9")
def test_the_incident_itself_may_still_act(freezes: Freezes) -> None:
    freezes.hold(MODEL, ["train"], "keys changed", INCIDENT, actor="steek", key="e1")
    freezes.check(MODEL, "deploy")
    freezes.check(MODEL, "train", incident=INCIDENT)
    with pytest.raises(FrozenError):
        freezes.check(MODEL, "train", incident="incident:2017-002")


def test_holding_and_releasing_twice_is_told_once(freezes: Freezes, ledger: Ledger) -> None:
    first = freezes.hold(MODEL, ["deploy"], "keys changed", INCIDENT, actor="steek", key="e1")
    assert freezes.hold(MODEL, ["deploy"], "keys changed", INCIDENT, actor="steek", key="e1") == first
    assert [freeze.key for freeze in freezes.release(INCIDENT, actor="ariel")] == ["e1"]
    assert freezes.release(INCIDENT, actor="ariel") == []
    freezes.check(MODEL, "deploy")
    assert [event.kind for event in ledger.events()] == ["freeze.started", "freeze.ended"]


def test_two_incidents_must_both_let_go(freezes: Freezes) -> None:
    freezes.hold(MODEL, ["deploy"], "keys changed", INCIDENT, actor="steek", key="e1")
    freezes.hold(MODEL, ["deploy"], "stale", "incident:2017-002", actor="steek", key="e2")
    freezes.release(INCIDENT, actor="ariel")
    assert [freeze.incident for freeze in freezes.active()] == ["incident:2017-002"]
    with pytest.raises(FrozenError, match="2017-002"):
        freezes.check(MODEL, "deploy")


def test_one_subject_of_an_incident_can_be_released_alone(freezes: Freezes) -> None:
    for number, subject in enumerate((MODEL, "model:search_ranking")):
        freezes.hold(subject, ["deploy"], "keys changed", INCIDENT, actor="steek", key=f"e{number}")
    freezes.release(INCIDENT, actor="ariel", subject=MODEL)
    assert [freeze.subject for freeze in freezes.active()] == ["model:search_ranking"]


@pytest.mark.covers("N3")
def test_an_unknown_action_cannot_be_frozen(freezes: Freezes) -> None:
    with pytest.raises(InputError, match="cannot freeze rollback; allowed: train, deploy"):
        freezes.hold(MODEL, ["rollback"], "no", INCIDENT, actor="steek", key="e1")
