"""Intervals hold what they promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steek.measures import Bootstrap, wilson


@pytest.mark.covers("Q2")
@given(rows=st.integers(1, 5000), share=st.floats(0, 1))
def test_wilson_interval_contains_the_share_and_stays_inside_zero_and_one(rows: int, share: float) -> None:
    estimate = wilson(round(share * rows), rows)
    assert estimate.value is not None
    assert estimate.low is not None
    assert estimate.high is not None
    assert 0 <= estimate.low <= estimate.value + 1e-12
    assert estimate.value - 1e-12 <= estimate.high <= 1


@pytest.mark.covers("Q2")
def test_wilson_agrees_with_the_published_example() -> None:
    # Newcombe 1998, table I: 81 of 263.
    estimate = wilson(81, 263)
    assert (round(estimate.low or 0, 4), round(estimate.high or 0, 4)) == (0.2553, 0.3662)


@pytest.mark.covers("Q2")
def test_no_rows_give_no_value() -> None:
    assert wilson(0, 0).value is None
    assert Bootstrap(0, np.random.default_rng(1)).ratio(np.empty(0), np.empty(0)).estimate().value is None


@pytest.mark.covers("Q2")
def test_one_unit_gives_a_value_without_an_interval() -> None:
    estimate = Bootstrap(1, np.random.default_rng(1)).ratio(np.array([3.0]), np.array([2.0])).estimate()
    assert (estimate.value, estimate.low, estimate.high, estimate.rows) == (1.5, None, None, 1)


@pytest.mark.covers("Q2")
@pytest.mark.parametrize("units", [200, 5000])
def test_bootstrap_of_a_mean_is_as_wide_as_theory_says(units: int) -> None:
    generator = np.random.default_rng(3)
    values = generator.normal(10, 2, units)
    estimate = Bootstrap(units, generator).ratio(values, np.ones(units)).estimate()
    half = 1.96 * values.std(ddof=1) / np.sqrt(units)
    assert estimate.value == pytest.approx(values.mean())
    assert estimate.low is not None
    assert estimate.high is not None
    assert (estimate.high - estimate.low) / 2 == pytest.approx(half, rel=0.15)


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.arange(100.0)
    first, second = (Bootstrap(100, np.random.default_rng(5)).ratio(values, np.ones(100)).estimate() for _ in range(2))
    assert first == second


def test_a_paired_difference_is_surer_than_the_two_figures() -> None:
    generator = np.random.default_rng(9)
    hard = generator.normal(0, 5, 500)
    bootstrap = Bootstrap(500, generator)
    ones = np.ones(500)
    difference = bootstrap.ratio(hard + 0.1, ones).minus(bootstrap.ratio(hard, ones)).estimate()
    assert difference.value == pytest.approx(0.1)
    assert difference.low == pytest.approx(0.1)
    assert difference.high == pytest.approx(0.1)
