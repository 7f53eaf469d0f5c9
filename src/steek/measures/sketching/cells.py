"""Histograms on given edges: counts on the same edges add up exactly."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_BLOCK = 16384
# Below this many edges, comparing with each is faster than a search for the place of every value.
_FEW_EDGES = 32


def learn_edges(values: Floats, cells: int) -> tuple[float, ...]:
    """Edges of at most `cells` cells that hold about the same number of these values.

    Cell 0 lies below the first edge, the last cell from the last edge on: both are empty for the values the edges were
    learned from, so that what was never there does not pass for its neighbour. A value that makes up much of the
    values has a cell of its own, as has every value where there are few different ones.

    Args:
        values: Finite numbers, any order; without any there are no edges.
        cells: At least 4.

    >>> learn_edges(np.array([1.0, 1.0, 2.0, 5.0]), 16)[:3]
    (1.0, 2.0, 5.0)
    """
    if not len(values):
        return ()
    different = np.unique(values)
    end = float(np.nextafter(different[-1], np.inf))
    if len(different) <= cells - 2:
        return (*(float(one) for one in different), end)
    fractions = np.linspace(0.0, 1.0, cells - 1)[:-1]
    inner = np.quantile(values, fractions, method="lower")
    return (*(float(one) for one in np.unique(inner)), end)


def cell_counts(values: Floats, edges: Sequence[float]) -> NDArray[np.int64]:
    """Values per cell: edges[i - 1] <= value < edges[i] is cell i; one cell more than edges.

    >>> cell_counts(np.array([0.0, 1.0, 1.5, 9.0]), [1.0, 2.0]).tolist()
    [1, 2, 1]
    """
    if len(edges) > _FEW_EDGES:
        return np.bincount(np.searchsorted(np.asarray(edges), values, side="right"), minlength=len(edges) + 1)
    reached = np.zeros(len(edges) + 2, np.int64)
    for at in range(0, len(values), _BLOCK):
        block = values[at : at + _BLOCK]
        reached[1:-1] += [np.count_nonzero(block >= edge) for edge in edges]
    reached[0] = len(values)
    return reached[:-1] - reached[1:]


def cell_indices(values: Floats, edges: Sequence[float]) -> NDArray[np.int64]:
    """The cell of each value, as `cell_counts` counts them.

    >>> cell_indices(np.array([0.0, 1.0, 9.0]), [1.0, 2.0]).tolist()
    [0, 1, 2]
    """
    if len(edges) > _FEW_EDGES:
        return np.searchsorted(np.asarray(edges), values, side="right").astype(np.int64, copy=False)
    cells = np.zeros(len(values), np.uint8)
    for at in range(0, len(values), _BLOCK):
        block, here = values[at : at + _BLOCK], cells[at : at + _BLOCK]
        for edge in edges:
            here += block >= edge
    return cells.astype(np.int64)
