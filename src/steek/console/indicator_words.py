"""What a monitored value is, in the words of its indicator: a number never stands alone."""

from collections.abc import Mapping

from steek.console.words import plain_reason, quantity
from steek.monitoring import LearnedThreshold, Monitor, MonitorState, slice_words

# What stands behind the number; "{}" where the number goes.
_SAID: Mapping[str, str] = {
    "calibration_error": "off by {}",
    "canary_share": "{} answered by the candidate",
    "candidate_unavailable_share": "{} without a candidate",
    "data_age": "{} old",
    "expected_vs_observed": "{} of expected",
    "fallback_share": "{} fell back",
    "feature_skew": "{} differ from training",
    "freshness": "{} old",
    "golden_age": "{} old",
    "golden_change": "{} changed",
    "join_against_expected": "{} of the usual",
    "join_matched": "{} matched",
    "model_age": "{} old",
    "outcome_hit_rate": "{} hits",
    "prediction_mean": "{} on average",
    "queue_age": "waited {}",
    "recommendations_per_page": "{} a page",
    "training_backlog": "{} to learn",
    "vanished_slices": "{} of slices gone",
}
# Ratios and shares that the room of monitoring measures as bare numbers.
_IN_PERCENT = frozenset({"calibration_error", "expected_vs_observed", "golden_change", "join_against_expected"})


def unit_of(indicator: str, unit: str) -> str:
    """The unit in which a value of an indicator is shown."""
    return "fraction" if indicator in _IN_PERCENT else unit


def value_words(indicator: str, value: float | None, unit: str) -> str:
    """A value with its unit and what it is.

    >>> value_words("golden_change", 0.111, ""), value_words("model_age", 24.0, "h"), value_words("volume", 623, "rows")
    ('11% changed', '24 h old', '623 rows')
    >>> value_words("golden_change", None, "")
    'nothing measured'
    """
    number = quantity(value, unit_of(indicator, unit))
    return number if value is None else _SAID.get(indicator, "{}").format(number)


def bounds_words(lower: float | None, upper: float | None, unit: str) -> str:
    """What is well, in words; "" when there is no bound.

    >>> bounds_words(0.9, None, "fraction"), bounds_words(10.0, 48.0, "h"), bounds_words(1e-05, 0.8, "fraction")
    ('at least 90%', '10 to 48 h', 'above 0%, to 80%')
    """
    if lower is not None and upper is not None:
        first = quantity(lower, unit)
        if lower > 0 and quantity(0.0, unit) == first:
            return f"above {first}, to {quantity(upper, unit)}"
        bare = first if unit == "fraction" else first.removesuffix(f" {unit}")
        return f"{bare} to {quantity(upper, unit)}"
    if lower is not None:
        return f"at least {quantity(lower, unit)}"
    return f"at most {quantity(upper, unit)}" if upper is not None else ""


def well_words(state: MonitorState) -> str:
    """What the value is compared with: its bounds, or why there are none yet."""
    known = bounds_words(state.lower, state.upper, unit_of(state.indicator, state.unit))
    return known or plain_reason(state.reason)


def basis_words(monitor: Monitor, state: MonitorState) -> str:
    """Where learned bounds come from; "" for declared ones, which need no explanation."""
    return state.threshold if isinstance(monitor.threshold, LearnedThreshold) else ""


def series_name(monitor: str, slice: str | None) -> str:
    """A monitored series as people call it.

    >>> series_name("lines joined with partners", "join=lines x partners"), series_name("top_five", None)
    ('lines joined with partners (join lines x partners)', 'top five')
    """
    name = monitor.replace("_", " ")
    return name if slice is None else f"{name} ({slice_words(slice)})"


def name_beside(monitor: str, model: str) -> str:
    """The monitor's name without the name of the model it is read beside.

    >>> name_beside("search_ranking: age of the model", "search_ranking"), name_beside("top_fallbacks", "top")
    ('age of the model', 'fallbacks')
    """
    return monitor.removeprefix(model).lstrip(":_ ").replace("_", " ") if monitor != model else monitor
