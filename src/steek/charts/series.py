"""The picture of a measured series: line with gaps, thresholds dashed, onset as a band, changes as letters."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from string import ascii_uppercase

from steek.charts.palette import ACCENT, ALARM_WASH, BROKEN, CARD, SOFT, config
from steek.charts.points import Point
from steek.charts.thinning import thinned

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
Spec = dict[str, object]
_LANE, _MOST_LANES, _MARKER_WIDTH = 19, 5, 19
# As a fraction of the frame; nearer than this the words of two bounds would stand on one another.
_CLOSE_BOUNDS = 0.16


@dataclass(frozen=True, slots=True)
class Marker:
    """Something that changed at `at`; drawn as its letter, explained in the list under the chart."""

    letter: str
    at: datetime
    label: str
    is_suspect: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """An interval of time in which something began."""

    start_at: datetime
    end_at: datetime
    label: str


@dataclass(frozen=True, slots=True)
class SeriesPicture:
    """Everything a series chart shows. `unit` "fraction" is drawn in percent; bounds have the unit of the values.

    Points are in order of time; `lower_text` and `upper_text` stand at their bounds. `replaced` are values that were
    measured first and later measured again, after the data were mended; they are drawn beside the line, not on it.
    """

    title: str
    unit: str
    points: tuple[Point, ...]
    lower: float | None = None
    upper: float | None = None
    lower_text: str = ""
    upper_text: str = ""
    onset: Band | None = None
    markers: tuple[Marker, ...] = ()
    replaced: tuple[Point, ...] = ()


def letter(index: int) -> str:
    """The marker letter of the change with this index, A first.

    >>> letter(0), letter(25), letter(26)
    ('A', 'Z', 'AA')
    """
    quotient, rest = divmod(index, len(ascii_uppercase))
    return (letter(quotient - 1) if quotient else "") + ascii_uppercase[rest]


def series_spec(picture: SeriesPicture, *, width: int = 720, height: int = 190) -> Spec:
    """The Vega-Lite spec of a series, `width` x `height` pixels without its axes.

    Gaps stay gaps, nothing is smoothed; a point between two gaps is drawn as a dot. Of a series that is longer than
    its pixels, what shows is drawn: see `thinned`. Markers and onset outside
    the stretch of time that the points cover are left out. A picture without points is an empty frame.
    """
    span = time_span(picture.points)
    layers: list[Spec] = []
    if span is not None:
        layers += _onset(picture, span, width)
        layers += _marker_rules(picture, span, width, height)
    lanes = 0 if span is None else 1 + max(marker_lanes(visible_markers(picture), span, width).values(), default=-1)
    layers += _thresholds(picture, width)
    layers += _line(picture, lanes, width)
    layers += _replaced(picture, lanes)
    return {
        "$schema": SCHEMA,
        "width": width,
        "height": height,
        "padding": {"left": 2, "top": 4, "right": 8, "bottom": 2},
        "layer": layers,
        "config": config(),
    }


def time_span(points: tuple[Point, ...]) -> tuple[datetime, datetime] | None:
    """First and last instant of the points; twelve hours around a single one; None without any."""
    if not points:
        return None
    start, end = points[0].at, points[-1].at
    return (start, end) if end > start else (start - timedelta(hours=12), end + timedelta(hours=12))


def visible_markers(picture: SeriesPicture) -> tuple[Marker, ...]:
    """The markers that the chart shows: those within the time of its points."""
    span = time_span(picture.points)
    return () if span is None else visible_in(picture.markers, span)


def visible_in(markers: tuple[Marker, ...], span: tuple[datetime, datetime]) -> tuple[Marker, ...]:
    """Those of the markers that lie in a stretch of time."""
    return tuple(mark for mark in markers if span[0] <= mark.at <= span[1])


def value_domain(picture: SeriesPicture) -> tuple[float, float]:
    """Lowest and highest value of the vertical axis: from zero unless the series lives far above it."""
    values = [point.value for point in picture.points if point.value is not None]
    values += [point.value for point in picture.replaced if point.value is not None]
    values += [bound for bound in (picture.lower, picture.upper) if bound is not None]
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    if 0 <= low < 0.6 * high:
        return 0.0, high * 1.06
    margin = (high - low) * 0.15 or abs(high) * 0.1 or 1.0
    return low - margin, high + margin


def _time_axis(picture: SeriesPicture, lanes: int) -> Spec:
    span = time_span(picture.points)
    days = 0.0 if span is None else (span[1] - span[0]).total_seconds() / 86400
    format = "%d %b" if days > 3 else "%a %H:%M"
    axis: Spec = {"title": None, "format": format, "labelPadding": 5 + _LANE * lanes, "labelOverlap": "greedy"}
    axis |= {"tickCount": 6}
    scale: Spec = {"type": "utc"}
    if span is not None:
        scale["domain"] = [instant.isoformat() for instant in span]
    return {"field": "at", "type": "temporal", "axis": axis, "scale": scale}


def _value_axis(picture: SeriesPicture) -> Spec:
    low, high = value_domain(picture)
    is_fraction = picture.unit == "fraction"
    digits = 0 if high - low > 0.1 else 1
    axis: Spec = {"title": None, "tickCount": 4, "grid": True, "format": f".{digits}%" if is_fraction else "~s"}
    axis["labelExpr"] = "datum.value === 0 && datum.label !== '0%' ? '0' : datum.label"
    if not is_fraction and abs(high) < 1 and high != low:
        axis["format"] = "~g"
    if not is_fraction and picture.unit:
        axis |= {"title": picture.unit, "titleAngle": 0, "titleAnchor": "end", "titleAlign": "left"}
        axis |= {"titleX": -34, "titleY": -12, "titleBaseline": "bottom"}
    return {"field": "value", "type": "quantitative", "axis": axis, "scale": _value_scale(picture)}


def _value_scale(picture: SeriesPicture) -> Spec:
    # Every layer must name the same domain, or Vega-Lite widens it to the union with its own, which begins at zero.
    return {"domain": list(value_domain(picture)), "nice": False, "zero": False}


def _line(picture: SeriesPicture, lanes: int, width: int) -> list[Spec]:
    points = thinned(picture.points, width)
    rows = [{"at": point.at.isoformat(), "value": point.value} for point in points]
    encoding = {"x": _time_axis(picture, lanes), "y": _value_axis(picture)}
    line: Spec = {"type": "line", "color": ACCENT, "strokeWidth": 1.75, "invalid": "break-paths-filter-domains"}
    layers: list[Spec] = [{"data": {"values": rows}, "mark": line, "encoding": encoding}]
    lone = [rows[index] for index in _dots(points)]
    if lone:
        dot: Spec = {"type": "point", "filled": True, "color": ACCENT, "size": 28, "opacity": 1}
        layers.append({"data": {"values": lone}, "mark": dot, "encoding": encoding})
    return layers


def _replaced(picture: SeriesPicture, lanes: int) -> list[Spec]:
    """First measurements, hollow, each tied by a dashed line to what was measured before and after it."""
    layers: list[Spec] = []
    for point in picture.replaced:
        before = [other for other in picture.points if other.at < point.at and other.value is not None][-1:]
        now = [other for other in picture.points if other.at == point.at and other.value is not None][:1]
        rows = [{"at": one.at.isoformat(), "value": one.value} for one in (*before, point, *now)]
        encoding = {"x": _time_axis(picture, lanes), "y": _value_axis(picture)}
        path: Spec = {"type": "line", "color": BROKEN, "strokeWidth": 1.25, "strokeDash": [2, 3]}
        ordered = {**encoding, "order": {"field": "place", "type": "quantitative"}}
        placed = [{**row, "place": place} for place, row in enumerate(rows)]
        layers.append({"data": {"values": placed}, "mark": path, "encoding": ordered})
        ring: Spec = {"type": "point", "filled": True, "fill": CARD, "stroke": BROKEN, "size": 44, "opacity": 1}
        ring |= {"strokeWidth": 1.5}
        layers.append({"data": {"values": [rows[len(before)]]}, "mark": ring, "encoding": encoding})
    return layers


def _dots(points: tuple[Point, ...]) -> list[int]:
    """Points that no line would reach, and the newest one, which the eye looks for."""
    have = [point.value is not None for point in points]
    padded = [False, *have, False]
    lone = [index for index, present in enumerate(have) if present and not padded[index] and not padded[index + 2]]
    newest = [index for index, present in enumerate(have) if present][-1:]
    return sorted({*lone, *newest})


def _thresholds(picture: SeriesPicture, width: int) -> list[Spec]:
    layers: list[Spec] = []
    for bound, words, is_lower in _bounds(picture):
        y: Spec = {"datum": bound, "type": "quantitative", "scale": _value_scale(picture)}
        rule: Spec = {"type": "rule", "color": BROKEN, "strokeDash": [4, 3], "strokeWidth": 1}
        layers.append({"data": {"values": [{}]}, "mark": rule, "encoding": {"y": y}})
        if words:
            layers.append(_bound_words(words, y, _is_below(bound, picture, is_lower=is_lower), width))
    return layers


def _bounds(picture: SeriesPicture) -> list[tuple[float, str, bool]]:
    """Each bound with its words and whether it is the lower; of two that lie close, the upper one says both."""
    low, high = value_domain(picture)
    lower, upper, words = picture.lower, picture.upper, (picture.lower_text, picture.upper_text)
    if lower is not None and upper is not None and all(words) and (upper - lower) / (high - low) < _CLOSE_BOUNDS:
        return [(lower, "", True), (upper, ", ".join(words), False)]
    told = ((lower, words[0], True), (upper, words[1], False))
    return [(bound, said, is_lower) for bound, said, is_lower in told if bound is not None]


def _is_below(bound: float, picture: SeriesPicture, *, is_lower: bool) -> bool:
    """Whether the words of a bound stand below it: on the side that is not well, unless the frame has no room there."""
    low, high = value_domain(picture)
    place = (bound - low) / (high - low)
    return place > 0.16 if is_lower else place > 0.86


def _bound_words(words: str, y: Spec, is_below: bool, width: int) -> Spec:
    text: Spec = {"type": "text", "text": words, "color": SOFT, "fontSize": 12, "align": "left", "limit": width - 8}
    text |= {"baseline": "top" if is_below else "bottom", "dy": 4 if is_below else -4}
    return {"data": {"values": [{}]}, "mark": text, "encoding": {"x": {"value": 4}, "y": y}}


def _onset(picture: SeriesPicture, span: tuple[datetime, datetime], width: int) -> list[Spec]:
    band = picture.onset
    if band is None or band.end_at < span[0] or band.start_at > span[1]:
        return []
    start, end = max(band.start_at, span[0]), min(band.end_at, span[1])
    row = {"at": start.isoformat(), "until": end.isoformat()}
    x = {"field": "at", "type": "temporal"}
    wash: Spec = {"type": "rect", "color": ALARM_WASH, "opacity": 1}
    is_late = (start - span[0]) > (span[1] - span[0]) / 2
    words: Spec = {"type": "text", "text": band.label, "color": SOFT, "fontSize": 12, "baseline": "bottom", "dy": -3}
    words |= {"align": "right" if is_late else "left", "limit": width * 4 // 5}
    top: Spec = {"value": 0}
    anchor = {"field": "until" if is_late else "at", "type": "temporal"}
    return [
        {"data": {"values": [row]}, "mark": wash, "encoding": {"x": x, "x2": {"field": "until"}}},
        {"data": {"values": [row]}, "mark": words, "encoding": {"x": anchor, "y": top}},
    ]


def marker_lanes(markers: tuple[Marker, ...], span: tuple[datetime, datetime], width: int) -> dict[str, int]:
    """The row, from 0, in which each letter stands so that none covers another; the last row may be crowded."""
    lanes: dict[str, int] = {}
    ends: list[float] = []
    for marker in sorted(markers, key=lambda one: one.at):
        x = (marker.at - span[0]) / (span[1] - span[0]) * width
        free = next((lane for lane, end in enumerate(ends) if x >= end), min(len(ends), _MOST_LANES - 1))
        ends[free:] = [x + _MARKER_WIDTH, *ends[free + 1 :]]
        lanes[marker.letter] = free
    return lanes


def _marker_rules(picture: SeriesPicture, span: tuple[datetime, datetime], width: int, height: int) -> list[Spec]:
    layers: list[Spec] = []
    markers = visible_markers(picture)
    lanes = marker_lanes(markers, span, width)
    for colour, is_suspect in ((SOFT, False), (BROKEN, True)):
        rows = [
            {"at": marker.at.isoformat(), "letter": marker.letter, "foot": height + 12 + _LANE * lanes[marker.letter]}
            for marker in markers
            if marker.is_suspect is is_suspect
        ]
        if not rows:
            continue
        x = {"field": "at", "type": "temporal"}
        foot: Spec = {"field": "foot", "type": "quantitative", "scale": None, "axis": None}
        rule: Spec = {"type": "rule", "color": colour, "strokeDash": [1, 3]}
        circle: Spec = {"type": "point", "shape": "circle", "filled": True, "fill": CARD, "stroke": colour}
        circle |= {"strokeWidth": 1.2, "size": 230, "opacity": 1}
        text: Spec = {"type": "text", "color": colour, "fontSize": 11, "baseline": "middle"}
        lettered = {"x": x, "y": foot, "text": {"field": "letter", "type": "nominal"}}
        data: Spec = {"values": rows}
        layers.append({"data": data, "mark": rule, "encoding": {"x": x, "y": foot, "y2": {"value": 0}}})
        layers.append({"data": data, "mark": circle, "encoding": {"x": x, "y": foot}})
        layers.append({"data": data, "mark": text, "encoding": lettered})
    return layers
