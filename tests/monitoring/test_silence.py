import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.monitoring.test_judgement import decide

from steek.kernel import Verdict
from steek.monitoring import learned
from steek.monitoring.judgement import Rule
from steek.monitoring.kinds import Kind
from steek.monitoring.silence import before_silence, empty_probability, silent_windows_needed

counts = st.lists(st.integers(min_value=0, max_value=300), min_size=7, max_size=28)


@given(counts)
def test_the_probability_is_one_and_never_below_what_was_seen(history: list[int]) -> None:
    probability = empty_probability(history)
    assert history.count(0) / len(history) <= probability <= 1


@given(counts, st.integers(min_value=1, max_value=500))
def test_more_slices_never_need_fewer_empty_windows(history: list[int], slices: int) -> None:
    alone = silent_windows_needed(history, slices=1)
    shared = silent_windows_needed(history, slices=slices)
    assert (alone is None) == (shared is None)
    assert alone is None or shared is None or alone <= shared


@pytest.mark.parametrize("mean", [1.0, 3.0, 8.0])
def test_the_probability_of_regular_arrivals_is_near_the_true_one(mean: float) -> None:
    generator = np.random.default_rng(11)
    estimates = [empty_probability(generator.poisson(mean, 28).tolist()) for _ in range(200)]
    assert np.median(estimates) >= 0.5 * np.exp(-mean)
    assert np.median(estimates) <= 30 * np.exp(-mean)


@pytest.mark.covers("O3")
def test_a_steady_slice_that_vanishes_is_noticed_in_one_window_however_small() -> None:
    rule = Rule(Kind.COUNT, learned(), minimum_expected=10, slices=40)
    for history in ([6] * 8, [14, 15, 13, 14, 16, 15, 14], [60, 55, 70, 62, 58, 64, 61, 59]):
        judgement = decide(0, history, rule, rows=0)
        assert judgement.verdict is Verdict.FAIL
        assert judgement.reason.startswith("no rows at all")
        assert judgement.lower is not None
        assert judgement.lower >= 1


@pytest.mark.covers("O3")
def test_a_slice_that_comes_in_bursts_needs_more_silence_and_says_how_much() -> None:
    bursts = [12, 0, 30, 4, 9, 0, 22, 17, 3, 8, 0, 15, 6, 11]
    rule = Rule(Kind.COUNT, learned(), minimum_expected=5, slices=20)
    first = decide(0, bursts, rule, rows=0)
    assert first.verdict is Verdict.UNDECIDED
    assert first.reason == "no rows, which chance can do here: 6 empty windows in a row would show it"
    assert decide(0, [*bursts, 0, 0, 0, 0], rule, rows=0).verdict is Verdict.UNDECIDED
    assert decide(0, [*bursts, 0, 0, 0, 0, 0], rule, rows=0).verdict is Verdict.FAIL


@pytest.mark.covers("O3")
def test_a_slice_seen_once_never_alarms() -> None:
    rule = Rule(Kind.COUNT, learned(), minimum_expected=10, slices=200)
    for silent in range(6, 27):
        judgement = decide(0, [5] + [0] * silent, rule, rows=0)
        assert judgement.verdict is Verdict.UNDECIDED
        assert "too little is known of this slice" in judgement.reason


def test_silence_is_counted_from_the_last_row() -> None:
    assert list(before_silence([0, 3, 0, 2, 0, 0])) == [0, 3, 0, 2]
    assert list(before_silence([0, 0])) == []
    assert silent_windows_needed([], slices=3) is None
    assert silent_windows_needed([0, 0, 0], slices=3) is None
