"""The learners that come with steek."""

import numpy as np
import pytest

from steek.kernel.errors import DeclarationError, NotFoundError, RefusedError
from steek.models import LearnerSpec, open_format
from steek.testing.learner import LearnerConformance
from steek.training import Learner
from steek.training.learners import LightGBM, Poisson, open_learner
from steek.training.losses import refuse_exploded, weighted_log_loss, weighted_poisson_deviance


@pytest.mark.covers("T13", "T12")
class TestLightGBMBinary(LearnerConformance):
    @pytest.fixture
    def learner(self) -> Learner:
        return open_learner(LightGBM(objective="binary", trees=10))


@pytest.mark.covers("T13", "T12")
class TestLightGBMRegression(LearnerConformance):
    @pytest.fixture
    def learner(self) -> Learner:
        return open_learner(LightGBM(objective="regression", trees=10))


@pytest.mark.covers("T13", "T12")
class TestPoisson(LearnerConformance):
    @pytest.fixture
    def learner(self) -> Learner:
        return open_learner(Poisson())


@pytest.mark.covers("T7")
def test_lightgbm_gives_the_same_bytes_on_many_rows_with_two_threads() -> None:
    generator = np.random.default_rng(3)
    matrix = generator.normal(size=(20_000, 6)).astype(np.float32)
    labels = (matrix[:, 0] + generator.normal(size=20_000) > 1).astype(np.float64)
    learner = open_learner(LightGBM(objective="binary", trees=10, threads=2))
    names = tuple(f"view.f{number}" for number in range(6))
    fits = [learner.fit(matrix, labels, np.ones(20_000), None, names, 7) for _ in range(3)]
    assert len({fit.data for fit in fits}) == 1


def test_lightgbm_says_which_features_it_used() -> None:
    generator = np.random.default_rng(3)
    matrix = generator.normal(size=(2000, 2)).astype(np.float32)
    labels = (matrix[:, 1] > 0).astype(np.float64)
    learner = open_learner(LightGBM(objective="binary", trees=5))
    report = learner.fit(matrix, labels, np.ones(2000), None, ("v.noise", "v.signal"), 7).report
    assert report["importance"]["v.signal"] > 0.99
    assert report["loss"] < report["loss_of_constant"]


@pytest.mark.parametrize("labels", [np.zeros(300_000), np.tile([0.0, 0.0, 1.0], 100_000)])
def test_lightgbm_with_nothing_to_split_on_is_its_constant(
    labels: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> None:
    matrix = np.ones((300_000, 2), dtype=np.float32)
    learner = open_learner(LightGBM(objective="binary", trees=2))
    fitted = learner.fit(matrix, labels, np.linspace(0.5, 1, 300_000), None, ("v.a", "v.b"), 7)
    answers = open_format("lightgbm").load(fitted.data).predict(matrix[:2])
    np.testing.assert_allclose(answers, np.average(labels, weights=np.linspace(0.5, 1, 300_000)), atol=1e-9)


def test_poisson_finds_the_rates_that_made_the_counts() -> None:
    generator = np.random.default_rng(11)
    matrix = generator.normal(size=(5000, 2)).astype(np.float32)
    labels = generator.poisson(np.exp(0.7 + 0.4 * matrix[:, 0])).astype(np.float64)
    fitted = open_learner(Poisson(ridge=0.0)).fit(matrix, labels, np.ones(5000), None, ("v.a", "v.b"), 7)
    rates = open_format("linear").load(fitted.data).predict(np.array([[0, 0], [1, 0], [0, 1]], dtype=np.float32))
    np.testing.assert_allclose(rates, np.exp([0.7, 1.1, 0.7]), rtol=0.05)


def test_poisson_agrees_with_the_likelihood_equations() -> None:
    # At the maximum without penalty, fitted and observed totals agree (McCullagh and Nelder 1989, 2.5).
    generator = np.random.default_rng(5)
    matrix = generator.normal(size=(60, 3)).astype(np.float32)
    labels = generator.poisson(3, size=60).astype(np.float64)
    weights = np.linspace(0.3, 1, 60)
    fitted = open_learner(Poisson(ridge=0.0)).fit(matrix, labels, weights, None, ("v.a", "v.b", "v.c"), 7)
    answers = open_format("linear").load(fitted.data).predict(matrix)
    assert weights @ answers == pytest.approx(weights @ labels, rel=1e-6)


@pytest.mark.parametrize("labels", [np.zeros(30), np.full(30, 4.0), np.r_[np.zeros(29), 1e6]])
def test_poisson_copes_with_odd_counts(labels: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
    matrix = np.linspace(0, 1, 30, dtype=np.float32).reshape(30, 1)
    fitted = open_learner(Poisson()).fit(matrix, labels, np.ones(30), None, ("v.a",), 7)
    answers = open_format("linear").load(fitted.data).predict(matrix)
    assert np.isfinite(answers).all()
    assert answers.mean() == pytest.approx(labels.mean(), rel=0.01, abs=0.01)


@pytest.mark.covers("T12")
def test_negative_counts_are_refused() -> None:
    with pytest.raises(RefusedError, match="smallest label is -1"):
        open_learner(Poisson()).fit(
            np.ones((30, 1), dtype=np.float32), np.full(30, -1.0), np.ones(30), None, ("v.a",), 7
        )


@pytest.mark.covers("T12")
@pytest.mark.parametrize("loss", [float("nan"), float("inf"), 0.8])
def test_a_fit_that_is_no_better_than_a_constant_has_exploded(loss: float) -> None:
    with pytest.raises(RefusedError, match="did not learn"):
        refuse_exploded("boosting", fitted=loss, base=0.7)
    refuse_exploded("boosting", fitted=0.69, base=0.7)


def test_losses_are_their_formulas() -> None:
    answers, labels, weights = np.array([0.8, 0.1]), np.array([1.0, 0.0]), np.array([3.0, 1.0])
    assert weighted_log_loss(answers, labels, weights) == pytest.approx(-(3 * np.log(0.8) + np.log(0.9)) / 4)
    counts, rates = np.array([0.0, 3.0]), np.array([0.5, 2.0])
    expected = (2 * 0.5 + 2 * (3 * np.log(1.5) - 1)) / 2
    assert weighted_poisson_deviance(rates, counts, np.ones(2)) == pytest.approx(expected)


@pytest.mark.covers("N3")
def test_what_no_learner_understands_is_refused_by_name() -> None:
    with pytest.raises(NotFoundError, match="no learner named 'lightgmb'") as caught:
        open_learner(LearnerSpec("lightgmb"))
    assert "Did you mean 'lightgbm'?" in str(caught.value)
    with pytest.raises(DeclarationError, match="unexpected keyword argument 'depth'"):
        open_learner(LearnerSpec("poisson", {"depth": 3}))
    with pytest.raises(DeclarationError, match="objective is 'rank'; allowed: binary, regression"):
        open_learner(LearnerSpec("lightgbm", dict(LightGBM(objective="binary").parameters) | {"objective": "rank"}))
