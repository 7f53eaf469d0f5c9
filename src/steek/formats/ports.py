"""The seam of model formats."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Predictor(Protocol):
    """A loaded model, read-only and safe to share between threads.

    `feature_names` are the columns of the matrix `predict` takes, in order.
    """

    @property
    def feature_names(self) -> tuple[str, ...]: ...

    def predict(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """Answers of [rows] for a matrix of [rows, features]; NaN is a missing feature. No rows give no answers."""
        ...


class ModelFormat(Protocol):
    """How artifacts of one kind are read; stateless.

    `load` never executes code that the artifact carries. It is given bytes whose checksum was found right, and
    raises UnreadableError when they are not of this format; a parser of native code may still abort the process,
    therefore unknown bytes are loaded in a subprocess first. Loaded predictors do not alias `data`.
    """

    @property
    def name(self) -> str:
        """What the registry writes down as the format of an artifact; the name of its entry point."""
        ...

    def load(self, data: bytes) -> Predictor: ...
