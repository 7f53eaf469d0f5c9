"""Who is fresh when after an outage."""

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steek.loop import CatchUp, catch_up_plan
from steek.loop.plan import as_members

NOW = datetime(2017, 10, 16, 10, 20, tzinfo=UTC)
SECOND = timedelta(seconds=1)
FLEETS = st.dictionaries(st.text(min_size=1, max_size=4), st.floats(allow_infinity=False), max_size=30)


def plan(priorities: dict[str, float], first: int) -> list[CatchUp]:
    return catch_up_plan(priorities, first=first, started_at=NOW, time_per_member=SECOND)


def importance(value: float) -> float:
    return -math.inf if math.isnan(value) else value


@pytest.mark.covers("T3")
@given(FLEETS, st.integers(min_value=1, max_value=40))
def test_groups_hold_every_member_once_the_most_important_first(priorities: dict[str, float], first: int) -> None:
    groups = plan(priorities, first)
    members = as_members(groups)
    assert sorted(members) == sorted(priorities)
    ranked = [importance(priorities[member]) for member in members]
    assert ranked == sorted(ranked, reverse=True)
    assert all(
        one < other for one, other in pairwise(members) if importance(priorities[one]) == importance(priorities[other])
    )


@pytest.mark.covers("T3")
@given(FLEETS, st.integers(min_value=1, max_value=40))
def test_the_first_group_is_as_large_as_asked_and_fresh_before_the_rest(
    priorities: dict[str, float], first: int
) -> None:
    groups = plan(priorities, first)
    assert len(groups) == (0 if not priorities else 1 if len(priorities) <= first else 2)
    done = 0
    for group in groups:
        done += len(group.members)
        assert group.fresh_at == NOW + done * SECOND
    if len(groups) == 2:
        assert len(groups[0].members) == first
        assert groups[0].reason == f"top {first} by priority"


@pytest.mark.covers("T3")
def test_a_member_whose_importance_nobody_knows_comes_last() -> None:
    assert as_members(plan({"new": math.nan, "small": -5.0, "large": 9.0}, 2)) == ["large", "small", "new"]
