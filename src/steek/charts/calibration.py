"""The calibration plot: what the model expected against what was observed, bin by bin."""

from collections.abc import Sequence
from dataclasses import dataclass

from steek.charts.palette import ACCENT, LINE, SOFT, config
from steek.charts.series import SCHEMA, Spec


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Rows whose prediction fell into one bin.

    `expected` and `observed` are means in the unit of the label; `low` and `high` bound `observed`, None if unknown.
    """

    expected: float
    observed: float
    rows: int
    low: float | None = None
    high: float | None = None


def calibration_spec(bins: Sequence[CalibrationBin], *, unit: str = "fraction", side: int = 260) -> Spec:
    """The Vega-Lite spec: a perfect model lies on the diagonal; bars are intervals, area of a dot is its rows."""
    highest = max((max(bin.expected, bin.observed, bin.high or 0.0) for bin in bins), default=1.0)
    lowest = min((min(bin.expected, bin.observed, bin.low or 0.0) for bin in bins), default=0.0)
    domain = [min(lowest, 0.0), highest * 1.05 or 1.0]
    rows = [
        {"expected": bin.expected, "observed": bin.observed, "rows": bin.rows, "low": bin.low, "high": bin.high}
        for bin in bins
    ]
    bounded = [row for row in rows if row["low"] is not None and row["high"] is not None]
    x, y = _axis("expected", domain, unit), _axis("observed", domain, unit)
    diagonal: Spec = {"type": "line", "color": SOFT, "strokeDash": [4, 3], "strokeWidth": 1}
    dots: Spec = {"type": "point", "filled": True, "color": ACCENT, "opacity": 1}
    size = {"field": "rows", "type": "quantitative", "legend": None, "scale": {"range": [20, 160]}}
    corner = [{"expected": edge, "observed": edge} for edge in domain]
    bars: Spec = {"type": "rule", "color": ACCENT, "strokeWidth": 1}
    ends = {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}}
    return {
        "$schema": SCHEMA,
        "width": side,
        "height": side,
        "padding": {"left": 2, "top": 4, "right": 8, "bottom": 2},
        "layer": [
            {"data": {"values": corner}, "mark": diagonal, "encoding": {"x": x, "y": y}},
            {"data": {"values": bounded}, "mark": bars, "encoding": ends},
            {"data": {"values": rows}, "mark": dots, "encoding": {"x": x, "y": y, "size": size}},
        ],
        "config": config(),
    }


def _axis(field: str, domain: list[float], unit: str) -> Spec:
    title = field if unit in {"", "fraction"} else f"{field}, {unit}"
    format = ",.3~r" if unit != "fraction" else ".0%" if domain[1] > 0.05 else ".1%"
    axis: Spec = {"title": title, "format": format, "tickCount": 4, "grid": True, "gridColor": LINE}
    return {"field": field, "type": "quantitative", "axis": axis, "scale": {"domain": domain, "nice": False}}
