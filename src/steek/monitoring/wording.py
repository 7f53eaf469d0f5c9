"""Thresholds and alerts in words."""

from steek.monitoring.alerts import Alert
from steek.monitoring.kinds import Kind
from steek.monitoring.monitor import ExplicitThreshold, Threshold


def threshold_text(threshold: Threshold, kind: Kind) -> str:
    """A threshold in words, with its unit.

    >>> threshold_text(ExplicitThreshold(None, 48.0), Kind.HOURS)
    'at most 48 h'
    """
    if isinstance(threshold, ExplicitThreshold):
        return band_text(threshold.lower, threshold.upper, kind)
    season = " of its weekday" if threshold.season == "week" else ""
    return f"median{season} ± {threshold.width:g} MAD of up to {threshold.windows} windows before"


def band_text(lower: float | None, upper: float | None, kind: Kind) -> str:
    """What is well, in words.

    >>> band_text(0.31, None, Kind.SHARE)
    'at least 31%'
    """
    if lower is None and upper is None:
        return "no bounds yet"
    if lower is None:
        return f"at most {value_text(upper, kind)}"
    if upper is None:
        return f"at least {value_text(lower, kind)}"
    return f"{value_text(lower, kind)} to {value_text(upper, kind)}"


def value_text(value: float | None, kind: Kind) -> str:
    """A value with its unit, three significant digits.

    >>> value_text(1234.0, Kind.COUNT), value_text(0.4031, Kind.SHARE), value_text(None, Kind.HOURS)
    ('1,234 rows', '40.3%', 'no value')
    """
    if value is None:
        return "no value"
    if kind is Kind.SHARE:
        return f"{100 * value:.3g}%"
    if kind is Kind.COUNT:
        return f"{value:,.0f} rows"
    return f"{value:,.3g} {kind.unit}".rstrip()


def alert_text(alert: Alert, kind: Kind) -> str:
    """One sentence for a pager: which series, its value, what would be well."""
    name = alert.monitor + (f" [{alert.slice}]" if alert.slice is not None else "")
    return f"{name} is {value_text(alert.value, kind)}; well is {band_text(alert.lower, alert.upper, kind)}"
