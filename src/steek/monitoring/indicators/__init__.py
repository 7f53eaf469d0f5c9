"""The indicators: each a builder for projects and a small function that measures it.

Flows in: declarations, and windows of what the rooms below stored. Flows out: measurements, one for each slice.
"""

from steek.monitoring.indicators.ages import data_age, model_age
from steek.monitoring.indicators.golden import golden_change
from steek.monitoring.indicators.indicator import Indicator
from steek.monitoring.indicators.joins import join_matched
from steek.monitoring.indicators.outcomes import expected_vs_observed, outcome_hit_rate
from steek.monitoring.indicators.predictions import fallback_share, prediction_mean
from steek.monitoring.indicators.registry import INDICATORS
from steek.monitoring.indicators.sources import Sources
from steek.monitoring.indicators.volumes import volume

__all__ = [
    "INDICATORS",
    "Indicator",
    "Sources",
    "data_age",
    "expected_vs_observed",
    "fallback_share",
    "golden_change",
    "join_matched",
    "model_age",
    "outcome_hit_rate",
    "prediction_mean",
    "volume",
]
