"""Estimates from samples against definitions that are slow and obvious."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steek.measures import Implied, Volume, estimate_mean, estimate_ratio, estimate_total, unexpected, unexpected_draw

Z = 1.959963984540054
rows = st.lists(
    st.tuples(st.floats(-10, 10), st.sampled_from([0.1, 0.25, 0.5, 1.0]), st.integers(0, 3)), min_size=2, max_size=12
)


@pytest.mark.covers("D7")
@settings(deadline=None)
@given(rows)
def test_the_interval_of_a_total_is_the_sum_over_pairs_of_a_unit(data: list[tuple[float, float, int]]) -> None:
    values, rates, units = (np.array(column) for column in zip(*data, strict=True))
    expanded = values / rates
    variance = sum(
        expanded[i] * expanded[j] * (1 - max(rates[i], rates[j]))
        for i in range(len(data))
        for j in range(len(data))
        if units[i] == units[j]
    )
    estimate = estimate_total(values, rates, units)
    assert estimate.high is not None
    assert estimate.value == pytest.approx(expanded.sum(), abs=1e-9)
    assert estimate.high - expanded.sum() == pytest.approx(Z * np.sqrt(max(0.0, variance)), rel=1e-6, abs=1e-5)


@pytest.mark.covers("D7")
def test_means_and_ratios_are_right_on_average_and_their_intervals_hold() -> None:
    generator = np.random.default_rng(3)
    units = np.repeat(np.arange(500), 3)
    below = generator.gamma(2.0, 1.0, units.size) + 0.5
    above = 2 * below + generator.normal(0, 1, units.size)
    rates = np.where(units % 2 == 0, 0.2, 0.6)
    mean, ratio = float(above.mean()), float(above.sum() / below.sum())
    covered = np.zeros(2)
    for _ in range(500):
        kept = generator.random(500)[units] < rates
        for at, (estimate, truth) in enumerate(
            (
                (estimate_mean(above[kept], rates[kept], units[kept]), mean),
                (estimate_ratio(above[kept], below[kept], rates[kept], units[kept]), ratio),
            )
        ):
            assert estimate.low is not None
            assert estimate.high is not None
            covered[at] += estimate.low < truth < estimate.high
    assert covered / 500 == pytest.approx([0.95, 0.95], abs=0.04)


@pytest.mark.covers("D7")
def test_what_cannot_be_estimated_is_none() -> None:
    nothing = np.empty(0)
    assert (estimate_total(nothing, nothing).value, estimate_total(nothing, nothing).low) == (0.0, None)
    assert estimate_mean(nothing, nothing).value is None
    assert estimate_total(np.array([np.nan]), np.ones(1)).value is None
    whole = estimate_total(np.array([1.0, 2.0]), np.ones(2))
    assert (whole.low, whole.value, whole.high) == (3.0, 3.0, 3.0)


@pytest.mark.covers("D10")
@pytest.mark.parametrize(
    ("implied", "before", "after", "told"),
    [
        (Implied(), 0, 0, None),
        (Implied(), 0, 1, "1 of 0 rows came out; implied: all of them"),
        (Implied(low_fraction=0.3, high_fraction=0.3), 10, 3, None),
        (Implied(low_fraction=0.25, high_fraction=0.25), 10, 3, None),
        (Implied(low_fraction=0.25, high_fraction=0.25), 10, 4, "4 of 10 rows came out (40%); implied: 25%"),
        (Implied(high_fraction=2.0), 10, 21, "21 of 10 rows came out (210%); implied: 100% to 200%"),
    ],
)
def test_rows_are_compared_with_what_is_implied(implied: Implied, before: int, after: int, told: str | None) -> None:
    assert unexpected(implied, Volume(before), Volume(after)) == told


@pytest.mark.covers("D10", "D7")
def test_a_draw_is_judged_by_its_own_spread() -> None:
    assert unexpected_draw(0.0, 0.0, 0) is None
    assert unexpected_draw(10.0, 0.0, 11) == "11 rows came out; the rates imply 10, give or take 0"
