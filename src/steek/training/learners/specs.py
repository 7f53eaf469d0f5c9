"""Builders of learner specs, as a project's author writes them."""

from typing import Any, Literal

from steek.models import LearnerSpec


def LightGBM(  # noqa: N802 - reads as the noun it is in a declaration
    *,
    objective: Literal["binary", "regression"],
    trees: int = 50,
    leaves: int = 31,
    learning_rate: float = 0.1,
    minimum_leaf_rows: int = 20,
    threads: int = 2,
) -> LearnerSpec:
    """Gradient-boosted trees by LightGBM.

    Args:
        objective: "binary" for labels 0 and 1, "regression" for squared error.
        trees: Boosting rounds.
        leaves: Most leaves of one tree.
        learning_rate: Shrinkage of each tree, above 0.
        minimum_leaf_rows: Fewest rows in a leaf.
        threads: Threads it fits with; part of the definition, so that a fit can be repeated exactly.

    >>> LightGBM(objective="binary", trees=80).parameters["trees"]
    80
    """
    return _spec("lightgbm", locals())


def Poisson(*, ridge: float = 1.0, minimum_rows: int = 14) -> LearnerSpec:  # noqa: N802 - as above
    """Poisson regression for counts: log link, ridge penalty on standardised features.

    Args:
        ridge: Strength of the penalty, not negative, in pseudo-rows of standardised features.
        minimum_rows: Fewest rows it fits on.

    >>> Poisson().name
    'poisson'
    """
    return _spec("poisson", locals())


def _spec(name: str, parameters: dict[str, Any]) -> LearnerSpec:
    return LearnerSpec(name, dict(parameters))
