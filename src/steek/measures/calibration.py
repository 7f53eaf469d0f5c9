"""Whether predictions mean what they say: predicted beside observed, bin by bin."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from steek.measures.estimate import Estimate
from steek.measures.intervals import wilson

Floats = NDArray[np.float64]

_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Rows with scores in [score_low, score_high]: their mean prediction and what was observed, with its interval."""

    score_low: float
    score_high: float
    predicted: float
    observed: Estimate


def calibration_table(labels: Floats, scores: Floats, *, bins: int = 10) -> list[CalibrationBin]:
    """Predicted against observed in at most `bins` bins, lowest scores first.

    Bins hold equal shares of the predicted total, so that the rare high scores, on which decisions rest, are seen as
    finely as the many low ones; with negative scores they hold equal numbers of rows. Equal scores stay together.

    Args:
        labels: Observed value per row: 0 and 1, or any number for regression.
        scores: Predicted value per row. Rows with NaN are left out.
        bins: How many bins at most.

    >>> table = calibration_table(np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.2, 0.2, 0.9, 0.9]), bins=2)
    >>> [(round(row.predicted, 1), row.observed.value) for row in table]
    [(0.2, 0.0), (0.9, 1.0)]
    """
    known = ~np.isnan(scores)
    order = np.argsort(scores[known], kind="stable")
    ordered, observed = scores[known][order], labels[known][order]
    binary = bool(np.isin(observed, (0.0, 1.0)).all())
    table: list[CalibrationBin] = []
    for rows in _bin_slices(ordered, bins):
        inside, seen = ordered[rows], observed[rows]
        table.append(
            CalibrationBin(float(inside[0]), float(inside[-1]), float(inside.mean()), _observed(seen, binary=binary))
        )
    return table


def _bin_slices(ordered: Floats, bins: int) -> list[slice]:
    if ordered.size == 0:
        return []
    mass = ordered if ordered[0] >= 0 and ordered[-1] > 0 else np.ones(ordered.size)
    share = np.cumsum(mass) / mass.sum()
    cuts = np.searchsorted(share, np.arange(1, bins) / bins, side="right")
    # A cut moves on to where the score changes, so equal scores never fall into two bins.
    cuts = np.searchsorted(ordered, ordered[np.maximum(cuts, 1) - 1], side="right")
    edges = np.unique(np.concatenate(([0], cuts, [ordered.size])))
    return [slice(start, end) for start, end in pairwise(edges.tolist())]


def _observed(seen: Floats, *, binary: bool) -> Estimate:
    if binary:
        return wilson(int(seen.sum()), seen.size)
    mean = float(seen.mean())
    if seen.size < 2:
        return Estimate(mean, None, None, seen.size)
    half = _Z * float(seen.std(ddof=1)) / math.sqrt(seen.size)
    return Estimate(mean, mean - half, mean + half, seen.size)
