"""Rotations, calendar and contacts are kept, changed once per key, and shown to those with a role."""

from datetime import timedelta

import pytest
from tests.incidents.conftest import Reader
from tests.incidents.oncall.conftest import Switchboard

from steek.governance import Actor, calling
from steek.kernel.errors import InputError, NotFoundError, RefusedError, StaleWriteError

DAY = timedelta(days=1)


@pytest.mark.covers("I13")
def test_a_key_writes_once_and_a_version_that_was_not_seen_is_refused(
    switchboard: Switchboard, of_kind: Reader
) -> None:
    document = {"name": "core", "people": ["ada"], "starts_on": "2017-01-02"}
    first = switchboard.oncall.put_rotation(document, actor="lead", key="k", expected_version=0)
    again = switchboard.oncall.put_rotation({**document, "people": ["ben"]}, actor="lead", key="k")
    assert (first, again) == (again, first)
    switchboard.oncall.put_rotation({**document, "people": ["ben"]}, actor="kim", key="k2", expected_version=1)
    with pytest.raises(StaleWriteError, match="changed by kim: you saw version 1, it is at 2"):
        switchboard.oncall.put_rotation(document, actor="lead", key="k3", expected_version=1)
    assert [event.payload["people"] for event in of_kind("oncall.rotation_changed")] == [["ada"], ["ben"]]
    switchboard.oncall.remove_rotation("core", actor="lead", key="r")
    switchboard.oncall.remove_rotation("core", actor="lead", key="r")
    assert (switchboard.oncall.rotations(), len(of_kind("oncall.rotation_removed"))) == ({}, 1)


@pytest.mark.covers("I13")
def test_overrides_and_absences_are_written_once_and_withdrawn(switchboard: Switchboard, of_kind: Reader) -> None:
    switchboard.rotation("ada", "ben", shift_hours=8000)
    now = switchboard.clock.now()
    turn = switchboard.oncall.who(now)[0].person
    calendar = switchboard.oncall.calendar()
    for _ in range(2):
        switchboard.oncall.override("core", "zoe", now, now + DAY, actor="ada", key="o")
        calendar = switchboard.oncall.absence("zoe", now, now + DAY / 2, actor="zoe", key="h")
    assert (len(calendar.overrides), len(calendar.absences)) == (1, 1)
    assert switchboard.oncall.who(now)[0].person == turn
    assert switchboard.oncall.who(now + DAY * 0.75)[0].person == "zoe"
    left = switchboard.oncall.withdraw(calendar.overrides[0].id, actor="ada", key="w")
    assert (left.overrides, switchboard.oncall.who(now + DAY * 0.75)[0].person) == ((), turn)
    (made,) = of_kind("oncall.absence_made")
    assert set(made.payload) == {"exception", "person", "start_at", "end_at"}
    with pytest.raises(NotFoundError):
        switchboard.oncall.withdraw("nothing", actor="ada", key="w2")
    with pytest.raises(InputError, match="is no time"):
        switchboard.oncall.absence("zoe", now, now, actor="zoe", key="h2")


@pytest.mark.covers("I13")
def test_who_is_reachable_comes_from_registry_rotations_and_business_with_why(switchboard: Switchboard) -> None:
    switchboard.rotation("ada", "ben", covers=["search_*"], shift_hours=8000)
    switchboard.rotation("eva", name="modelling", duty="modelling", escalation=[])
    switchboard.reached("ada", "target:night", "phone:+49 30 1")
    with calling(Actor("kim@shop", ("member",), "operations")):
        found = switchboard.oncall.reachable("model:search_ranking")
        assert [contact.value for contact in found.chain[0].contacts or ()] == ["night", "+49 30 1"]
        assert switchboard.oncall.contacts()["ada"]
    assert [(one.person, one.duty, one.after_minutes) for one in found.chain] == [
        ("ada", "operations", 0),
        ("ben", "operations", 10),
        ("eva", "modelling", 0),
        ("sam", "owner", 0),
        ("cfo", "finance", 0),
    ]
    assert "no business rotation covers model:search_ranking" in found.gaps
    assert "no target reaches ben" in found.gaps
    assert found.chain[0].told
    with calling(Actor("stranger", (), "operations")):
        assert all(one.contacts is None for one in switchboard.oncall.reachable("model:search_ranking").chain)
        with pytest.raises(RefusedError, match="contacts are personal"):
            switchboard.oncall.contacts()


@pytest.mark.covers("I13")
def test_contacts_are_tried_in_their_order_and_an_error_repeats_no_value(
    switchboard: Switchboard, of_kind: Reader
) -> None:
    switchboard.reached("ada", "target:night", "mail:ada@home")
    (changed,) = of_kind("oncall.contacts_changed")
    assert changed.payload == {"person": "ada", "kinds": ["target", "mail"]}
    with pytest.raises(InputError) as refused:
        switchboard.oncall.set_contacts("ada", [{"kind": "pigeon", "value": "secret roof"}], actor="a", key="x")
    assert "secret roof" not in str(refused.value)
