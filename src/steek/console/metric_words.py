"""Metrics in words, and which way is better."""

import re

_SAID = {
    "base_rate": "share of right candidates",
    "bias": "bias",
    "expected_to_observed": "expected over observed",
    "golden_change": "golden answers changed",
    "log_loss": "log loss",
    "mae": "mean absolute error",
    "mse": "mean squared error",
    "pr_auc": "PR AUC",
    "roc_auc": "ROC AUC",
}
_COST = ("loss", "error", "mae", "mse", "deviance")
_NEITHER = ("base_rate", "bias", "expected", "change")
_PLACES = {"1": "first place", "3": "top three", "5": "top five", "10": "top ten"}


def metric_words(metric: str) -> str:
    """A metric as people say it.

    >>> metric_words("hit_rate_at_5"), metric_words("ndcg_at_10"), metric_words("log_loss")
    ('top five hit rate', 'NDCG at 10', 'log loss')
    """
    hits = re.fullmatch(r"hit_rate_at_(\d+)", metric)
    if hits:
        return f"{_PLACES.get(hits.group(1), f'top {hits.group(1)}')} hit rate"
    return _SAID.get(metric, re.sub(r"^ndcg", "NDCG", metric).replace("_", " "))


def is_cost(metric: str) -> bool:
    """Whether smaller is better."""
    return any(word in metric for word in _COST)


def says_better(metric: str) -> bool:
    """Whether the metric says which of two models is better; a base rate is the same for all, a bias has two sides."""
    return not metric.startswith(_NEITHER)
