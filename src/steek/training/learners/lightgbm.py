"""Gradient-boosted trees by LightGBM, fitted so that the same rows give the same bytes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steek.kernel.errors import DeclarationError
from steek.kernel.plugins import require
from steek.training.losses import refuse_exploded, weighted_log_loss, weighted_squared_error
from steek.training.ports import FittedModel

_LOSSES = {"binary": weighted_log_loss, "regression": weighted_squared_error}
# The loss is looked at on this many rows; all of them would cost a tenth of the fit.
_LOSS_ROWS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LightGBMLearner:
    """See `steek.training.learners.LightGBM` for the parameters."""

    objective: str
    trees: int
    leaves: int
    learning_rate: float
    minimum_leaf_rows: int
    threads: int

    def __post_init__(self) -> None:
        if self.objective not in _LOSSES:
            message = f"LightGBM objective is {self.objective!r}; allowed: {', '.join(_LOSSES)}"
            raise DeclarationError(message)

    @property
    def minimum_rows(self) -> int:
        return 2 * self.minimum_leaf_rows

    def fit(
        self,
        matrix: NDArray[np.float32],
        labels: NDArray[np.float64],
        weights: NDArray[np.float64],
        groups: NDArray[np.uint32] | None,  # noqa: ARG002 - objectives here look at single rows
        feature_names: tuple[str, ...],
        seed: int,
    ) -> FittedModel:
        """See `Learner.fit`; the report holds losses on the training rows and each feature's share of the gain."""
        lightgbm = require("lightgbm", extra="lightgbm")
        parameters = self._parameters(seed)
        data = lightgbm.Dataset(
            matrix, labels, weight=weights, feature_name=list(feature_names), params=parameters, free_raw_data=True
        )
        booster = lightgbm.train(parameters, data, num_boost_round=self.trees)
        report = self._losses(booster, matrix, labels, weights)
        report["importance"] = _importance(booster, feature_names)
        report["library"] = f"lightgbm {lightgbm.__version__}"
        return FittedModel(booster.model_to_string().encode(), "lightgbm", report)

    def _parameters(self, seed: int) -> dict[str, Any]:
        return {
            "objective": self.objective,
            "num_leaves": self.leaves,
            "learning_rate": self.learning_rate,
            "min_data_in_leaf": self.minimum_leaf_rows,
            "num_threads": self.threads,
            "seed": seed,
            # The three settings that make a fit repeatable: LightGBM otherwise times both layouts and picks one.
            "deterministic": True,
            "force_row_wise": True,
            "feature_pre_filter": False,
            "verbosity": -1,
        }

    def _losses(
        self,
        booster: Any,
        matrix: NDArray[np.float32],
        labels: NDArray[np.float64],
        weights: NDArray[np.float64],
    ) -> dict[str, Any]:
        loss = _LOSSES[self.objective]
        constant = np.average(labels, weights=weights)
        step = max(1, len(labels) // _LOSS_ROWS)
        seen, counted = labels[::step], weights[::step]
        fitted = loss(booster.predict(matrix[::step], num_threads=self.threads), seen, counted)
        base = loss(np.full(len(seen), constant), seen, counted)
        refuse_exploded("LightGBM", fitted=fitted, base=base)
        return {"loss": fitted, "loss_of_constant": base, "trees": self.trees}


def _importance(booster: Any, feature_names: tuple[str, ...]) -> dict[str, float]:
    gains = np.asarray(booster.feature_importance(importance_type="gain"), dtype=np.float64)
    total = gains.sum()
    shares = gains / total if total > 0 else gains
    return {name: round(float(share), 6) for name, share in zip(feature_names, shares, strict=True)}
