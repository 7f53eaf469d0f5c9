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
    "Stakeholder": "steek.incidents",
    "MitigationAgreement": "steek.incidents",
    "SteekError": "steek.kernel",
    "WatchedModel": "steek.monitoring",
    "at_least": "steek.evaluation",
    "at_most": "steek.evaluation",
    "calibration_error": "steek.monitoring",
    "canary_share": "steek.monitoring",
    "candidate_unavailable_share": "steek.monitoring",
    "clean": "steek.data",
    "column_mean": "steek.monitoring",
    "column_quantile": "steek.monitoring",
    "data_age": "steek.monitoring",
    "default_monitors": "steek.monitoring",
    "derived_dataset": "steek.data",
    "distinct": "steek.monitoring",
    "drift": "steek.monitoring",
    "examples": "steek.features",
    "expected_vs_observed": "steek.monitoring",
    "explicit": "steek.monitoring",
    "fallback_share": "steek.monitoring",
    "feature_as_answer": "steek.models",
    "feature_skew": "steek.monitoring",
    "feature_view": "steek.features",
    "freshness": "steek.monitoring",
    "from_delta": "steek.monitoring",
    "from_files": "steek.monitoring",
    "from_query": "steek.monitoring",
    "gap_at_most": "steek.evaluation",
    "golden": "steek.evaluation",
    "golden_age": "steek.monitoring",
    "golden_change": "steek.monitoring",
    "golden_change_between": "steek.evaluation",
    "held_out_by_time": "steek.evaluation",
    "indicator": "steek.monitoring",
    "join_against_expected": "steek.monitoring",
    "join_matched": "steek.monitoring",
    "latency": "steek.monitoring",
    "learned": "steek.monitoring",
    "learners": "steek.training",
    "model_age": "steek.monitoring",
    "moment_features": "steek.features",
    "new_slices": "steek.monitoring",
    "non_finite_share": "steek.monitoring",
    "not_worse": "steek.evaluation",
    "null_share": "steek.monitoring",
    "open_project": "steek.platform",
    "outcome_hit_rate": "steek.monitoring",
    "outside_series": "steek.monitoring",
    "prediction_mean": "steek.monitoring",
    "prediction_statistic": "steek.monitoring",
    "previous_version": "steek.models",
    "queue_age": "steek.monitoring",
    "recommendations_per_page": "steek.monitoring",
    "sliced_by": "steek.evaluation",
    "slis": "steek.monitoring",
    "training_backlog": "steek.monitoring",
    "training_rate": "steek.monitoring",
    "vanished_slices": "steek.monitoring",
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
