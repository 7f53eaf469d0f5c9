"""Statistics of many series at once, against their plain forms and against known truth."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steek.measures.changepoints import change_points, last_changes
from steek.measures.drifts import drift_limit, drifts
from steek.measures.robust import median, spread
from steek.measures.robust_rows import last_values, row_medians, row_spreads
from steek.measures.seasons import learn_seasons, season_of_one
from steek.measures.tails import far_quantile

numbers = st.lists(st.floats(-1e6, 1e6) | st.just(7.0), min_size=1, max_size=40)


@given(st.lists(numbers, min_size=1, max_size=4))
@settings(max_examples=60)
def test_rows_are_what_each_is_alone(series: list[list[float]]) -> None:
    width = max(map(len, series))
    rows = np.array([[*values, *[math.nan] * (width - len(values))] for values in series])
    assert row_medians(rows).tolist() == [median(values) for values in series]
    assert row_spreads(rows).tolist() == pytest.approx([spread(values, centre=0.0) for values in series], rel=1e-12)
    assert row_medians(last_values(rows, 3)).tolist() == [median(values[-3:]) for values in series]


def test_rows_without_values_are_nothing() -> None:
    nothing = np.full((2, 3), math.nan)
    assert np.isnan(row_medians(nothing)).all()
    assert np.isnan(row_spreads(nothing)).all()
    assert np.isnan(row_medians(np.empty((1, 0)))).all()


@given(st.lists(st.tuples(st.floats(0, 100), st.integers(0, 3)), min_size=3, max_size=30), st.integers(0, 3))
@settings(max_examples=60)
def test_a_part_of_the_season_borrows_until_it_was_seen_three_times(pairs: list[tuple[float, int]], part: int) -> None:
    values, parts = [value for value, _ in pairs], [place for _, place in pairs]
    level, coarse = np.array(parts), np.array(parts) % 2
    found = learn_seasons(np.array([values]), [level, coarse], [np.arange(4), np.arange(4) % 2])
    centre, known, deviations = season_of_one(values, [parts, [place % 2 for place in parts]], [part, part % 2])
    assert (found.centres[0, part], found.known[0, part]) == (centre, known)
    assert found.spreads[0] == pytest.approx(spread(deviations, centre=0.0))
    if parts.count(part) >= 3:
        assert known == parts.count(part)


@pytest.mark.covers("O8")
@pytest.mark.parametrize("size", [3.0, 5.0, 9.0])
def test_a_change_of_level_is_found_within_its_interval(size: float) -> None:
    generator = np.random.default_rng(5)
    covered = 0
    for _ in range(100):
        values = generator.normal(size=60)
        values[40:] += size
        point = min(change_points(values.tolist()), key=lambda one: abs(one.index - 40))
        covered += point.low <= 40 <= point.high
        assert point.after - point.before == pytest.approx(size, abs=1.2)
    assert covered >= 93


def test_noise_spikes_and_constants_have_no_change_of_level() -> None:
    noise = np.random.default_rng(6).normal(size=(400, 90))
    assert (last_changes(noise) > 0).mean() < 0.04
    spiked = np.full(40, 5.0)
    spiked[[12, 30, 31]] = 900.0
    assert change_points(spiked.tolist()) == ()
    assert change_points([5.0] * 40) == ()
    assert change_points([1.0, 9.0, 1.0]) == ()


@given(st.integers(0, 500), st.integers(1, 60), st.floats(-8, 8))
@settings(max_examples=40)
def test_many_series_are_cut_as_each_alone(seed: int, at: int, size: float) -> None:
    rows = np.random.default_rng(seed).normal(size=(3, 60))
    rows[1, at:] += size
    alone = [change_points(row.tolist()) for row in rows]
    assert last_changes(rows, chunk=2).tolist() == [points[-1].index if points else 0 for points in alone]


@pytest.mark.covers("O6")
def test_six_weeks_of_slow_decay_are_a_drift_and_a_season_a_step_of_one_week_or_a_holiday_are_not() -> None:
    generator = np.random.default_rng(7)
    days = np.arange(98)
    calm = 50 + 8 * np.sin(2 * np.pi * days / 7) + generator.normal(size=(200, 98))
    decay = calm.copy()
    decay[:, 56:] -= 0.12 * np.arange(42)
    holiday = calm.copy()
    holiday[:, 84:91] -= 30
    gone = calm.copy()
    gone[:, 20:60] = np.nan
    found = {name: np.abs(drifts(rows, 7).sums) >= drift_limit(1) for name, rows in
             (("calm", calm), ("decay", decay), ("holiday", holiday), ("gone", gone))}  # fmt: skip
    assert found["decay"].mean() > 0.95
    assert max(found[name].mean() for name in ("calm", "holiday", "gone")) < 0.03


def test_too_few_weeks_and_constant_series_do_not_drift() -> None:
    assert np.isnan(drifts(np.ones((2, 63)), 7).sums).all()
    assert np.isnan(drifts(np.ones((2, 98)), 7).sums).all()


@given(st.integers(0, 300), st.sampled_from([1e-4, 1e-5, 1e-6]))
@settings(max_examples=30)
def test_a_far_quantile_of_normal_values_is_near_the_true_one(seed: int, probability: float) -> None:
    values = np.abs(np.random.default_rng(seed).normal(size=12_000))
    found = far_quantile(values, probability)
    # The further beyond the sample, the less it knows.
    true, room = {1e-4: (3.89, 0.2), 1e-5: (4.42, 0.35), 1e-6: (4.89, 0.6)}[probability]
    assert found == pytest.approx(true, rel=room)


def test_few_values_have_no_tail_and_constant_ones_a_short_one() -> None:
    assert far_quantile(np.ones(150), 1e-4) is None
    assert far_quantile(np.ones(300), 1e-4) == 1.0
    assert far_quantile(np.arange(300.0), 0.5) == 149.0
