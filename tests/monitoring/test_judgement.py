from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steek.kernel import Verdict
from steek.monitoring import explicit, learned
from steek.monitoring.judgement import Judgement, Measurement, Past, Rule, judge
from steek.monitoring.kinds import Kind

NOW = datetime(2017, 10, 2, 6, tzinfo=UTC)


def past(values: Sequence[float]) -> list[Past]:
    first = NOW - len(values) * timedelta(days=1)
    return [Past(first + index * timedelta(days=1), value) for index, value in enumerate(values)]


def decide(value: float | None, history: Sequence[float], rule: Rule, *, rows: int = 1000) -> Judgement:
    return judge(Measurement(None, value, rows), past(history), rule, window_start_at=NOW)


STEADY = [1000, 980, 1030, 1010, 990, 1005, 1020, 995]
COUNT = Rule(Kind.COUNT, learned())
SHARE = Rule(Kind.SHARE, learned())


@pytest.mark.covers("O6")
def test_too_little_history_is_undecided_and_says_how_much_is_missing() -> None:
    judgement = decide(10, STEADY[:6], COUNT)
    assert judgement.verdict is Verdict.UNDECIDED
    assert judgement.reason == "only 6 of the 7 earlier windows it needs"
    assert (judgement.lower, judgement.upper) == (None, None)


@pytest.mark.covers("O3", "O6")
@pytest.mark.parametrize(
    ("value", "verdict"), [(1015, Verdict.PASS), (600, Verdict.FAIL), (30, Verdict.FAIL), (1900, Verdict.FAIL)]
)
def test_a_count_is_compared_with_its_own_past(value: float, verdict: Verdict) -> None:
    assert decide(value, STEADY, COUNT).verdict is verdict


@pytest.mark.covers("O6")
def test_explicit_bounds_need_no_history_and_include_their_ends() -> None:
    rule = Rule(Kind.HOURS, explicit(upper=48.0))
    assert decide(48.0, [], rule).verdict is Verdict.PASS
    late = decide(48.1, [], rule)
    assert (late.verdict, late.reason) == (Verdict.FAIL, "48.1 is above the upper bound 48")


@pytest.mark.covers("O10")
def test_zero_matches_fail_without_history_and_whatever_the_threshold() -> None:
    nothing = Measurement("join=a x b", 0.0, 500, broken_because="none of 500 rows matched")
    for rule in (SHARE, Rule(Kind.SHARE, explicit(upper=1.0))):
        judgement = judge(nothing, [], rule, window_start_at=NOW)
        assert (judgement.verdict, judgement.reason) == (Verdict.FAIL, "none of 500 rows matched")


@pytest.mark.covers("O6")
def test_a_share_of_few_rows_has_room_for_chance() -> None:
    history = [0.41, 0.40, 0.42, 0.40, 0.41, 0.39, 0.40, 0.41]
    assert decide(0.20, history, SHARE, rows=20).verdict is Verdict.PASS
    assert decide(0.20, history, SHARE, rows=2000).verdict is Verdict.FAIL


def test_a_share_that_was_always_nothing_still_has_an_upper_bound_and_no_lower_one() -> None:
    judgement = decide(0.001, [0.0] * 10, SHARE, rows=4000)
    assert judgement.verdict is Verdict.PASS
    assert judgement.lower is None
    assert judgement.upper is not None
    assert 0.001 < judgement.upper < 0.01
    assert decide(0.03, [0.0] * 10, SHARE, rows=4000).verdict is Verdict.FAIL


@pytest.mark.covers("Q5")
def test_golden_change_is_bounded_on_both_sides() -> None:
    rule = Rule(Kind.RATIO, explicit(lower=0.0005, upper=0.5))
    assert [decide(value, [], rule, rows=400).verdict for value in (0.0, 0.1, 0.6)] == [
        Verdict.FAIL,
        Verdict.PASS,
        Verdict.FAIL,
    ]


def test_a_young_model_is_no_harm() -> None:
    rule = Rule(Kind.HOURS, learned())
    assert decide(0.5, [24.0] * 10, rule).verdict is Verdict.PASS
    assert decide(48.0, [24.0] * 10, rule).verdict is Verdict.FAIL


@pytest.mark.covers("O6")
def test_a_season_of_the_week_forgives_the_usual_sunday() -> None:
    days = [NOW - (28 - index) * timedelta(days=1) for index in range(28)]
    points = [Past(at, 900.0 + index % 3 if at.weekday() == 6 else 300.0 + index % 3) for index, at in enumerate(days)]
    sunday = NOW + timedelta(days=6)
    verdicts = [
        judge(Measurement(None, value, 1), points, Rule(Kind.COUNT, threshold), window_start_at=sunday).verdict
        for value, threshold in ((900.0, learned(season="week")), (310.0, learned(season="week")), (310.0, learned()))
    ]
    assert verdicts == [Verdict.PASS, Verdict.FAIL, Verdict.PASS]


@pytest.mark.covers("O3")
def test_nothing_measured_and_not_measurable_are_undecided() -> None:
    assert decide(None, STEADY, COUNT).reason == "nothing to measure in this window"
    unreadable = Measurement(None, None, 0, unreadable="could not be measured: no table")
    judgement = judge(unreadable, past(STEADY), COUNT, window_start_at=NOW)
    assert (judgement.verdict, judgement.reason) == (Verdict.UNDECIDED, "could not be measured: no table")


@pytest.mark.covers("O3")
def test_a_small_slice_is_not_judged_by_size() -> None:
    rule = Rule(Kind.COUNT, learned(), minimum_expected=10)
    judgement = decide(40, [3, 0, 4, 2, 0, 5, 1], rule)
    assert judgement.verdict is Verdict.UNDECIDED
    assert judgement.reason.startswith("too small to judge its size: 2 rows in the middle window, 10 needed")


@given(st.lists(st.integers(min_value=0, max_value=5000), min_size=7, max_size=40), st.integers(0, 10_000))
def test_a_passed_value_is_within_the_bounds_and_a_failed_one_outside(history: list[int], value: int) -> None:
    judgement = decide(value, [float(one) for one in history], COUNT)
    above = judgement.lower is None or value >= judgement.lower
    below = judgement.upper is None or value <= judgement.upper
    if judgement.verdict is not Verdict.UNDECIDED:
        assert (judgement.verdict is Verdict.PASS) == (above and below)


@pytest.mark.covers("O4", "O6")
def test_a_fault_that_makes_rows_differ_does_not_excuse_itself() -> None:
    history = [120.0 + (index * 37 % 17) - 8 for index in range(56)]
    told = Measurement(None, 488.0, 100, {"standard_deviation": 15_000.0})
    assert judge(told, past(history), Rule(Kind.AMOUNT, learned(8)), window_start_at=NOW).verdict is Verdict.FAIL
