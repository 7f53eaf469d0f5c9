"""Poisson regression in plain numpy: small enough to fit hundreds of partners in a second."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steek.formats.linear import LinearModel
from steek.kernel.errors import DeclarationError, RefusedError
from steek.training.losses import refuse_exploded, weighted_poisson_deviance
from steek.training.ports import FittedModel

Numbers = NDArray[np.float64]

_STEPS = 60
_CONVERGED = 1e-8
# Bounds on the linear predictor: outside them exp means nothing for a count and only breaks the arithmetic.
_LOWEST, _HIGHEST = -20.0, 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PoissonLearner:
    """See `steek.training.learners.Poisson` for the parameters."""

    ridge: float
    minimum_rows: int

    def __post_init__(self) -> None:
        if self.ridge < 0 or self.minimum_rows < 1:
            message = f"Poisson ridge is {self.ridge} and minimum_rows {self.minimum_rows}; allowed: from 0, from 1"
            raise DeclarationError(message)

    def fit(
        self,
        matrix: NDArray[np.float32],
        labels: NDArray[np.float64],
        weights: NDArray[np.float64],
        groups: NDArray[np.uint32] | None,  # noqa: ARG002 - counts have no queries
        feature_names: tuple[str, ...],
        seed: int,  # noqa: ARG002 - nothing here is random
    ) -> FittedModel:
        """See `Learner.fit`; missing features count as the mean of the column.

        Raises:
            RefusedError: a negative label, or the fit does not end in a finite loss below the constant's.
        """
        if labels.min() < 0:
            message = f"Poisson regression needs counts; the smallest label is {labels.min():g}"
            raise RefusedError(message, next_step="Check the label of the examples.")
        columns = matrix.astype(np.float64)
        fill = _means(columns, weights)
        filled = np.where(np.isnan(columns), fill, columns)
        spread = np.sqrt(np.average((filled - fill) ** 2, axis=0, weights=weights))
        # A constant column carries nothing; its coefficient is held at zero by scaling it to zero.
        scale = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0)
        beta = _newton((filled - fill) * scale, labels, weights, self.ridge)
        coefficients = beta[1:] * scale
        intercept = float(beta[0] - coefficients @ fill)
        report = _report(filled @ coefficients + intercept, labels, weights)
        ranges = tuple(zip(filled.min(axis=0).tolist(), filled.max(axis=0).tolist(), strict=True))
        model = LinearModel(feature_names, tuple(coefficients.tolist()), tuple(fill.tolist()), intercept, "log", ranges)
        return FittedModel(model.to_bytes(), "linear", report)


def _means(columns: Numbers, weights: Numbers) -> Numbers:
    """Weighted mean of each column over its present values; 0 for a column that is all missing."""
    present = np.isfinite(columns) * weights[:, None]
    sums = (np.where(np.isfinite(columns), columns, 0.0) * present).sum(axis=0)
    totals = present.sum(axis=0)
    return np.divide(sums, totals, out=np.zeros_like(sums), where=totals > 0)


def _newton(standardised: Numbers, labels: Numbers, weights: Numbers, ridge: float) -> Numbers:
    """Coefficients, the unpenalised intercept first, by reweighted least squares (McCullagh and Nelder 1989, 2.5)."""
    rows, features = standardised.shape
    design = np.concatenate([np.ones((rows, 1)), standardised], axis=1)
    # A tenth of a count keeps the logarithm finite where nothing was sold.
    start = float(np.log((weights @ labels + 0.1) / weights.sum()))
    beta = np.zeros(features + 1)
    beta[0] = start
    penalty = np.full(features + 1, ridge)
    penalty[0] = 0.0
    for _ in range(_STEPS):
        mean = np.exp(np.clip(design @ beta, _LOWEST, _HIGHEST))
        gradient = design.T @ (weights * (labels - mean)) - penalty * beta
        curvature = (design * (weights * mean)[:, None]).T @ design
        # A hair on the diagonal keeps constant columns solvable when ridge is 0.
        curvature[np.diag_indices_from(curvature)] += penalty + 1e-9
        step = np.linalg.solve(curvature, gradient)
        # Newton from far away overshoots on a log link; one unit is a factor of e already.
        beta = beta + step * min(1.0, 1.0 / max(float(np.abs(step).max()), 1e-300))
        if float(np.abs(step).max()) < _CONVERGED:
            break
    return beta


def _report(linked: Numbers, labels: Numbers, weights: Numbers) -> dict[str, float]:
    fitted = weighted_poisson_deviance(np.exp(np.clip(linked, _LOWEST, _HIGHEST)), labels, weights)
    constant = np.full(len(labels), max(float(np.average(labels, weights=weights)), np.exp(_LOWEST)))
    base = weighted_poisson_deviance(constant, labels, weights)
    refuse_exploded("Poisson regression", fitted=fitted, base=base)
    return {"deviance": fitted, "deviance_of_constant": base}
