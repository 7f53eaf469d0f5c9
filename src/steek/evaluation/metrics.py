"""The built-in metrics that are ratios of sums, and how a metric is found by its name."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np

from steek.evaluation.ports import Metric, PerQuery, Sample
from steek.kernel.errors import DeclarationError, NotFoundError, describe_unknown
from steek.kernel.plugins import load_plugin, plugin_names
from steek.measures import hits_at, log_loss_terms, ndcg_at

# Areas under curves are no ratios of sums; `figures` measures them.
AREAS = ("roc_auc", "pr_auc")
_AT_PLACE = re.compile(r"(hit_rate|ndcg)_at_([1-9]\d{0,3})")


@dataclass(frozen=True, slots=True)
class SumMetric:
    """A built-in metric: its name, its better direction and what it adds up."""

    name: str
    direction: int
    compute: Callable[[Sample], PerQuery | None]

    def per_query(self, sample: Sample) -> PerQuery | None:
        return self.compute(sample)


def open_metric(name: str) -> Metric:
    """The metric called `name`: hit_rate_at_<k>, ndcg_at_<k>, another built-in one, or a registered plug-in.

    Raises:
        NotFoundError: no such metric.

    >>> open_metric("hit_rate_at_5").direction
    1
    """
    placed = _AT_PLACE.fullmatch(name)
    if placed is not None:
        return _at_place(placed.group(1), int(placed.group(2)))
    if name in _BUILT_IN:
        direction, compute = _BUILT_IN[name]
        return SumMetric(name, direction, compute)
    if name in plugin_names("metric"):
        return cast("type[Metric]", load_plugin("metric", name))()
    message, hint = describe_unknown("metric", name, known_metrics())
    raise NotFoundError(message, next_step=hint)


def known_metrics() -> list[str]:
    """Names of all metrics that can be asked for; <k> stands for a place."""
    return sorted({"hit_rate_at_<k>", "ndcg_at_<k>", *AREAS, *_BUILT_IN, *plugin_names("metric")})


def require_metric(name: str) -> int:
    """The better direction of a metric that a declaration names: 1 higher, -1 lower, 0 neither.

    Raises:
        DeclarationError: no such metric.
    """
    if name in AREAS:
        return 1
    try:
        return open_metric(name).direction
    except NotFoundError as cause:
        raise DeclarationError(cause.message, next_step=cause.next_step) from cause


def require_direction(name: str) -> int:
    """As `require_metric`, for a check that needs to know what is better.

    Raises:
        DeclarationError: no such metric, or neither higher nor lower is better.
    """
    direction = require_metric(name)
    if direction == 0:
        message = f"metric {name!r} has no better direction; it cannot be compared as better or worse"
        raise DeclarationError(message, next_step="Use at_least and at_most to keep it between limits.")
    return direction


def _at_place(kind: str, k: int) -> SumMetric:
    def hit_rate(sample: Sample) -> PerQuery:
        hits = hits_at(sample.right, sample.queries.count, k).astype(np.float64)
        return PerQuery(hits, np.ones(hits.size), is_share=True)

    def ndcg(sample: Sample) -> PerQuery:
        gains = ndcg_at(sample.right, sample.queries.count, k)
        known = ~np.isnan(gains)
        return PerQuery(np.where(known, gains, 0.0), known.astype(np.float64))

    return SumMetric(f"{kind}_at_{k}", 1, hit_rate if kind == "hit_rate" else ndcg)


def _log_loss(sample: Sample) -> PerQuery | None:
    if not sample.gives_probabilities:
        return None
    terms = log_loss_terms(sample.labels, sample.scores)
    return PerQuery(sample.queries.sums(terms), sample.queries.lengths.astype(np.float64))


def _base_rate(sample: Sample) -> PerQuery:
    return PerQuery(sample.queries.sums(sample.labels), sample.queries.lengths.astype(np.float64))


def _bias(sample: Sample) -> PerQuery:
    return PerQuery(sample.queries.sums(sample.scores - sample.labels), sample.queries.lengths.astype(np.float64))


def _expected_to_observed(sample: Sample) -> PerQuery:
    return PerQuery(sample.queries.sums(sample.scores), sample.queries.sums(sample.labels))


def _mae(sample: Sample) -> PerQuery:
    errors = np.abs(sample.scores - sample.labels)
    return PerQuery(sample.queries.sums(errors), sample.queries.lengths.astype(np.float64))


def _mse(sample: Sample) -> PerQuery:
    errors = np.square(sample.scores - sample.labels)
    return PerQuery(sample.queries.sums(errors), sample.queries.lengths.astype(np.float64))


_BUILT_IN: dict[str, tuple[int, Callable[[Sample], PerQuery | None]]] = {
    "base_rate": (0, _base_rate),
    "bias": (0, _bias),
    "expected_to_observed": (0, _expected_to_observed),
    "log_loss": (-1, _log_loss),
    "mae": (-1, _mae),
    "mse": (-1, _mse),
}
