"""Losses on training rows, and when a fit has failed numerically."""

import math

import numpy as np
from numpy.typing import NDArray

from steek.kernel.errors import RefusedError

Numbers = NDArray[np.float64]

_SMALLEST = 1e-15
# A fit on its own rows may not lose to a constant; what it may lose to rounding.
_TOLERANCE = 1e-6


def weighted_log_loss(answers: Numbers, labels: Numbers, weights: Numbers) -> float:
    """Mean negative log likelihood of 0/1 labels, in nats; probabilities are kept 1e-15 away from 0 and 1.

    >>> round(weighted_log_loss(np.array([0.5]), np.array([1.0]), np.array([1.0])), 4)
    0.6931
    """
    safe = np.clip(answers, _SMALLEST, 1 - _SMALLEST)
    return float(np.average(-(labels * np.log(safe) + (1 - labels) * np.log1p(-safe)), weights=weights))


def weighted_squared_error(answers: Numbers, labels: Numbers, weights: Numbers) -> float:
    """Mean squared difference, in squared units of the label."""
    return float(np.average((answers - labels) ** 2, weights=weights))


def weighted_poisson_deviance(answers: Numbers, labels: Numbers, weights: Numbers) -> float:
    """Mean unit deviance of counts, 2 (y log(y / m) - y + m) with y log y = 0 at 0 (McCullagh and Nelder 1989, 2.3).

    Answers must be positive.

    >>> weighted_poisson_deviance(np.array([2.0]), np.array([2.0]), np.array([1.0]))
    0.0
    """
    ratio = np.where(labels > 0, labels, 1.0) / np.where(labels > 0, answers, 1.0)
    return float(np.average(2 * (labels * np.log(ratio) - labels + answers), weights=weights))


def refuse_exploded(what: str, *, fitted: float, base: float) -> None:
    """Return when a fit is sound.

    Args:
        what: The learner, for the message.
        fitted: Its loss on its own rows.
        base: The loss of the best constant on the same rows.

    Raises:
        RefusedError: the loss is not finite, or worse than the constant's.
    """
    if not math.isfinite(fitted) or fitted > base + _TOLERANCE * max(1.0, abs(base)):
        message = f"{what} did not learn: its loss is {fitted:g}, that of a constant {base:g}"
        raise RefusedError(
            message,
            next_step="The last good version stays. Look for extreme values in the features, or learn more slowly.",
        )
