"""Scores of a trained model on a frame of examples."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from steek.kernel.errors import NotFoundError
from steek.models import ModelDefinition, Registry, TrainedModel, open_format

Floats = NDArray[np.float64]


def matrix_of(frame: pl.DataFrame, feature_names: tuple[str, ...]) -> NDArray[np.float32]:
    """[rows, features] float32 in the order of `feature_names`; null is NaN.

    Raises:
        NotFoundError: the frame lacks a feature that the model was trained on.
    """
    missing = [name for name in feature_names if name not in frame.columns]
    if missing:
        message = f"the examples lack {', '.join(missing)}, on which the model was trained"
        raise NotFoundError(message, next_step="The definition has changed since; train it again.")
    columns = [pl.col(name).cast(pl.Float32).fill_null(float("nan")) for name in feature_names]
    return np.ascontiguousarray(frame.select(columns).to_numpy())


def score_rows(registry: Registry, definition: ModelDefinition, trained: TrainedModel, frame: pl.DataFrame) -> Floats:
    """[rows] predictions; NaN for the rows of fleet members that have no model.

    Raises:
        NotFoundError: a feature or the artifact is missing.
        DamagedArtifactError: the artifact is not what was trained.
        UnreadableError: it cannot be read.
    """
    matrix = matrix_of(frame, trained.feature_names)
    format_ = open_format(trained.format)
    if trained.members is None:
        return format_.load(registry.artifact(trained)).predict(matrix)
    assert definition.partition_by is not None
    bundle = registry.bundle(trained)
    known = set(bundle.names())
    scores = np.full(frame.height, np.nan)
    for member, rows in rows_by_member(frame[definition.partition_by]):
        if member in known:
            scores[rows] = format_.load(bundle.get(member)).predict(matrix[rows])
    return scores


def rows_by_member(column: pl.Series) -> list[tuple[str, NDArray[np.intp]]]:
    """Row numbers of each member of a fleet, members sorted by name, rows in order."""
    members, codes = np.unique(column.cast(pl.String).to_numpy().astype(str), return_inverse=True)
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(1, members.size))
    return list(zip(members.tolist(), np.split(order, bounds), strict=True))
