import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steek.kernel.errors import InputError
from steek.measures.robust import mad_bounds, median, scaled_mad, spread, weekday_bounds

finite = st.floats(min_value=-1e6, max_value=1e6)
samples = st.lists(finite, min_size=3, max_size=40)


@given(samples, st.floats(min_value=0.1, max_value=100), finite)
def test_shift_and_stretch_move_the_bounds_along(values: list[float], factor: float, shift: float) -> None:
    plain = mad_bounds(values)
    moved = mad_bounds([factor * value + shift for value in values])
    assert math.isclose(moved.lower, factor * plain.lower + shift, rel_tol=1e-6, abs_tol=1e-3)
    assert math.isclose(moved.upper, factor * plain.upper + shift, rel_tol=1e-6, abs_tol=1e-3)


@given(samples)
def test_bounds_hold_the_median_and_do_not_depend_on_order(values: list[float]) -> None:
    bounds = mad_bounds(values)
    assert bounds.lower <= median(values) <= bounds.upper
    assert mad_bounds(sorted(values)) == bounds


@given(st.lists(st.floats(min_value=90, max_value=110), min_size=8, max_size=30))
def test_one_wild_value_hardly_moves_the_bounds(values: list[float]) -> None:
    wild = mad_bounds([*values, 1e9])
    assert wild.upper < 110 + 6 * 20 * 1.9


@pytest.mark.covers("O6")
def test_scaled_mad_estimates_the_standard_deviation_of_normal_values() -> None:
    generator = np.random.default_rng(3)
    for size in (7, 28):
        estimates = [scaled_mad(generator.normal(50, 4, size).tolist()) for _ in range(2000)]
        assert math.isclose(float(np.mean(estimates)), 4, rel_tol=0.05)


@pytest.mark.covers("O6")
def test_false_alarms_at_the_default_width_are_as_rare_as_promised() -> None:
    generator = np.random.default_rng(5)
    alarms = {7: 0, 14: 0}
    for size in alarms:
        for _ in range(4000):
            *past, new = generator.normal(0, 1, size + 1).tolist()
            bounds = mad_bounds(past)
            alarms[size] += not bounds.lower <= new <= bounds.upper
    assert alarms[7] <= 4000 / 250
    assert alarms[14] <= 2


def test_equal_values_give_equal_bounds_unless_chance_has_a_say() -> None:
    assert mad_bounds([24.0] * 8).lower == 24.0
    bounds = mad_bounds([24.0] * 8, least_spread=1.0)
    assert math.isclose(bounds.lower, 24 - 6 * math.sqrt(1 + math.pi / 16))


def test_the_square_root_scale_keeps_counts_above_zero_and_notices_that_most_are_gone() -> None:
    bounds = mad_bounds([120, 70, 95, 160, 110, 80, 130, 99], scale="sqrt", least_spread=0.5)
    linear = mad_bounds([120, 70, 95, 160, 110, 80, 130, 99], least_spread=10)
    assert linear.lower < 0 <= bounds.lower
    assert mad_bounds([400, 380, 420, 390, 410, 405, 398], scale="sqrt", least_spread=0.5).lower > 200


def test_a_season_gives_each_weekday_its_own_bounds() -> None:
    days = [day % 7 for day in range(28)]
    values = [(100.0 if day >= 5 else 40.0) + (index % 3) for index, day in enumerate(days)]
    assert weekday_bounds(values, days, 6).lower > 60
    assert weekday_bounds(values, days, 2).upper < 80
    assert weekday_bounds(values[:14], days[:14], 6) == mad_bounds(values[:14])


def test_one_value_has_no_spread_and_one_wild_in_five_does_not_stretch_it() -> None:
    assert spread([5.0]) == 0.0
    calm = [50.0, 51, 49, 52, 48, 50, 51, 49]
    assert spread([*calm, 2, 3]) < 3


@pytest.mark.parametrize("values", [[], [1.0, math.nan], [math.inf]])
def test_nothing_and_not_finite_are_refused(values: list[float]) -> None:
    with pytest.raises(InputError, match="at least one value, all of them finite"):
        mad_bounds(values)


def test_a_negative_count_and_unpaired_weekdays_are_refused() -> None:
    with pytest.raises(InputError, match=r"one value is -2\.0"):
        mad_bounds([1, -2], scale="sqrt")
    with pytest.raises(InputError, match="2 values but 1 weekdays"):
        weekday_bounds([1, 2], [0], 0)
