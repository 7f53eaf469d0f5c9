"""Quantiles: KLL sketches of Apache DataSketches, byte for byte as Spark and Java write them, and quantiles of cells.

Source: Karnin, Lang and Liberty, "Optimal quantile approximation in streams" (2016).
"""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steek.measures.sketching.kll_layout import check_layout

Floats = NDArray[np.float64]
_K = 200
# Quantiles that stand for a distribution when two are compared: the middle of each of a hundred parts.
_GRID = tuple((part + 0.5) / 100 for part in range(100))


def quantile_sketch(values: Floats) -> bytes:
    """Sketch of finite numbers. Chance decides inside the library which values are kept, not how many.

    >>> sketch_quantiles(quantile_sketch(np.array([1.0, 2.0, 9.0])), [0.5])
    (2.0,)
    """
    sketch = _library().kll_doubles_sketch(_K)
    # The library refuses arrays that may not be written to.
    sketch.update(values if values.flags.writeable else values.copy())
    return bytes(sketch.serialize())


def merge_quantiles(parts: Sequence[bytes]) -> bytes:
    """The sketch of all values that went into any of the parts, within the same error of rank.

    Raises:
        ValueError, IndexError, RuntimeError: bytes that are no such sketch.
    """
    whole = _library().kll_doubles_sketch(_K)
    for part in parts:
        whole.merge(_read(part))
    return bytes(whole.serialize())


def sketch_quantiles(sketch: bytes, fractions: Sequence[float]) -> tuple[float, ...] | None:
    """The values below which these fractions of all lie; None for a sketch of nothing."""
    found = _read(sketch)
    return None if found.is_empty() else tuple(float(one) for one in found.get_quantiles(list(fractions)))


def sketch_shares(sketch: bytes, edges: Sequence[float]) -> tuple[float, ...] | None:
    """Shares of the values below the first edge, between edges, and above the last; None for a sketch of nothing."""
    found = _read(sketch)
    return None if found.is_empty() else tuple(float(one) for one in found.get_pmf(list(edges)))


def rank_error(sketch: bytes) -> float:
    """How far the rank of a quantile may be off, as a fraction of all values, in 99 of 100 cases; 0 while exact."""
    found = _read(sketch)
    return float(found.normalized_rank_error(False)) if found.is_estimation_mode() else 0.0


def cell_quantiles(
    counts: Sequence[int], edges: Sequence[float], extremes: tuple[float, float], fractions: Sequence[float]
) -> tuple[float, ...] | None:
    """Quantiles from a histogram, evenly between the edges of a cell: off by the width of a cell at most.

    Args:
        counts: Values per cell, one more than edges.
        edges: In order.
        extremes: Smallest and largest value: where the outer cells end.
        fractions: Between 0 and 1.

    >>> cell_quantiles([0, 10, 10, 0], [0.0, 1.0, 3.0], (0.0, 3.0), [0.5, 0.75])
    (1.0, 2.0)
    """
    total = sum(counts)
    if not total:
        return None
    low, high = extremes
    bounds = np.clip(np.array([low, *edges, high]), low, high)
    reached = np.concatenate([[0.0], np.cumsum(counts)]) / total
    return tuple(float(one) for one in np.interp(fractions, reached, bounds))


def transport_distance(one: Sequence[float], other: Sequence[float]) -> float:
    """Mean distance between the same quantiles of two distributions: the Wasserstein distance of order 1, in the unit
    of the values, on as many quantiles as are given.

    Source: Vallender, "Calculation of the Wasserstein distance between probability distributions on the line" (1974).

    >>> transport_distance([1.0, 2.0], [2.0, 3.0])
    1.0
    """
    return float(np.mean(np.abs(np.asarray(one) - np.asarray(other))))


def _read(sketch: bytes) -> Any:
    check_layout(sketch)
    return _library().kll_doubles_sketch.deserialize(sketch)


def _library() -> Any:
    # Late, because it takes longer to load than all of this room.
    return import_module("datasketches")
