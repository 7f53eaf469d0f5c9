"""Conformance of `steek.models.ModelFormat`: what every format of artifacts does."""

import numpy as np

from steek.kernel.errors import UnreadableError
from steek.models import ModelFormat


class ModelFormatConformance:
    """Subclass in a test module and give two fixtures; every test is inherited.

    `model_format` is the format; `artifact` the bytes of one sound model of two or more features.
    """

    def test_it_is_registered_under_its_name(self, model_format: ModelFormat) -> None:
        assert model_format.name
        assert model_format.name == model_format.name.lower()

    def test_answers_are_one_finite_number_per_row(self, model_format: ModelFormat, artifact: bytes) -> None:
        predictor = model_format.load(artifact)
        matrix = np.linspace(-2, 2, 5 * len(predictor.feature_names), dtype=np.float32).reshape(5, -1)
        answers = predictor.predict(matrix)
        assert (answers.shape, answers.dtype) == ((5,), np.float64)
        assert np.isfinite(answers).all()

    def test_missing_features_are_answered_too(self, model_format: ModelFormat, artifact: bytes) -> None:
        predictor = model_format.load(artifact)
        matrix = np.full((3, len(predictor.feature_names)), np.nan, dtype=np.float32)
        assert np.isfinite(predictor.predict(matrix)).all()

    def test_no_rows_give_no_answers(self, model_format: ModelFormat, artifact: bytes) -> None:
        predictor = model_format.load(artifact)
        matrix = np.empty((0, len(predictor.feature_names)), dtype=np.float32)
        assert predictor.predict(matrix).shape == (0,)

    def test_a_row_is_answered_the_same_alone_and_among_others(
        self, model_format: ModelFormat, artifact: bytes
    ) -> None:
        predictor = model_format.load(artifact)
        matrix = np.linspace(-2, 2, 4 * len(predictor.feature_names), dtype=np.float32).reshape(4, -1)
        alone = [float(predictor.predict(matrix[row : row + 1])[0]) for row in range(4)]
        np.testing.assert_allclose(predictor.predict(matrix), alone, rtol=1e-12)

    def test_predicting_leaves_the_matrix_alone(self, model_format: ModelFormat, artifact: bytes) -> None:
        predictor = model_format.load(artifact)
        matrix = np.full((2, len(predictor.feature_names)), np.nan, dtype=np.float32)
        predictor.predict(matrix)
        assert np.isnan(matrix).all()

    def test_loading_twice_gives_the_same_answers(self, model_format: ModelFormat, artifact: bytes) -> None:
        first, second = model_format.load(artifact), model_format.load(artifact)
        assert first.feature_names == second.feature_names
        matrix = np.ones((1, len(first.feature_names)), dtype=np.float32)
        np.testing.assert_array_equal(first.predict(matrix), second.predict(matrix))

    def test_what_is_not_of_this_format_is_unreadable(self, model_format: ModelFormat, artifact: bytes) -> None:
        for data in (b"", b"\x00\x01\x02", b"{}", b"not a model", artifact[: len(artifact) // 2]):
            try:
                model_format.load(data)
            except UnreadableError:
                continue
            message = f"{data[:10]!r} was taken for a model"
            raise AssertionError(message)
