"""Budgets add up, burns are seen when the rules say, and chance is told from trouble."""

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steek.measures.budgets import (
    NOTHING,
    Tally,
    budget,
    burn_rate,
    chance_of_bad,
    events_that_decide,
    is_beyond_chance,
    least_events,
)
from steek.measures.burning import BurnRule, burn_rules, left_over_time, look, period_events

tallies = st.integers(0, 500).flatmap(lambda total: st.builds(Tally, st.integers(0, total), st.just(total)))
targets = st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999])


@given(st.lists(tallies, max_size=20), st.integers(0, 20), targets)
@pytest.mark.covers("O7")
def test_budgets_of_parts_add_up_to_the_budget_of_the_whole(parts: list[Tally], cut: int, target: float) -> None:
    whole, first, second = (sum(some, start=NOTHING) for some in (parts, parts[:cut], parts[cut:]))
    assert first + second == whole
    halves = [budget(one.bad, one.total, target) for one in (first, second)]
    both = budget(whole.bad, whole.total, target)
    assert sum(one.spent for one in halves) == both.spent
    assert sum(one.allowed for one in halves) == pytest.approx(both.allowed)
    # The burn of the whole lies between the burns of its parts.
    rates = [rate for one in (first, second) if (rate := burn_rate(one, target)) is not None]
    if rates:
        assert min(rates) - 1e-9 <= (burn_rate(whole, target) or 0) <= max(rates) + 1e-9


@given(tallies, st.sampled_from([0.001, 0.01, 0.1, 0.4]))
def test_the_tail_is_the_exact_binomial_one_wherever_it_decides(tally: Tally, fraction: float) -> None:
    total, bad = tally.total, tally.bad
    if bad <= total * fraction:
        assert chance_of_bad(bad, total, fraction) == 1.0
        return
    exact = 1 - sum(comb(total, k) * fraction**k * (1 - fraction) ** (total - k) for k in range(bad))
    assert chance_of_bad(bad, total, fraction) == pytest.approx(exact, abs=1e-9)


def test_a_tail_of_millions_costs_nothing_and_is_no_nan() -> None:
    assert 0 <= chance_of_bad(10_500, 1_000_000, 0.01) < 1e-6
    assert chance_of_bad(3, 10, 0.0) == 0.0


@pytest.mark.parametrize(("good", "total"), [(-1, 3), (4, 3), (0, -1)])
def test_more_good_events_than_events_cannot_be(good: int, total: int) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        Tally(good, total)


@pytest.mark.covers("O7")
def test_one_failure_of_ten_requests_is_chance_and_how_many_would_decide_is_said() -> None:
    one_of_ten = Tally(9, 10)
    assert burn_rate(one_of_ten, 0.999) == pytest.approx(100)
    assert not is_beyond_chance(one_of_ten, 0.99)
    needed = events_that_decide(one_of_ten, 0.99)
    assert needed == 30
    assert is_beyond_chance(Tally(27, 30), 0.99)
    assert events_that_decide(Tally(100, 100), 0.99) is None
    assert (least_events(0.99), least_events(0.999), least_events(0.5)) == (100, 1000, 2)


@pytest.mark.covers("O7")
def test_hourly_windows_have_the_workbooks_rules_and_daily_ones_the_adapted() -> None:
    hourly = burn_rules(30 * 24, 0.999)
    assert [(rule.pace, rule.long, rule.short) for rule in hourly] == [("fast", 1, 1), ("fast", 6, 1), ("slow", 72, 6)]
    assert [rule.rate for rule in hourly] == pytest.approx([14.4, 6.0, 1.0])
    assert [rule.budget_gone(720) for rule in hourly] == pytest.approx([0.02, 0.05, 0.10])
    daily = burn_rules(28, 0.999)
    assert [(rule.pace, rule.long, rule.short, rule.rate) for rule in daily] == [
        ("fast", 1, 1, 6.0),
        ("fast", 3, 1, 3.0),
        ("slow", 7, 1, 1.0),
    ]
    assert [round(rule.budget_gone(28), 2) for rule in daily] == [0.21, 0.32, 0.25]


