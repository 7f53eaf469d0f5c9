"""Two profiles of one column over each other: where the values lay before, and where they lie now."""

from collections.abc import Sequence
from dataclasses import dataclass

from steek.charts.palette import ACCENT, SOFT, config
from steek.charts.series import SCHEMA, Spec


@dataclass(frozen=True, slots=True)
class ComparedBar:
    """Rows with lower <= value < upper, in both profiles on the same edges; None is an open end."""

    lower: float | None
    upper: float | None
    before: float
    after: float


def comparison_spec(
    bars: Sequence[ComparedBar],
    *,
    unit: str = "",
    names: tuple[str, str] = ("before", "now"),
    width: int = 420,
    height: int = 120,
) -> Spec:
    """The Vega-Lite spec: shares of the rows, because the two may differ in number; before filled, now as a line.

    The two differ in form as well as in colour, and each is named in the picture. An empty sequence is an empty frame.
    """
    totals = sum(bar.before for bar in bars) or 1.0, sum(bar.after for bar in bars) or 1.0
    edges = _edges(bars)
    rows = [
        {"from": low, "to": high, "before": bar.before / totals[0], "after": bar.after / totals[1]}
        for bar, (low, high) in zip(bars, edges, strict=True)
    ]
    highest = max((max(row["before"], row["after"]) for row in rows), default=1.0)
    x, y = _x(edges, unit), _y(highest)
    filled: Spec = {"type": "bar", "binSpacing": 0, "color": SOFT, "opacity": 0.4}
    before = {"x": x, "x2": {"field": "to"}, "y": {**y, "field": "before"}, "y2": {"datum": 0}}
    layers: list[Spec] = [{"data": {"values": rows}, "mark": filled, "encoding": before}]
    if rows:
        corners = [{"at": row[end], "share": row["after"]} for row in rows for end in ("from", "to")]
        corners = [{"at": rows[0]["from"], "share": 0.0}, *corners, {"at": rows[-1]["to"], "share": 0.0}]
        placed = [{**corner, "place": place} for place, corner in enumerate(corners)]
        line: Spec = {"type": "line", "color": ACCENT, "strokeWidth": 1.75}
        order: Spec = {"field": "place", "type": "quantitative"}
        now = {"x": {**x, "field": "at"}, "y": {**y, "field": "share"}, "order": order}
        layers.append({"data": {"values": placed}, "mark": line, "encoding": now})
    layers += [_name(names[0], SOFT, 0, "left"), _name(names[1], ACCENT, width, "right")]
    return {
        "$schema": SCHEMA,
        "width": width,
        "height": height,
        "padding": {"left": 2, "top": 6, "right": 16, "bottom": 2},
        "layer": layers,
        "config": config(),
    }


def _x(edges: Sequence[tuple[float, float]], unit: str) -> Spec:
    low, high = (edges[0][0], edges[-1][1]) if edges else (0.0, 1.0)
    axis: Spec = {"title": unit or None, "format": "~s" if high >= 10 else ".3~g", "tickCount": 5, "grid": False}
    axis |= {"titleAnchor": "end", "titlePadding": 0}
    scale: Spec = {"domain": [low, high], "nice": False, "zero": False}
    return {"field": "from", "type": "quantitative", "axis": axis, "scale": scale}


def _y(highest: float) -> Spec:
    axis: Spec = {"title": None, "format": ".0%" if highest >= 0.05 else ".1%", "tickCount": 3, "grid": True}
    return {"type": "quantitative", "axis": axis, "scale": {"domain": [0, highest * 1.08 or 1.0], "nice": False}}


def _name(name: str, colour: str, x: int, align: str) -> Spec:
    """Above the frame, where no bar can stand."""
    text: Spec = {"type": "text", "text": name, "color": colour, "align": align, "baseline": "bottom", "fontSize": 12}
    place: Spec = {"x": {"value": x}, "y": {"value": -8}}
    return {"data": {"values": [{}]}, "mark": text, "encoding": place}


def _edges(bars: Sequence[ComparedBar]) -> list[tuple[float, float]]:
    """Ends of each bar; an open end is drawn as wide as the narrowest bar."""
    widths = [bar.upper - bar.lower for bar in bars if bar.lower is not None and bar.upper is not None]
    usual = min(widths, default=1.0)
    edges: list[tuple[float, float]] = []
    for bar in bars:
        lower = bar.lower if bar.lower is not None else (bar.upper or 0.0) - usual
        edges.append((lower, bar.upper if bar.upper is not None else lower + usual))
    return edges
