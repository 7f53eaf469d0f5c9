"""The table of indicators, by the name that a declaration carries."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from steek.monitoring.indicators import (
    ages,
    arrivals,
    golden,
    joins,
    outcomes,
    outside,
    pages,
    predictions,
    profiled,
    queues,
    skew,
    staleness,
    training,
    user_defined,
    values,
    volumes,
)
from steek.monitoring.indicators.indicator import Indicator
from steek.monitoring.kinds import Kind
from steek.monitoring.monitor import IndicatorSpec

_LOG = predictions.reads_predictions
_TOLD = outcomes.reads_outcomes

INDICATORS: Mapping[str, Indicator] = MappingProxyType(
    {
        ages.DATA_AGE: Indicator(Kind.HOURS, ages.measure_data_age, is_live=True),
        ages.MODEL_AGE: Indicator(Kind.HOURS, ages.measure_model_age, is_live=True),
        staleness.FRESHNESS: Indicator(Kind.HOURS, staleness.measure_freshness, is_live=True),
        arrivals.NEW_VALUE_SHARE: Indicator(Kind.SHARE, arrivals.measure_new_value_share, side="data"),
        arrivals.OUTCOMES_KNOWN: Indicator(Kind.SHARE, arrivals.measure_outcomes_known),
        golden.GOLDEN_AGE: Indicator(Kind.HOURS, golden.measure_golden_age, is_live=True),
        golden.GOLDEN_CHANGE: Indicator(Kind.RATIO, golden.measure_golden_change, is_live=True),
        joins.JOIN_AGAINST_EXPECTED: Indicator(Kind.RATIO, joins.measure_join_against_expected, side="data"),
        joins.JOIN_MATCHED: Indicator(Kind.SHARE, joins.measure_join_matched, side="data"),
        outcomes.CALIBRATION_ERROR: Indicator(Kind.RATIO, outcomes.measure_calibration_error, reads=_TOLD),
        outcomes.EXPECTED_VS_OBSERVED: Indicator(Kind.RATIO, outcomes.measure_expected_vs_observed, reads=_TOLD),
        outcomes.OUTCOME_HIT_RATE: Indicator(Kind.SHARE, outcomes.measure_hit_rate, reads=_TOLD),
        outside.OUTSIDE_SERIES: Indicator(Kind.AMOUNT, outside.measure_outside_series, side="data"),
        pages.CANDIDATE_UNAVAILABLE_SHARE: Indicator(Kind.SHARE, pages.measure_unavailable, reads=_LOG),
        pages.RECOMMENDATIONS_PER_PAGE: Indicator(Kind.AMOUNT, pages.measure_per_page, unit="answers", reads=_LOG),
        predictions.CANARY_SHARE: Indicator(Kind.SHARE, predictions.measure_canary_share, reads=_LOG),
        predictions.FALLBACK_SHARE: Indicator(Kind.SHARE, predictions.measure_fallback_share, reads=_LOG),
        predictions.LATENCY: Indicator(Kind.AMOUNT, predictions.measure_latency, unit="ms", reads=_LOG),
        predictions.PREDICTION_MEAN: Indicator(Kind.AMOUNT, predictions.measure_prediction_mean, reads=_LOG),
        predictions.PREDICTION_STATISTIC: Indicator(Kind.AMOUNT, predictions.measure_statistic, reads=_LOG),
        profiled.COLUMN_FIGURE: Indicator(Kind.AMOUNT, profiled.measure_column, side="data"),
        profiled.DRIFT: Indicator(Kind.RATIO, profiled.measure_drift, unit="PSI", side="data"),
        queues.QUEUE_AGE: Indicator(Kind.HOURS, queues.measure_queue_age, is_live=True),
        skew.FEATURE_SKEW: Indicator(Kind.SHARE, skew.measure_feature_skew, reads=skew.reads_skew),
        training.TRAINING_BACKLOG: Indicator(Kind.COUNT, training.measure_backlog, is_live=True, is_additive=True),
        training.TRAINING_RATE: Indicator(Kind.AMOUNT, training.measure_training_rate, unit="rows/s", is_live=True),
        user_defined.USER_DEFINED: Indicator(
            Kind.AMOUNT, user_defined.measure_user_defined, side="data", reads=user_defined.reads_user_defined
        ),
        values.ODD_HOURS_SHARE: Indicator(
            Kind.SHARE, values.measure_odd_hours, side="data", reads=values.reads_odd_hours
        ),
        values.VALUE_SIZE: Indicator(
            Kind.AMOUNT, values.measure_value_size, unit="log10", side="data", reads=values.reads_value_size
        ),
        volumes.NEW_SLICES: Indicator(Kind.COUNT, volumes.measure_new, unit="slices", side="data"),
        volumes.VANISHED_SLICES: Indicator(Kind.SHARE, volumes.measure_vanished, side="data"),
        volumes.VOLUME: Indicator(
            Kind.COUNT,
            volumes.measure_volume,
            missing_is_zero=True,
            side="data",
            is_additive=True,
            reads=volumes.reads_volume,
        ),
    }
)

# Tables of answers and of what came of them are complete only when the models have answered.
_OF_MODELS = frozenset({"predictions", "outcomes"})


def indicator_of(spec: IndicatorSpec) -> Indicator:
    """The indicator that a declaration names, with the kind and unit that it gives itself."""
    found = INDICATORS[spec.name]
    kind, unit = spec.parameters.get("kind"), spec.parameters.get("unit")
    if isinstance(kind, str):
        found = replace(found, kind=Kind(kind))
    if isinstance(unit, str):
        found = replace(found, unit=unit)
    name = spec.target.name
    if name in _OF_MODELS or (
        spec.target.kind == "profile" and name.startswith(("features.", "predictions.", "inputs."))
    ):
        found = replace(found, side="models")
    return found
