"""The table of indicators, by the name that a declaration carries."""

from collections.abc import Mapping
from types import MappingProxyType

from steek.monitoring.indicators import ages, golden, joins, outcomes, predictions, volumes
from steek.monitoring.indicators.indicator import Indicator
from steek.monitoring.kinds import Kind

INDICATORS: Mapping[str, Indicator] = MappingProxyType(
    {
        ages.DATA_AGE: Indicator(Kind.HOURS, ages.measure_data_age),
        ages.MODEL_AGE: Indicator(Kind.HOURS, ages.measure_model_age),
        golden.GOLDEN_CHANGE: Indicator(Kind.RATIO, golden.measure_golden_change),
        joins.JOIN_MATCHED: Indicator(Kind.SHARE, joins.measure_join_matched),
        outcomes.EXPECTED_VS_OBSERVED: Indicator(Kind.RATIO, outcomes.measure_expected_vs_observed),
        outcomes.OUTCOME_HIT_RATE: Indicator(Kind.SHARE, outcomes.measure_hit_rate),
        predictions.FALLBACK_SHARE: Indicator(Kind.SHARE, predictions.measure_fallback_share),
        predictions.PREDICTION_MEAN: Indicator(Kind.AMOUNT, predictions.measure_prediction_mean),
        volumes.VOLUME: Indicator(Kind.COUNT, volumes.measure_volume, missing_is_zero=True),
    }
)
