"""Conformance of `steek.training.Learner`: what every learner does with its rows."""

import json
import pickle

import numpy as np

from steek.kernel.errors import RefusedError
from steek.models import open_format
from steek.training import FittedModel, Learner

_FEATURES = ("view.signal", "view.noise", "view.gaps")


class LearnerConformance:
    """Subclass in a test module and give a fixture named `learner`; every test is inherited.

    Labels are 0 or 1 and follow the first feature, so they suit learners of probabilities, numbers and counts.
    """

    def fit(self, learner: Learner, *, rows: int = 600) -> FittedModel:
        """Fit on a small world of three features, one of them with gaps."""
        generator = np.random.default_rng(7)
        matrix = generator.normal(size=(rows, 3)).astype(np.float32)
        matrix[::3, 2] = np.nan
        labels = (generator.random(rows) < 1 / (1 + np.exp(-2 * matrix[:, 0]))).astype(np.float64)
        groups = np.repeat(np.arange(rows // 10 + 1, dtype=np.uint32), 10)[:rows]
        return learner.fit(matrix, labels, np.linspace(0.5, 1, rows), groups, _FEATURES, 7)

    def test_the_same_rows_give_the_same_bytes_and_report(self, learner: Learner) -> None:
        first, second = self.fit(learner), self.fit(learner)
        assert (first.data, first.report) == (second.data, second.report)

    def test_the_artifact_is_of_the_format_it_names_and_keeps_the_features(self, learner: Learner) -> None:
        fitted = self.fit(learner)
        assert open_format(fitted.format).load(fitted.data).feature_names == _FEATURES

    def test_it_learns_what_is_there_to_learn(self, learner: Learner) -> None:
        fitted = self.fit(learner)
        predictor = open_format(fitted.format).load(fitted.data)
        low, high = predictor.predict(np.array([[-2, 0, 0], [2, 0, 0]], dtype=np.float32))
        assert high > low + 0.3

    def test_the_report_is_finite_json(self, learner: Learner) -> None:
        json.dumps(self.fit(learner).report, allow_nan=False)

    def test_it_leaves_its_arrays_alone(self, learner: Learner) -> None:
        matrix = np.tile(np.array([[0.0, np.nan, 1.0], [1.0, 2.0, np.nan]], dtype=np.float32), (300, 1))
        labels, weights = np.tile([0.0, 1.0], 300), np.ones(600)
        before = matrix.copy(), labels.copy(), weights.copy()
        learner.fit(matrix, labels, weights, None, _FEATURES, 7)
        for now, then in zip((matrix, labels, weights), before, strict=True):
            np.testing.assert_array_equal(now, then)

    def test_a_constant_and_an_absent_feature_do_no_harm(self, learner: Learner) -> None:
        matrix = np.full((600, 3), 4.0, dtype=np.float32)
        matrix[:, 1] = np.nan
        matrix[:, 0] = np.linspace(-1, 1, 600)
        labels = (matrix[:, 0] > 0).astype(np.float64)
        fitted = learner.fit(matrix, labels, np.ones(600), None, _FEATURES, 7)
        assert np.isfinite(open_format(fitted.format).load(fitted.data).predict(matrix)).all()

    def test_meaningless_numbers_stop_it(self, learner: Learner) -> None:
        matrix = np.zeros((600, 3), dtype=np.float32)
        try:
            learner.fit(matrix, np.full(600, np.nan), np.ones(600), None, _FEATURES, 7)
        except RefusedError as error:
            assert error.next_step  # noqa: PT017 - the suite must not depend on a test runner
        else:
            message = "labels that are no numbers were learned from"
            raise AssertionError(message)

    def test_it_pickles(self, learner: Learner) -> None:
        assert pickle.loads(pickle.dumps(learner)).minimum_rows == learner.minimum_rows  # noqa: S301 - own bytes

    def test_it_says_how_few_rows_it_needs(self, learner: Learner) -> None:
        assert learner.minimum_rows >= 1
        self.fit(learner, rows=max(learner.minimum_rows, 2))
