"""LightGBM's own text format."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from steek.kernel.errors import UnreadableError
from steek.kernel.plugins import require

_FIRST_LINE = b"tree\n"
_LAST_MARK = b"end of parameters"


class LightGBMPredictor:
    """A booster that predicts in the calling thread."""

    def __init__(self, booster: Any) -> None:
        self._booster = booster
        self._feature_names: tuple[str, ...] = tuple(booster.feature_name())

    @property
    def feature_names(self) -> tuple[str, ...]:
        return self._feature_names

    def predict(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        if not len(matrix):
            return np.empty(0, dtype=np.float64)
        # One thread: a request has few rows, and waking helpers costs more than they save.
        return self._booster.predict(matrix, num_threads=1, validate_features=False)


class LightGBMFormat:
    """Text written by `Booster.model_to_string`; holds trees and parameters, no code."""

    @property
    def name(self) -> str:
        return "lightgbm"

    def load(self, data: bytes) -> LightGBMPredictor:
        """Read a booster.

        Raises:
            UnreadableError: not a whole LightGBM text model. Its parser aborts the process on half a file, so the
                first and last marks are looked for before it sees the bytes.
            MissingExtraError: lightgbm is not installed.
        """
        if not data.startswith(_FIRST_LINE) or _LAST_MARK not in data[-4096:]:
            message = f"{len(data)} bytes are not a whole LightGBM text model: its first or last line is missing"
            raise UnreadableError(message, next_step="Take the artifact from the registry, which checks it.")
        lightgbm = require("lightgbm", extra="lightgbm")
        return LightGBMPredictor(lightgbm.Booster(model_str=data.decode()))
