"""The seam of learners."""

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class FittedModel:
    """What a learner made.

    Args:
        data: The artifact.
        format: Registered model format that reads it.
        report: What the learner says of the fit; JSON values, finite numbers, no time taken (reports of the same
            fit must be the same).
    """

    data: bytes
    format: str
    report: dict[str, Any] = field(default_factory=dict[str, Any])


class Learner(Protocol):
    """Fits one model; built from the parameters of a `LearnerSpec`, pickles, keeps nothing between fits.

    `fit` gives the same bytes for the same arguments on the same machine and library versions; all its randomness
    comes from `seed`. It does not alter or keep its arrays. Shapes: matrix [rows, features] float32 with NaN for
    missing; labels and weights [rows] float64, finite, weights not negative; groups [rows] uint32 (rows of one
    query lie together) or None. It raises RefusedError when the loss is not finite or the fit explodes.

    `minimum_rows` is the least it fits on; with fewer, a member of a fleet keeps the model it had.
    """

    @property
    def minimum_rows(self) -> int: ...

    def fit(
        self,
        matrix: NDArray[np.float32],
        labels: NDArray[np.float64],
        weights: NDArray[np.float64],
        groups: NDArray[np.uint32] | None,
        feature_names: tuple[str, ...],
        seed: int,
    ) -> FittedModel: ...
