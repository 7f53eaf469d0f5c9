"""Example rows as the arrays a learner takes."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from steek.kernel.errors import RefusedError


@dataclass(frozen=True, slots=True)
class TrainingRows:
    """Arrays of one fit, as `Learner.fit` describes them."""

    matrix: NDArray[np.float32]
    labels: NDArray[np.float64]
    weights: NDArray[np.float64]
    groups: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.labels)

    def taken(self, indices: NDArray[np.intp]) -> "TrainingRows":
        """Copies of some rows; the copy shares no memory with the rest."""
        return TrainingRows(self.matrix[indices], self.labels[indices], self.weights[indices], self.groups[indices])


def to_rows(frame: pl.DataFrame, feature_names: tuple[str, ...], *, what: str) -> TrainingRows:
    """Arrays from an example frame with its features and `_label`, `_weight`, `_query`; null features become NaN.

    Raises:
        RefusedError: no rows, a label that is missing or not finite, or an infinite feature: numbers that would
            make the loss meaningless are found before the learner meets them.
    """
    if frame.is_empty():
        message = f"{what} has no example rows to learn from"
        raise RefusedError(message, next_step="Look at the volumes and joins of the datasets its examples read.")
    matrix = np.ascontiguousarray(
        frame.select(pl.col(name).cast(pl.Float32).fill_null(float("nan")) for name in feature_names).to_numpy()
    )
    labels = frame["_label"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    _refuse_bad_labels(labels, what)
    _refuse_infinite(matrix, feature_names, what)
    weights = frame["_weight"].cast(pl.Float64).to_numpy()
    return TrainingRows(matrix, labels, weights, frame["_query"].cast(pl.UInt32).to_numpy())


def _refuse_bad_labels(labels: NDArray[np.float64], what: str) -> None:
    bad = int(np.count_nonzero(~np.isfinite(labels)))
    if bad:
        message = f"{what} has {bad} of {len(labels)} labels that are missing or not finite"
        raise RefusedError(message, next_step="The last good version stays. Look at what its examples compute.")


def _refuse_infinite(matrix: NDArray[np.float32], feature_names: tuple[str, ...], what: str) -> None:
    bad = [feature_names[column] for column in np.flatnonzero(np.isinf(matrix).any(axis=0))]
    if bad:
        message = f"{what} has infinite values in {', '.join(bad)}"
        raise RefusedError(message, next_step="The last good version stays. Look for divisions by zero in the view.")