@given(st.integers(4, 24 * 92), targets)
def test_total_failure_is_always_seen_at_the_end_of_the_first_long_window_and_of_the_first_day_of_daily_ones(
    period: int, target: float
) -> None:
    rules = burn_rules(period, target)
    seen = [rule.slots_until_seen(1 / (1 - target)) for rule in rules]
    assert all(one is not None and one <= rule.long for one, rule in zip(seen, rules, strict=True))
    assert period > 28 or seen[0] == 1
    assert all(rule.rate >= 1 and 1 <= rule.short <= rule.long <= period for rule in rules)
    assert len({(rule.long, rule.short) for rule in rules}) == len(rules)


@given(st.sampled_from(burn_rules(28, 0.99)), st.integers(0, 100))
def test_a_steady_burn_is_seen_after_as_many_slots_as_the_rule_says(rule: BurnRule, bad: int) -> None:
    slots: list[Tally | None] = [Tally(10_000, 10_000)] * 28
    for number in range(1, 15):
        slots.append(Tally(10_000 - bad * 100, 10_000))
        said = rule.slots_until_seen(float(bad))
        is_seen = look(slots, rule, 0.99, is_census=False).seen == "burns"
        # At a rate that meets the rule exactly, rounding may decide either way.
        if abs(bad * min(number, rule.long) / rule.long - rule.rate) > 1e-6:
            assert is_seen == (said is not None and number >= said)


@pytest.mark.covers("O7")
def test_a_burn_ends_as_soon_as_the_short_window_is_calm() -> None:
    rule = BurnRule("fast", 3, 1, 3.0)
    slots: list[Tally | None] = [Tally(1000, 1000), Tally(700, 1000)]
    assert look(slots, rule, 0.99, is_census=False).seen == "burns"
    after = look([*slots, Tally(1000, 1000)], rule, 0.99, is_census=False)
    assert (after.seen, after.reason) == ("calm", "it was faster, and is no more")
    blind = look([*slots, None], rule, 0.99, is_census=False)
    assert (blind.seen, blind.short_rate) == ("undecided", None)
    assert look([None, None], rule, 0.99, is_census=True).seen == "undecided"


def test_few_events_are_undecided_where_windows_that_were_judged_are_not() -> None:
    rule = BurnRule("fast", 1, 1, 6.0)
    few = look([Tally(9, 10)], rule, 0.99, is_census=False)
    assert (few.seen, few.decided_by) == ("undecided", 30)
    assert "30 events with the same share would decide" in few.reason
    assert look([Tally(0, 1)], rule, 0.9, is_census=True).seen == "burns"


@given(st.lists(st.one_of(st.none(), tallies), min_size=1, max_size=40), targets, st.integers(4, 30))
def test_what_was_left_after_each_slot_is_the_budget_of_the_period_that_ended_there(
    slots: list[Tally | None], target: float, period: int
) -> None:
    left = left_over_time(slots, target, period, is_census=False)
    for end in range(1, len(slots) + 1):
        part = sum((one for one in slots[max(end - period, 0) : end] if one), start=NOTHING)
        expected = budget(part.bad, part.total, target).left_fraction
        assert left[end - 1] == (None if expected is None else pytest.approx(expected, abs=1e-8))


def test_a_month_of_days_leaves_room_on_its_third_day_as_on_its_last() -> None:
    assert period_events(3, 3, 28, is_census=True) == 28
    assert left_over_time([Tally(1, 1)] * 27 + [Tally(0, 1)], 0.9, 28, is_census=True)[-1] == pytest.approx(
        left_over_time([Tally(1, 1), Tally(0, 1)], 0.9, 28, is_census=True)[-1] or 0
    )
