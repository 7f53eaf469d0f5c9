"""Built-in metrics pass the suite that is shipped for strangers' ones."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from steek.evaluation import Metric, PerQuery, Sample
from steek.evaluation import metrics as module
from steek.evaluation.figures import measure, metric_names
from steek.evaluation.metrics import known_metrics, open_metric
from steek.kernel.errors import NotFoundError, UserCodeError
from steek.measures import Bootstrap, Queries
from steek.testing.metric import MetricConformance, make_sample

BUILT_IN = ["base_rate", "bias", "expected_to_observed", "hit_rate_at_5", "log_loss", "mae", "mse", "ndcg_at_10"]


@pytest.mark.covers("Q2")
@pytest.mark.parametrize("name", BUILT_IN)
class TestBuiltIn(MetricConformance):
    @pytest.fixture
    def metric(self, name: str) -> Metric:
        return open_metric(name)


@dataclass(frozen=True)
class Coverage:
    """A stranger's metric: share of queries with any score above one half."""

    name: str = "coverage"
    direction: int = 1

    def per_query(self, sample: Sample) -> PerQuery | None:
        above = sample.queries.sums((sample.scores > 0.5).astype(np.float64)) > 0
        return PerQuery(above.astype(np.float64), np.ones(above.size), is_share=True)


class Raising(Coverage):
    def per_query(self, sample: Sample) -> PerQuery | None:
        raise ZeroDivisionError(sample.labels.size)


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Callable[[type[Coverage]], None]:
    """Put a metric where an installed distribution's entry point would put it."""

    def put(plugin: type[Coverage]) -> None:
        def names(kind: str) -> list[str]:
            return ["coverage"] if kind == "metric" else []

        def load(_kind: str, _name: str) -> type[Coverage]:
            return plugin

        monkeypatch.setattr(module, "plugin_names", names)
        monkeypatch.setattr(module, "load_plugin", load)

    return put


@pytest.mark.covers("Q2")
def test_a_strangers_metric_is_measured_like_a_built_in_one(register: Callable[[type[Coverage]], None]) -> None:
    register(Coverage)
    sample = make_sample((5, 5, 5))
    (figure,) = measure(sample, ["coverage"], Bootstrap(3, np.random.default_rng(1)))
    above = [(sample.scores[start : start + 5] > 0.5).any() for start in (0, 5, 10)]
    assert figure.estimate().value == pytest.approx(np.mean(above))
    assert "coverage" in known_metrics()


def test_a_strangers_metric_that_raises_is_named(register: Callable[[type[Coverage]], None]) -> None:
    register(Raising)
    with pytest.raises(UserCodeError, match="metric coverage raised ZeroDivisionError"):
        measure(make_sample(), ["coverage"], Bootstrap(4, np.random.default_rng(1)))


@pytest.mark.covers("N3")
def test_an_unknown_metric_names_the_nearest() -> None:
    with pytest.raises(NotFoundError, match="log_loss"):
        open_metric("logloss")
    with pytest.raises(NotFoundError, match="hit_rate_at_<k>"):
        open_metric("hit_rate_at_0")


def test_scores_that_are_no_probabilities_get_no_log_loss_and_no_bias() -> None:
    sample = Sample(np.array([1.0, 0.0]), np.array([7.0, -2.0]), Queries.of(np.array([0, 0])))
    assert metric_names("ranking", sample) == ["hit_rate_at_5", "ndcg_at_10", "pr_auc", "roc_auc"]
    assert measure(sample, ["log_loss"], Bootstrap(1, np.random.default_rng(1))) == []


@pytest.mark.covers("Q2")
def test_an_infinite_log_loss_is_shown_as_infinite() -> None:
    sample = Sample(np.array([1.0, 0.0]), np.array([0.0, 0.5]), Queries.of(np.array([0, 1])))
    (figure,) = measure(sample, ["log_loss"], Bootstrap(2, np.random.default_rng(1)))
    assert figure.estimate().value == math.inf
    assert figure.estimate().low is None
