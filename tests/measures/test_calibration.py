"""Calibration tables."""

import numpy as np
import pytest

from steek.measures import calibration_table


@pytest.mark.covers("Q2")
def test_honest_probabilities_lie_inside_their_intervals() -> None:
    generator = np.random.default_rng(2)
    scores = generator.beta(0.3, 6, 50_000)
    labels = (generator.random(50_000) < scores).astype(float)
    table = calibration_table(labels, scores)
    assert len(table) == 10
    assert sum(row.observed.rows for row in table) == 50_000
    inside = [(row.observed.low or 0) <= row.predicted <= (row.observed.high or 1) for row in table]
    assert sum(inside) >= 8


@pytest.mark.covers("Q2")
def test_scores_twice_too_high_are_seen() -> None:
    generator = np.random.default_rng(2)
    chance = generator.random(20_000) / 2
    labels = (generator.random(20_000) < chance).astype(float)
    table = calibration_table(labels, 2 * chance)
    assert all(row.predicted > (row.observed.high or 1) for row in table)


def test_equal_scores_stay_in_one_bin_and_nan_is_left_out() -> None:
    table = calibration_table(np.array([0.0, 1.0, 1.0, 0.0]), np.array([0.5, 0.5, 0.5, np.nan]))
    assert [(row.predicted, row.observed.rows) for row in table] == [(0.5, 3)]


def test_regression_bins_have_mean_intervals_and_may_hold_negative_scores() -> None:
    table = calibration_table(np.array([-2.0, -1.0, 3.0, 5.0]), np.array([-2.0, -1.5, 3.0, 4.0]), bins=2)
    assert [row.observed.value for row in table] == [-1.5, 4.0]


def test_no_rows_make_no_bins() -> None:
    assert calibration_table(np.empty(0), np.empty(0)) == []
