"""Bundles: many members, one artifact."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steek.kernel.errors import DamagedArtifactError, NotFoundError, UnreadableError
from steek.models import MemberFacts, pack, unpack


@pytest.mark.covers("T8")
@given(st.dictionaries(st.text(min_size=1), st.binary(), min_size=1))
def test_every_member_comes_back_as_it_was_packed(members: dict[str, bytes]) -> None:
    bundle = unpack(pack(members))
    assert bundle.names() == sorted(members)
    assert {name: bundle.get(name) for name in bundle.names()} == members


def test_the_order_of_packing_does_not_change_the_bytes() -> None:
    members = {"2": b"two", "10": b"ten", "69": b"sixty-nine"}
    assert pack(members) == pack(dict(reversed(members.items())))


def test_facts_come_back() -> None:
    facts = MemberFacts(rows=60, data_until=datetime(2017, 10, 1, 6, tzinfo=UTC), carried_from=16)
    bundle = unpack(pack({"69": b"model", "70": b"model"}, {"69": facts}))
    assert bundle.facts("69") == facts
    assert bundle.facts("70") is None


@pytest.mark.covers("N3")
def test_an_unknown_member_is_named() -> None:
    with pytest.raises(NotFoundError, match="no fleet member named '7'; there are: 69"):
        unpack(pack({"69": b"model"})).get("7")


@pytest.mark.covers("V5")
def test_every_truncation_is_unreadable() -> None:
    data = pack({"69": b"model of 69", "70": b"model of 70"})
    for length in range(len(data)):
        with pytest.raises(UnreadableError, match="not a fleet bundle"):
            unpack(data[:length])


@pytest.mark.covers("V5")
def test_a_changed_member_is_damaged_and_the_others_are_not() -> None:
    data = pack({"69": b"model of 69", "70": b"model of 70"})
    bundle = unpack(data[:-1] + b"1")
    assert bundle.get("69") == b"model of 69"
    with pytest.raises(DamagedArtifactError, match="member '70'"):
        bundle.get("70")
