"""How far out chance goes: quantiles beyond what was seen, from the tail of what was seen."""

import math

import numpy as np
from numpy.typing import NDArray

# The largest fiftieth is taken for the tail, and at least twenty values.
_TAIL_FRACTION = 0.02
_LEAST_TAIL = 20
ENOUGH_FOR_A_TAIL = 200


def far_quantile(values: NDArray[np.float64], probability: float) -> float | None:
    """The value that is exceeded with a small probability, beyond the largest one seen if need be.

    Excesses over a high threshold follow a generalised Pareto law; its two parameters come from probability-weighted
    moments, which exist in closed form.

    Args:
        values: Non-negative, finite, in any order.
        probability: Of a value beyond the result.

    Returns:
        None with fewer than 200 values, which have no tail to speak of.

    Source: Hosking and Wallis, "Parameter and quantile estimation for the generalized Pareto distribution" (1987); as
    a threshold for streams: Siffer et al., "Anomaly detection in streams with extreme value theory" (2017).

    >>> normal = np.abs(np.random.default_rng(1).normal(size=10_000))
    >>> quantile = far_quantile(normal, 1e-5)
    >>> quantile is not None and 3.8 < quantile < 5.2
    True
    """
    count = len(values)
    if count < ENOUGH_FOR_A_TAIL:
        return None
    ordered = np.sort(values)
    tail = max(int(_TAIL_FRACTION * count), _LEAST_TAIL)
    start = float(ordered[-tail - 1])
    if probability >= tail / count:
        return float(ordered[min(count - 1, math.ceil((1 - probability) * count) - 1)])
    excesses = ordered[-tail:] - start
    mean = float(excesses.mean())
    if mean <= 0:
        return start
    weighted = float((excesses * (1 - (np.arange(tail) + 0.65) / tail)).mean())
    shape = 2 - mean / (mean - 2 * weighted)
    size = 2 * mean * weighted / (mean - 2 * weighted)
    shrunk = probability * count / tail
    if abs(shape) < 1e-6:
        return start - size * math.log(shrunk)
    return start + size / shape * (shrunk**-shape - 1)
