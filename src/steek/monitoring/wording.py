"""Thresholds and alerts in words."""

from steek.monitoring.alerts import Alert
from steek.monitoring.kinds import Kind
from steek.monitoring.thresholds.declared import ExplicitThreshold, Threshold


def threshold_text(threshold: Threshold, kind: Kind, unit: str | None = None) -> str:
    """A threshold in words, with its unit.

    >>> threshold_text(ExplicitThreshold(None, 48.0), Kind.HOURS)
    'at most 48 h'
    """
    if isinstance(threshold, ExplicitThreshold):
        return band_text(threshold.lower, threshold.upper, kind, unit)
    season = {"day": " of its hour", "week": " of its weekday", "hour of week": " of its hour of the week"}
    place = "" if threshold.season is None else season[threshold.season]
    reach = "28 days" if threshold.windows is None else f"{threshold.windows} windows"
    return f"median{place} ± {threshold.width:g} MAD of up to {reach} before"


def band_text(lower: float | None, upper: float | None, kind: Kind, unit: str | None = None) -> str:
    """What is well, in words.

    >>> band_text(0.31, None, Kind.SHARE), band_text(2.0, 59.0, Kind.COUNT)
    ('at least 31%', '2 to 59 rows')
    """
    if lower is None and upper is None:
        return "no bounds yet"
    if lower is None:
        return f"at most {value_text(upper, kind, unit)}"
    if upper is None:
        return f"at least {value_text(lower, kind, unit)}"
    first, last = value_text(lower, kind, unit), value_text(upper, kind, unit)
    said = last.partition(" ")[2]
    return f"{first.removesuffix(f' {said}')} to {last}"


def value_text(value: float | None, kind: Kind, unit: str | None = None) -> str:
    """A value with its unit, three significant digits; `unit` takes the place of that of the kind.

    >>> value_text(1234.0, Kind.COUNT), value_text(0.4031, Kind.SHARE), value_text(None, Kind.HOURS)
    ('1,234 rows', '40.3%', 'no value')
    """
    if value is None:
        return "no value"
    if kind is Kind.SHARE:
        return f"{100 * value:.3g}%"
    if kind is Kind.COUNT:
        return f"{value:,.0f} {unit or kind.unit}"
    return f"{value:,.3g} {unit or kind.unit}".rstrip()


def slice_words(slice: str) -> str:
    """A slice as people say it: the column without its "_id", then the value.

    >>> slice_words("join=lines x partners"), slice_words("store_id=367, product_category=MILK")
    ('join lines x partners', 'store 367, product category MILK')
    """
    parts = (part.partition("=") for part in slice.split(", "))
    said = (
        f"{column.removesuffix('_id').replace('_', ' ')} {value}" if mark else column for column, mark, value in parts
    )
    return ", ".join(said)


def alert_text(alert: Alert, kind: Kind, unit: str | None = None) -> str:
    """One sentence for a pager and for the title of an incident: which series, what it shows, what is expected, where.

    With joins: "lines joined with partners: none of 4,231 matched (join lines x partners)".
    """
    bounds = "" if alert.lower is None and alert.upper is None else band_text(alert.lower, alert.upper, kind, unit)
    expected = f", {bounds} expected" if bounds else ""
    place = f" ({slice_words(alert.slice)})" if alert.slice is not None else ""
    mark = " at" if ":" in alert.monitor else ":"
    return f"{alert.monitor}{mark} {_shown(alert, kind, unit)}{expected}{place}"


def _shown(alert: Alert, kind: Kind, unit: str | None) -> str:
    rows, matched = alert.evidence.get("left_rows"), alert.evidence.get("matched_rows")
    if isinstance(rows, int) and isinstance(matched, int):
        return f"{f'{matched:,}' if matched else 'none'} of {rows:,} matched"
    return value_text(alert.value, kind, unit)
