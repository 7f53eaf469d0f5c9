"""How values are spread: bars for amounts, lying bars for the commonest codes."""

from collections.abc import Sequence
from dataclasses import dataclass

from steek.charts.palette import ACCENT, SOFT, config
from steek.charts.series import SCHEMA, Spec

_BAR_HEIGHT = 18


@dataclass(frozen=True, slots=True)
class HistogramBar:
    """Rows with lower <= value < upper in the unit of the axis; None is an open end, drawn one bar wide."""

    lower: float | None
    upper: float | None
    rows: int


def histogram_spec(bars: Sequence[HistogramBar], *, unit: str = "", width: int = 260, height: int = 70) -> Spec:
    """The Vega-Lite spec of bars in their order, each as wide as its bin; open ends are paler.

    An empty sequence is an empty frame.
    """
    rows = [_edges(bar, _usual_width(bars)) for bar in bars]
    title = unit or None
    axis: Spec = {
        "title": title,
        "format": "~s",
        "tickCount": 4,
        "grid": False,
        "titleAnchor": "end",
        "titlePadding": 0,
    }
    low = min((row["from"] for row in rows), default=0.0)
    high = max((row["to"] for row in rows), default=1.0)
    # Letters for thousands and above read well; "400m" for 0.4 does not.
    axis: Spec = {"title": title, "format": "~s" if high >= 10 else ".3~g", "tickCount": 4, "grid": False}
    axis |= {"titleAnchor": "end", "titlePadding": 0}
    scale: Spec = {"domain": [low, high], "nice": False, "zero": False}
    x: Spec = {"field": "from", "type": "quantitative", "axis": axis, "scale": scale}
    y_axis: Spec = {"title": None, "format": "~s", "tickCount": 2}
    y: Spec = {"field": "rows", "type": "quantitative", "axis": y_axis}
    paler: Spec = {"condition": {"test": "datum.open", "value": SOFT}, "value": ACCENT}
    bar: Spec = {"type": "bar", "binSpacing": 1}
    # Named at both ends: with a range on x, a bar would be a dash at the height of its rows.
    encoding: Spec = {"x": x, "x2": {"field": "to"}, "y": y, "y2": {"datum": 0}, "color": paler}
    return _framed([{"data": {"values": rows}, "mark": bar, "encoding": encoding}], width, height)


def codes_spec(counts: Sequence[tuple[str, int]], *, width: int = 170) -> Spec:
    """The Vega-Lite spec of the commonest values as lying bars with their rows, most first.

    The height follows their number; values are cut at 22 letters.
    """
    rows = [{"place": place, "value": _cut(value), "rows": number} for place, (value, number) in enumerate(counts)]
    height = max(_BAR_HEIGHT * len(rows), _BAR_HEIGHT)
    names: Spec = {"title": None, "labelLimit": 130, "labelExpr": "datum.label"}
    y: Spec = {"field": "value", "type": "nominal", "axis": names, "sort": {"field": "place"}}
    x: Spec = {"field": "rows", "type": "quantitative", "axis": None, "scale": {"zero": True}}
    bar: Spec = {"type": "bar", "color": ACCENT, "height": {"band": 0.6}}
    told: Spec = {"type": "text", "align": "left", "dx": 4, "color": SOFT, "fontSize": 11}
    number: Spec = {"field": "rows", "type": "quantitative", "format": ".3~s"}
    layers: list[Spec] = [
        {"data": {"values": rows}, "mark": bar, "encoding": {"x": x, "y": y}},
        {"data": {"values": rows}, "mark": told, "encoding": {"x": x, "y": y, "text": number}},
    ]
    return _framed(layers, width, height)


def _framed(layers: list[Spec], width: int, height: int) -> Spec:
    return {
        "$schema": SCHEMA,
        "width": width,
        "height": height,
        "padding": {"left": 2, "top": 4, "right": 30, "bottom": 2},
        "layer": layers,
        "config": config(),
    }


def _usual_width(bars: Sequence[HistogramBar]) -> float:
    widths = [bar.upper - bar.lower for bar in bars if bar.lower is not None and bar.upper is not None]
    return min(widths, default=1.0)


def _edges(bar: HistogramBar, width: float) -> dict[str, float]:
    lower = bar.lower if bar.lower is not None else (bar.upper or 0.0) - width
    upper = bar.upper if bar.upper is not None else lower + width
    is_open = bar.lower is None or bar.upper is None
    return {"from": lower, "to": upper, "rows": bar.rows, "open": is_open}


def _cut(value: str) -> str:
    return value if len(value) <= 22 else value[:21] + "…"
