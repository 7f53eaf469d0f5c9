"""Areas and losses against definitions that are slow and obvious."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steek.measures import Bootstrap, log_loss_terms, pr_auc, resampled_areas, roc_auc

rows = st.lists(st.tuples(st.sampled_from([0.0, 1.0]), st.sampled_from([0.1, 0.2, 0.5, 0.9])), min_size=1, max_size=40)


@pytest.mark.covers("Q2")
@given(rows)
def test_roc_auc_is_the_share_of_pairs_in_the_right_order(data: list[tuple[float, float]]) -> None:
    ones = [score for label, score in data if label]
    zeros = [score for label, score in data if not label]
    pairs = [(one > zero) + (one == zero) / 2 for one in ones for zero in zeros]
    labels, scores = np.array(data).T
    expected = None if not pairs else pytest.approx(sum(pairs) / len(pairs))
    assert roc_auc(labels, scores) == expected


@pytest.mark.covers("Q2")
@given(rows)
def test_pr_auc_adds_precision_over_recall_steps(data: list[tuple[float, float]]) -> None:
    labels, scores = np.array(data).T
    positives = labels.sum()
    if positives == 0:
        assert pr_auc(labels, scores) is None
        return
    area, before = 0.0, 0.0
    for threshold in sorted(set(scores), reverse=True):
        shown = scores >= threshold
        recall = labels[shown].sum() / positives
        area += (recall - before) * labels[shown].mean()
        before = recall
    assert pr_auc(labels, scores) == pytest.approx(area)


@pytest.mark.covers("Q2")
def test_log_loss_does_not_hide_an_impossible_that_happened() -> None:
    terms = log_loss_terms(np.array([1.0, 0.0, 1.0]), np.array([0.0, 0.5, 1.5]))
    assert terms[0] == np.inf
    assert terms[1] == pytest.approx(np.log(2))
    assert np.isnan(terms[2])


@pytest.mark.covers("Q2")
def test_area_intervals_hold_the_exact_area_and_shrink_with_rows() -> None:
    generator = np.random.default_rng(11)
    widths: list[float] = []
    for count in (500, 20_000):
        labels = (generator.random(count) < 0.2).astype(float)
        scores = labels + generator.normal(0, 1, count)
        areas = resampled_areas(labels, scores, np.arange(count), Bootstrap(count, generator))
        roc, pr = (area.estimate() for area in areas)
        assert roc.value == roc_auc(labels, scores)
        assert pr.value == pr_auc(labels, scores)
        assert roc.low is not None
        assert roc.high is not None
        assert roc.low < (roc.value or 0) < roc.high
        widths.append(roc.high - roc.low)
    assert widths[1] < widths[0] / 3


def test_one_class_alone_has_no_area() -> None:
    bootstrap = Bootstrap(5, np.random.default_rng(1))
    roc = resampled_areas(np.zeros(5), np.arange(5.0), np.arange(5), bootstrap)[0].estimate()
    assert (roc.value, roc.low, roc.rows) == (None, None, 5)


@pytest.mark.covers("Q2")
def test_area_interval_is_as_wide_as_hanley_and_mcneil_say() -> None:
    generator = np.random.default_rng(4)
    labels = np.repeat([0.0, 1.0], [3000, 1000])
    scores = generator.normal(labels, 1)
    bootstrap = Bootstrap(4000, generator)
    area = resampled_areas(labels, scores, generator.permutation(4000), bootstrap)[0].estimate()
    assert area.value is not None
    assert area.low is not None
    assert area.high is not None
    q1, q2 = area.value / (2 - area.value), 2 * area.value**2 / (1 + area.value)
    variance = area.value * (1 - area.value) + 999 * (q1 - area.value**2) + 2999 * (q2 - area.value**2)
    half = 1.96 * np.sqrt(variance / (3000 * 1000))
    assert (area.high - area.low) / 2 == pytest.approx(half, rel=0.15)
