"""Figures of one sample: every metric that means something for it, with resamples."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from steek.evaluation.metrics import AREAS, open_metric
from steek.evaluation.ports import PerQuery, Sample
from steek.kernel.errors import user_code
from steek.measures import Bootstrap, Estimate, Resampled, resampled_areas, wilson

# A slice with fewer rows than this is too fine to be a slice of its own.
LEAST_SLICE_ROWS = 30

_OF_RANKINGS = ("hit_rate_at_5", "ndcg_at_10", *AREAS)
_OF_PROBABILITIES = ("base_rate", "bias", "expected_to_observed", "log_loss")
_OF_REGRESSIONS = ("base_rate", "bias", "expected_to_observed", "mae", "mse")
_PER_SLICE_OF_RANKINGS = ("hit_rate_at_5",)
_PER_SLICE_OF_REGRESSIONS = ("expected_to_observed", "mae")


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric measured on a sample."""

    metric: str
    resampled: Resampled
    share: tuple[int, int] | None = None

    def estimate(self) -> Estimate:
        """Wilson's interval for a share, the bootstrap's for everything else."""
        return self.resampled.estimate() if self.share is None else wilson(*self.share)


def metric_names(task: str, sample: Sample, asked: Iterable[str] = ()) -> list[str]:
    """Metrics to measure: the usual ones of the task that fit the scores, and those that were asked for; sorted."""
    usual = _OF_REGRESSIONS if task == "regression" else _OF_RANKINGS
    probable = _OF_PROBABILITIES if task == "ranking" and sample.gives_probabilities else ()
    return sorted({*usual, *probable, *asked})


def slice_metric_names(task: str, asked: Iterable[str] = ()) -> list[str]:
    """Metrics to measure on each slice: few, because slices are many; areas are not among them."""
    usual = _PER_SLICE_OF_REGRESSIONS if task == "regression" else _PER_SLICE_OF_RANKINGS
    return sorted({*usual, *(name for name in asked if name not in AREAS)})


def measure(sample: Sample, names: Iterable[str], bootstrap: Bootstrap) -> list[Figure]:
    """Measure metrics on one sample; those that mean nothing for it are left out.

    Args:
        sample: At least one query.
        names: Metrics.
        bootstrap: Resamples of the queries of this sample; figures of the same one can be subtracted.

    Raises:
        NotFoundError: no such metric.
        UserCodeError: a plug-in raised.
    """
    wanted = list(names)
    figures = [figure for name in wanted if name not in AREAS if (figure := _ratio(sample, name, bootstrap))]
    if set(wanted) & set(AREAS):
        rows = sample.queries.of_rows()
        areas = resampled_areas(sample.labels, sample.scores, rows, bootstrap)
        figures += [Figure(name, area) for name, area in zip(AREAS, areas, strict=True) if name in wanted]
    return sorted(figures, key=lambda figure: figure.metric)


def per_query(sample: Sample, name: str) -> PerQuery | None:
    """The parts of one ratio metric, or None when it means nothing for this sample."""
    metric = open_metric(name)
    with user_code(f"metric {name}"):
        return metric.per_query(sample)


def per_slice(
    parts: PerQuery, codes: NDArray[np.int64], count: int, *, generator: np.random.Generator
) -> list[Estimate]:
    """One estimate per slice, in the order of their numbers; a slice without queries has no value and no rows.

    Args:
        parts: The metric's parts per query.
        codes: [queries] number of the slice of each query.
        count: How many slices there are.
        generator: Source of chance for intervals that are not Wilson's.
    """
    order = np.argsort(codes, kind="stable")
    bounds: list[int] = np.searchsorted(codes[order], np.arange(count + 1)).tolist()
    estimates: list[Estimate] = []
    for start, end in pairwise(bounds):
        inside = order[start:end]
        above, below = parts.numerators[inside], parts.denominators[inside]
        if parts.is_share:
            estimates.append(wilson(int(above.sum()), int(below.sum())))
        else:
            estimates.append(Bootstrap(end - start, generator).ratio(above, below).estimate())
    return estimates


def _ratio(sample: Sample, name: str, bootstrap: Bootstrap) -> Figure | None:
    parts = per_query(sample, name)
    if parts is None:
        return None
    resampled = bootstrap.ratio(parts.numerators, parts.denominators)
    share = (int(parts.numerators.sum()), int(parts.denominators.sum())) if parts.is_share else None
    return Figure(name, resampled, share)
