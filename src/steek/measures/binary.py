"""Figures for a label of zero or one and a score that says how likely the one is."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from steek.measures.intervals import Bootstrap, Resampled

Floats = NDArray[np.float64]

_SCORE_BINS = 512


def log_loss_terms(labels: Floats, probabilities: Floats) -> Floats:
    """Minus log of the probability given to what happened, per row, natural logarithm.

    Infinite where what happened was called impossible: that is not hidden by clipping. NaN where the score is NaN
    or outside 0..1.

    >>> log_loss_terms(np.array([1.0, 0.0, 1.0]), np.array([0.5, 0.0, 0.0])).round(3).tolist()
    [0.693, -0.0, inf]
    """
    given = np.where(labels > 0, probabilities, 1 - probabilities)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((given >= 0) & (given <= 1), -np.log(given), np.nan)


def roc_auc(labels: Floats, scores: Floats) -> float | None:
    """Chance that a row with label one scores above one with label zero, ties half; None with one class only.

    Source: Mann-Whitney U, see Hanley and McNeil 1982.

    >>> roc_auc(np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.1, 0.4, 0.35, 0.8]))
    0.75
    """
    return _exact(_roc_areas, labels, _falling_groups(scores))


def pr_auc(labels: Floats, scores: Floats) -> float | None:
    """Average precision: precision at each threshold weighted by the recall it adds; None without positives.

    >>> round(pr_auc(np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.1, 0.4, 0.35, 0.8])), 4)
    0.8333
    """
    return _exact(_pr_areas, labels, _falling_groups(scores))


def resampled_areas(
    labels: Floats, scores: Floats, unit_of_row: NDArray[np.int64], bootstrap: Bootstrap
) -> tuple[Resampled, Resampled]:
    """ROC AUC and PR AUC with resamples over units (queries, or rows).

    The values are exact. For the resamples scores are put into 512 bins of equal count and whole blocks of units
    are drawn again, so the cost does not grow with resamples times rows.

    Args:
        labels: 0 or 1 per row.
        scores: Any increasing score per row; NaN counts as the lowest.
        unit_of_row: Number of the unit each row belongs to, below `bootstrap.units`.
        bootstrap: Resamples of those units.
    """
    groups = _falling_groups(scores)
    roc, pr = _exact(_roc_areas, labels, groups), _exact(_pr_areas, labels, groups)
    nothing = np.full(len(bootstrap.weights), np.nan)
    if roc is None or pr is None:
        return Resampled(roc, nothing, labels.size), Resampled(pr, nothing, labels.size)
    cell = (unit_of_row % bootstrap.blocks) * _SCORE_BINS + _bins(groups)
    ones = _histograms(cell[labels > 0], bootstrap.blocks)
    zeros = _histograms(cell[labels <= 0], bootstrap.blocks)
    drawn = (bootstrap.weights @ ones, bootstrap.weights @ zeros)
    binned = (ones.sum(axis=0)[None, :], zeros.sum(axis=0)[None, :])
    # Binning shifts an area a little; the resamples are moved back by that much.
    roc_draws = _roc_areas(*drawn) - _roc_areas(*binned) + roc
    pr_draws = _pr_areas(*drawn) - _pr_areas(*binned) + pr
    return Resampled(roc, roc_draws, labels.size), Resampled(pr, pr_draws, labels.size)


def _histograms(cells: NDArray[np.int64], blocks: int) -> Floats:
    counts = np.bincount(cells, minlength=blocks * _SCORE_BINS)
    return counts.reshape(blocks, _SCORE_BINS).astype(np.float64)


def _falling_groups(scores: Floats) -> NDArray[np.int64]:
    """For each row the number of its distinct score, counted from the highest; NaN is the lowest."""
    comparable = np.where(np.isnan(scores), -np.inf, scores)
    order = np.argsort(comparable)[::-1]
    ordered = comparable[order]
    groups = np.zeros(ordered.size, dtype=np.int64)
    groups[order[1:]] = np.cumsum(ordered[1:] != ordered[:-1])
    return groups


def _bins(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Groups put together into bins of about equal numbers of rows, in the same order."""
    counts = np.bincount(groups)
    return ((np.cumsum(counts) - counts) * _SCORE_BINS // groups.size)[groups]


def _exact(areas: Callable[[Floats, Floats], Floats], labels: Floats, groups: NDArray[np.int64]) -> float | None:
    right = labels > 0
    positives = np.bincount(groups, weights=right).astype(np.float64)
    negatives = np.bincount(groups, weights=~right).astype(np.float64)
    area = areas(positives[None, :], negatives[None, :])[0]
    return None if np.isnan(area) else float(area)


def _roc_areas(positives: Floats, negatives: Floats) -> Floats:
    """Rows of counts by falling score to one area per row; NaN with one class only."""
    total = positives.sum(axis=1) * negatives.sum(axis=1)
    below = negatives.sum(axis=1, keepdims=True) - np.cumsum(negatives, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (positives * (below + negatives / 2)).sum(axis=1) / total


def _pr_areas(positives: Floats, negatives: Floats) -> Floats:
    found = np.cumsum(positives, axis=1)
    shown = found + np.cumsum(negatives, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(shown > 0, found / shown, 0.0)
        return (positives * precision).sum(axis=1) / positives.sum(axis=1)
