"""steek keeps production machine learning reliable: the vocabulary of a project.

`import steek as sk` loads nothing; each name below is loaded from its room when it is first used.
"""

from importlib import import_module
from typing import Any

# Name to the room it lives in; __init__.pyi says the same to type checkers.
_HOMES = {
    "Baseline": "steek.evaluation",
    "BudgetPolicy": "steek.monitoring",
    "Canary": "steek.models",
    "Contract": "steek.data",
    "Conversion": "steek.data",
    "CountingJoin": "steek.data",
    "Dataset": "steek.data",
    "ExpectedVolume": "steek.data",
    "FeedChecks": "steek.data",
    "Field": "steek.data",
    "Filter": "steek.data",
    "Freshness": "steek.models",
    "Implied": "steek.measures",
    "JoinPlan": "steek.data",
    "Labels": "steek.data",
    "ModelDefinition": "steek.models",
    "Monitor": "steek.monitoring",
    "Objective": "steek.monitoring",
    "Policy": "steek.governance",
    "PolicyStep": "steek.monitoring",
    "Profiled": "steek.monitoring",
    "ReplayClock": "steek.kernel",
    "Role": "steek.governance",
    "Sampling": "steek.data",
    "Serving": "steek.models",
    "SteekError": "steek.kernel",
    "WatchedModel": "steek.monitoring",
    "at_least": "steek.evaluation",
    "at_most": "steek.evaluation",
    "clean": "steek.data",
    "data_age": "steek.monitoring",
    "derived_dataset": "steek.data",
    "examples": "steek.features",
    "expected_vs_observed": "steek.monitoring",
    "explicit": "steek.monitoring",
    "fallback_share": "steek.monitoring",
    "feature_as_answer": "steek.models",
    "feature_view": "steek.features",
    "from_delta": "steek.monitoring",
    "from_files": "steek.monitoring",
    "from_query": "steek.monitoring",
    "gap_at_most": "steek.evaluation",
    "golden": "steek.evaluation",
    "golden_change": "steek.monitoring",
    "golden_change_between": "steek.evaluation",
    "held_out_by_time": "steek.evaluation",
    "join_matched": "steek.monitoring",
    "learned": "steek.monitoring",
    "learners": "steek.training",
    "model_age": "steek.monitoring",
    "moment_features": "steek.features",
    "not_worse": "steek.evaluation",
    "open_project": "steek.platform",
    "outcome_hit_rate": "steek.monitoring",
    "prediction_mean": "steek.monitoring",
    "previous_version": "steek.models",
    "sliced_by": "steek.evaluation",
    "slis": "steek.monitoring",
    "volume": "steek.monitoring",
}

__all__ = list(_HOMES)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        message = f"module 'steek' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
