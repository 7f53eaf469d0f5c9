"""A history that is carried on from batch to batch says what one made anew would say."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.data.real_feed import arrival, real_days, real_profiles

from steek.data import FeedChecks
from steek.data.validation.feed.history import FeedHistory
from steek.data.validation.feed.judging import judge_feed
from steek.data.validation.feed.profiles import ColumnProfile, FeedProfile

_ARRIVED = arrival(min(real_days()))
_COUNTS: st.SearchStrategy[dict[str, int]] = st.dictionaries(st.sampled_from("abcd"), st.integers(1, 9), max_size=4)


def _category(counts: dict[str, int]) -> ColumnProfile:
    return ColumnProfile("category", 0, categories=counts)


def _number(bins: dict[int, int], total: int | None) -> ColumnProfile:
    return ColumnProfile("number", 0, bins, total=total)


def _batch(columns: dict[str, ColumnProfile], slices: dict[str, int] | None) -> FeedProfile:
    return FeedProfile(_ARRIVED, 9, columns, {"shop": slices}, {})


_BINS: st.SearchStrategy[dict[int, int]] = st.dictionaries(st.integers(-3, 3), st.integers(1, 9), max_size=4)
_COLUMN: st.SearchStrategy[ColumnProfile] = st.one_of(
    st.builds(_category, _COUNTS),
    st.builds(_number, _BINS, st.one_of(st.none(), st.integers(-9, 9))),
    st.just(ColumnProfile("many", 1)),
)
_BATCH: st.SearchStrategy[FeedProfile] = st.builds(
    _batch, st.dictionaries(st.sampled_from("xy"), _COLUMN, max_size=2), st.one_of(st.none(), _COUNTS)
)


@pytest.mark.covers("D4")
@settings(max_examples=60, deadline=None)
@given(st.lists(_BATCH, max_size=12), st.integers(1, 5))
def test_sums_carried_on_are_those_made_anew(batches: list[FeedProfile], most: int) -> None:
    carried = FeedHistory([])
    for end in range(len(batches) + 1):
        past = batches[max(0, end - most) : end]
        carried, anew = carried.followed_by(past), FeedHistory(past)
        assert list(carried) == past
        for name in "xy":
            assert carried.column(name, "number") == anew.column(name, "number")
            assert carried.column(name, "category") == anew.column(name, "category")
        ours, theirs = carried.slices("shop"), anew.slices("shop")
        assert (set(ours.places), ours.counted) == (set(theirs.places), theirs.counted)
        order = [theirs.places[value] for value in ours.places]
        assert np.array_equal(ours.rows, theirs.rows[:, order])


@pytest.mark.covers("D4", "D5")
def test_real_days_are_judged_the_same_from_a_list_and_from_a_history_carried_on() -> None:
    profiles = real_profiles()
    days = sorted(profiles)[:90]
    carried = FeedHistory([])
    for at, day in enumerate(days):
        past = [profiles[one] for one in days[max(0, at - 28) : at]]
        carried = carried.followed_by(past)
        other = profiles[max(day - timedelta(days=3), days[0])]
        for batch in (profiles[day], other):
            assert judge_feed(batch, carried, FeedChecks()) == judge_feed(batch, past, FeedChecks())
