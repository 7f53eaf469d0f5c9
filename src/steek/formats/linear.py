"""Linear models as JSON: coefficients, an intercept and a link."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steek.kernel.errors import UnreadableError
from steek.kernel.records import canonical_json

_VERSION = 1
_LINKS = ("identity", "log")
# exp of more than this is no count of anything; it keeps the answer finite.
_LARGEST_LOG = 50.0


@dataclass(frozen=True, slots=True)
class LinearModel:
    """prediction = inverse link (intercept + features . coefficients), after missing features are filled.

    Args:
        feature_names: Columns of the input matrix, in order.
        coefficients: One per feature, in units of the linked answer per unit of the feature.
        fill: One per feature, taken in place of NaN.
        intercept: In units of the linked answer.
        link: "identity", or "log" for a count or a rate.
        ranges: Lowest and highest value of each feature that it learned from; a value outside counts as the nearest
            of the two, because a log link turns a small step into the unknown into an answer without bound. Empty
            takes every value as it is.
    """

    feature_names: tuple[str, ...]
    coefficients: tuple[float, ...]
    fill: tuple[float, ...]
    intercept: float
    link: str
    ranges: tuple[tuple[float, float], ...] = ()

    def to_bytes(self) -> bytes:
        """Canonical JSON; the same model gives the same bytes.

        >>> LinearModel(("view.a",), (0.5,), (0.0,), 1.0, "log").to_bytes()[:36]
        b'{"coefficients":[0.5],"feature_names'
        """
        content = {
            "format": "linear",
            "version": _VERSION,
            "feature_names": self.feature_names,
            "coefficients": self.coefficients,
            "fill": self.fill,
            "intercept": self.intercept,
            "link": self.link,
            "ranges": self.ranges,
        }
        return canonical_json(content).encode()


class LinearPredictor:
    """Answers of a `LinearModel`: a missing feature counts as its fill, others are cut to the range learned from."""

    def __init__(self, model: LinearModel) -> None:
        self._model = model
        self._coefficients = np.array(model.coefficients, dtype=np.float64)
        self._fill = np.array(model.fill, dtype=np.float64)
        ranges = model.ranges or ((-np.inf, np.inf),) * len(model.fill)
        self._lowest, self._highest = np.array(ranges, dtype=np.float64).reshape(-1, 2).T

    @property
    def feature_names(self) -> tuple[str, ...]:
        return self._model.feature_names

    def predict(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        filled = np.where(np.isnan(matrix), self._fill, matrix.astype(np.float64))
        linked = np.clip(filled, self._lowest, self._highest) @ self._coefficients + self._model.intercept
        return linked if self._model.link == "identity" else np.exp(np.minimum(linked, _LARGEST_LOG))


class LinearFormat:
    """JSON written by `LinearModel.to_bytes`."""

    @property
    def name(self) -> str:
        return "linear"

    def load(self, data: bytes) -> LinearPredictor:
        """Read a linear model.

        Raises:
            UnreadableError: not JSON of this format, an unknown link, a non-finite number, or lengths that differ.
        """
        return LinearPredictor(_parse(data))


def _parse(data: bytes) -> LinearModel:
    try:
        content = json.loads(data)
        if content["format"] != "linear" or content["version"] != _VERSION:
            raise _unreadable(f"format {content['format']!r}, version {content['version']!r}")
        model = _from_content(content)
    except (ValueError, KeyError, TypeError) as cause:
        raise _unreadable(f"{type(cause).__name__}: {cause}") from cause
    numbers = (*model.coefficients, *model.fill, model.intercept, *(bound for pair in model.ranges for bound in pair))
    if len(model.coefficients) != len(model.feature_names) or len(model.fill) != len(model.feature_names):
        raise _unreadable("the numbers of features, coefficients and fill values differ")
    if len(model.ranges) not in {0, len(model.feature_names)}:
        raise _unreadable("the numbers of features and ranges differ")
    if model.link not in _LINKS:
        raise _unreadable(f"link {model.link!r}; allowed: {', '.join(_LINKS)}")
    if not np.isfinite(numbers).all():
        raise _unreadable("a coefficient is not finite")
    return model


def _from_content(content: Mapping[str, Any]) -> LinearModel:
    return LinearModel(
        feature_names=tuple(str(name) for name in content["feature_names"]),
        coefficients=tuple(float(value) for value in content["coefficients"]),
        fill=tuple(float(value) for value in content["fill"]),
        intercept=float(content["intercept"]),
        link=str(content["link"]),
        ranges=tuple((float(lowest), float(highest)) for lowest, highest in content["ranges"]),
    )


def _unreadable(why: str) -> UnreadableError:
    return UnreadableError(
        f"not a linear model: {why}", next_step="Take the artifact from the registry, which checks it."
    )
