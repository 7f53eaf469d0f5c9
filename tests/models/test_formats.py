"""The formats that come with steek."""

import json
from typing import Any

import lightgbm
import numpy as np
import pytest

from steek.formats.linear import LinearModel
from steek.kernel.errors import NotFoundError, UnreadableError
from steek.models import ModelFormat, open_format
from steek.testing.model_format import ModelFormatConformance

LINEAR = LinearModel(("view.a", "view.b"), (0.5, -0.25), (1.0, 2.0), 0.1, "log")


@pytest.mark.covers("M3")
class TestLinear(ModelFormatConformance):
    @pytest.fixture
    def model_format(self) -> ModelFormat:
        return open_format("linear")

    @pytest.fixture
    def artifact(self) -> bytes:
        return LINEAR.to_bytes()


@pytest.mark.covers("M3")
class TestLightGBM(ModelFormatConformance):
    @pytest.fixture
    def model_format(self) -> ModelFormat:
        return open_format("lightgbm")

    @pytest.fixture
    def artifact(self) -> bytes:
        matrix = np.random.default_rng(7).normal(size=(400, 2))
        data = lightgbm.Dataset(matrix, (matrix[:, 0] > 0).astype(float), feature_name=["view.a", "view.b"])
        booster: Any = lightgbm.train(  # pyright: ignore[reportUnknownMemberType] - lightgbm leaves types open
            {"objective": "binary", "verbosity": -1, "num_threads": 1}, data, num_boost_round=5
        )
        return booster.model_to_string().encode()


def test_a_linear_answer_is_the_formula() -> None:
    predictor = open_format("linear").load(LINEAR.to_bytes())
    answers = predictor.predict(np.array([[2.0, 4.0], [np.nan, np.nan]], dtype=np.float32))
    np.testing.assert_allclose(answers, np.exp([0.1 + 1.0 - 1.0, 0.1 + 0.5 - 0.5]))


def test_an_extreme_linear_answer_stays_finite() -> None:
    predictor = open_format("linear").load(LINEAR.to_bytes())
    assert np.isfinite(predictor.predict(np.array([[1e30, 0.0]], dtype=np.float32))).all()


@pytest.mark.covers("V5")
@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"link": "magic"}, "link 'magic'; allowed: identity, log"),
        ({"coefficients": [0.5]}, "numbers of features, coefficients and fill values differ"),
        ({"intercept": float("nan")}, "a coefficient is not finite"),
        ({"version": 2}, "version 2"),
    ],
)
def test_a_linear_model_that_makes_no_sense_is_unreadable(change: dict[str, object], complaint: str) -> None:
    content = json.loads(LINEAR.to_bytes()) | change
    with pytest.raises(UnreadableError, match=complaint):
        open_format("linear").load(json.dumps(content).encode())


@pytest.mark.covers("N3")
def test_an_unknown_format_lists_what_is_installed() -> None:
    with pytest.raises(NotFoundError, match="no format named 'pickle'; there are: lightgbm, linear"):
        open_format("pickle")
