"""URNs, ids, verdicts and state machines."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from steek.kernel import Urn, Verdict, new_id
from steek.kernel.errors import IllegalTransitionError, InputError
from steek.kernel.state_machine import legal_actions, transition

START = datetime(2017, 10, 2, 6, tzinfo=UTC)
DOOR: Mapping[tuple[str, str], str] = {
    ("open", "close"): "closed",
    ("closed", "open"): "open",
    ("closed", "lock"): "locked",
    ("locked", "unlock"): "closed",
    ("open", "remove"): "gone",
}
parts = st.text(st.characters(codec="ascii", exclude_characters=":@", categories=["L", "N", "P"]), min_size=1)


@given(parts, parts, st.none() | parts)
def test_a_urn_reads_back_from_its_text(kind: str, name: str, version: str | None) -> None:
    urn = Urn(kind, name, version)
    assert Urn.parse(str(urn)) == urn


def test_a_member_of_a_fleet_and_an_instant_are_parts_of_names() -> None:
    assert Urn.parse("trained:partner_demand/69@17") == Urn("trained", "partner_demand/69", "17")
    assert Urn.parse("features:household@2017-10-02T06:00:00+00:00").version == "2017-10-02T06:00:00+00:00"


@pytest.mark.covers("N3")
@pytest.mark.parametrize("text", ["", "transactions", ":transactions", "dataset:", "dataset:@1", "dataset:x@"])
def test_text_that_is_no_urn_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InputError, match="is not a name of the form kind:name@version") as raised:
        Urn.parse(text)
    assert "dataset:transactions@812" in raised.value.next_step


@given(st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_ids_are_version_7_and_carry_their_millisecond(at: datetime) -> None:
    made = uuid.UUID(new_id(at))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == int(at.timestamp() * 1000)


def test_ids_of_one_millisecond_differ_and_those_of_later_ones_sort_behind() -> None:
    assert len({new_id(START) for _ in range(2000)}) == 2000
    ids = [new_id(START + timedelta(milliseconds=number)) for number in range(500)]
    assert ids == sorted(ids)


@given(st.lists(st.sampled_from(Verdict)))
def test_one_failure_fails_all_and_silence_decides_nothing(verdicts: list[Verdict]) -> None:
    worst = Verdict.worst(verdicts)
    assert (worst == Verdict.PASS) == (bool(verdicts) and set(verdicts) == {Verdict.PASS})
    assert (worst == Verdict.FAIL) == (Verdict.FAIL in verdicts)


class DoorMachine(RuleBasedStateMachine):
    """Every pair of state and action either moves as the table says, or raises and moves nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.state = "open"

    @rule(action=st.sampled_from(["open", "close", "lock", "unlock", "remove"]))
    def act(self, action: str) -> None:
        if (self.state, action) in DOOR:
            self.state = transition(DOOR, self.state, action, what="door 1")
            return
        with pytest.raises(IllegalTransitionError) as raised:
            transition(DOOR, self.state, action, what="door 1")
        assert raised.value.details == {"state": self.state, "action": action}

    @invariant()
    def legal_actions_are_those_of_the_table(self) -> None:
        assert legal_actions(DOOR, self.state) == sorted(action for state, action in DOOR if state == self.state)


TestDoor = DoorMachine.TestCase


@pytest.mark.covers("N3")
def test_an_illegal_action_names_the_legal_ones() -> None:
    with pytest.raises(
        IllegalTransitionError, match="door 1 is closed; remove is not possible now, possible: lock, open"
    ):
        transition(DOOR, "closed", "remove", what="door 1")
    with pytest.raises(IllegalTransitionError, match="possible: none, it is final"):
        transition(DOOR, "gone", "open", what="door 1")
