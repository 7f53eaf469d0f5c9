"""Conformance of `steek.evaluation.Metric`: a ratio of sums over queries that depends on nothing else."""

import numpy as np
from numpy.typing import NDArray

from steek.evaluation import Metric, PerQuery, Sample
from steek.measures import Queries

_LENGTHS = (4, 1, 6, 3)


def make_sample(lengths: tuple[int, ...] = _LENGTHS, *, seed: int = 7, agree: float | None = None) -> Sample:
    """Queries of the given lengths with labels 0 and 1 and scores inside 0..1.

    Args:
        lengths: Rows of each query.
        seed: Of labels and scores.
        agree: None draws the scores; 1.0 makes them equal to the labels and 0.0 their opposite.
    """
    generator = np.random.default_rng(seed)
    starts = np.concatenate(([0], np.cumsum(lengths)[:-1])).astype(np.int64) if lengths else np.empty(0, np.int64)
    labels = (generator.random(sum(lengths)) < 0.4).astype(np.float64)
    scores = generator.uniform(0.01, 0.99, labels.size)
    if agree is not None:
        scores = labels if agree else 1 - labels
    return Sample(labels, scores, Queries(starts, np.array(lengths, dtype=np.int64)))


class MetricConformance:
    """Subclass in a test module and give a fixture named `metric`; every test is inherited.

    Labels are 0 or 1 and scores inside 0..1, so they suit metrics of rankings, of probabilities and of numbers.
    """

    def test_it_gives_one_pair_of_numbers_per_query(self, metric: Metric) -> None:
        parts = _parts(metric, make_sample())
        assert parts.numerators.shape == parts.denominators.shape == (len(_LENGTHS),)
        assert np.isfinite(parts.numerators).all()
        assert (parts.denominators >= 0).all()

    def test_a_share_is_made_of_zeros_and_ones(self, metric: Metric) -> None:
        parts = _parts(metric, make_sample())
        if parts.is_share:
            assert np.isin(parts.numerators, (0, 1)).all()
            assert np.isin(parts.denominators, (0, 1)).all()

    def test_a_query_counts_for_itself_alone(self, metric: Metric) -> None:
        one, other = make_sample(seed=1), make_sample((2, 5), seed=2)
        lengths = np.concatenate([one.queries.lengths, other.queries.lengths])
        starts = np.concatenate([one.queries.starts, other.queries.starts + one.labels.size])
        both = Sample(_join(one.labels, other.labels), _join(one.scores, other.scores), Queries(starts, lengths))
        together, apart = _parts(metric, both), (_parts(metric, one), _parts(metric, other))
        np.testing.assert_allclose(together.numerators, _join(*(parts.numerators for parts in apart)))
        np.testing.assert_allclose(together.denominators, _join(*(parts.denominators for parts in apart)))

    def test_no_queries_give_no_numbers(self, metric: Metric) -> None:
        parts = _parts(metric, make_sample(()))
        assert parts.numerators.size == parts.denominators.size == 0

    def test_it_leaves_the_sample_alone_and_keeps_nothing(self, metric: Metric) -> None:
        sample = make_sample()
        labels, scores = sample.labels.copy(), sample.scores.copy()
        first, second = _parts(metric, sample), _parts(metric, sample)
        np.testing.assert_array_equal(first.numerators, second.numerators)
        np.testing.assert_array_equal(sample.labels, labels)
        np.testing.assert_array_equal(sample.scores, scores)

    def test_its_direction_says_what_is_better(self, metric: Metric) -> None:
        assert metric.direction in (-1, 0, 1)
        right, wrong = (_parts(metric, make_sample(agree=agree)) for agree in (1.0, 0.0))
        best, worst = (parts.numerators.sum() / parts.denominators.sum() for parts in (right, wrong))
        assert metric.direction * best >= metric.direction * worst

    def test_it_has_a_name(self, metric: Metric) -> None:
        assert metric.name == metric.name.strip().lower() != ""


def _parts(metric: Metric, sample: Sample) -> PerQuery:
    parts = metric.per_query(sample)
    assert parts is not None, f"{metric.name} means nothing for probabilities with labels 0 and 1"
    return parts


def _join(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([first, second])
