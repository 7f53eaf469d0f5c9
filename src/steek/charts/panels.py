"""Small multiples: one small chart for each slice, all over the same stretch of time, so that the eye compares."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from html import escape

from steek.charts.palette import VARIABLES, style
from steek.charts.points import Point
from steek.charts.series import SeriesPicture, marker_lanes, value_domain, visible_in
from steek.charts.thinning import thinned

_ACCENT, _SOFT, _LINE, _BROKEN, _WASH = (
    VARIABLES[name] for name in ("#fe0004", "#fe0002", "#fe0003", "#fe0006", "#fe0009")
)
_TOP, _FOOT, _RIGHT = 14.0, 15.0, 5.0
_LETTER = 12
_MOST_FOR_BOUNDS = 2.0
Span = tuple[datetime, datetime]
Domain = tuple[float, float]


def panel_svgs(
    pictures: Sequence[SeriesPicture],
    *,
    is_shared: bool,
    words: Callable[[float, str], str],
    width: int = 250,
    height: int = 104,
    is_standalone: bool = False,
) -> tuple[str, ...]:
    """One small chart for each picture, in their order: line with gaps, near bounds dashed, onset as a band, letters.

    Args:
        pictures: Series with their bounds and markers. All are drawn over the same time, from the first point of any
            to the last of any.
        is_shared: One scale for all, so that sizes compare; or each its own, so that shapes compare. Said to
            those who do not see it; the page says it to all.
        words: A value in words, given it and its unit; written at the ends of the scale.
        width: Pixels.
        height: Pixels.
        is_standalone: Bring the colours along, for a file of its own.
    """
    shown = [one for one in pictures if one.points]
    span = _span(shown)
    common = _common([_domain(one) for one in shown])
    drawn: list[str] = []
    for one in pictures:
        domain = common if is_shared else _domain(one)
        drawn.append(_panel(one, span, domain, (width, height), words, is_shared, style() if is_standalone else ""))
    return tuple(drawn)


def _span(pictures: Sequence[SeriesPicture]) -> Span | None:
    if not pictures:
        return None
    return min(one.points[0].at for one in pictures), max(one.points[-1].at for one in pictures)


def _domain(picture: SeriesPicture) -> Domain:
    """Of the values, and of the bounds that leave them a third of the height; one that is far away is not drawn."""
    low, high = value_domain(replace(picture, lower=None, upper=None))
    room = _MOST_FOR_BOUNDS * (high - low)
    upper = picture.upper if picture.upper is not None and picture.upper - high <= room else None
    lower = picture.lower if picture.lower is not None and low - picture.lower <= room else None
    drawn_low, drawn_high = value_domain(replace(picture, lower=lower, upper=upper))
    # A share that never passed the whole has no room above it: nobody should read 103%.
    is_share = picture.unit == "fraction" and _highest(picture) <= 1.0
    return drawn_low, min(drawn_high, 1.0) if is_share else drawn_high


def _highest(picture: SeriesPicture) -> float:
    """The highest value or bound; infinite without any."""
    known = [point.value for point in picture.points if point.value is not None]
    return max([*known, picture.upper if picture.upper is not None else known[0]]) if known else math.inf


def _common(domains: Sequence[Domain]) -> Domain:
    return (min(low for low, _ in domains), max(high for _, high in domains)) if domains else (0.0, 1.0)


def _panel(
    picture: SeriesPicture,
    span: Span | None,
    domain: Domain,
    size_px: tuple[int, int],
    words: Callable[[float, str], str],
    is_shared: bool,
    colours: str,
) -> str:
    width, height = size_px
    known = [point.value for point in picture.points if point.value is not None]
    said = f"now {words(known[-1], picture.unit)}" if known else "nothing measured"
    scale = "on the scale of all" if is_shared else "on a scale of its own"
    spoken = escape(f"{picture.title}: {said}, {scale}")
    head = f'<svg xmlns="http://www.w3.org/2000/svg" class="panel" viewBox="0 0 {width} {height}" width="{width}" '
    parts = [
        head,
        f'height="{height}" role="img" aria-label="{spoken}" font-family="system-ui" font-size="11">',
        colours,
    ]
    low, high = domain
    floor = height - _FOOT

    def y_of(value: float) -> float:
        part = (value - low) / (high - low) if high > low else 0.5
        return floor - min(max(part, 0.0), 1.0) * (floor - _TOP)

    if span is None or span[0] == span[1]:
        parts.append(_text(width / 2, height / 2, "one window" if known else "nothing measured", "middle"))
        return "".join([*parts, "</svg>"])

    def x_of(at: datetime) -> float:
        return (at - span[0]) / (span[1] - span[0]) * (width - _RIGHT)

    parts += _ground(picture, span, x_of, width, floor)
    for bound in (picture.lower, picture.upper):
        if bound is not None and low <= bound <= high:
            y = f"{y_of(bound):.1f}"
            parts.append(f'<path d="M0 {y}H{width}" stroke="{_BROKEN}" stroke-dasharray="4 3" fill="none"/>')
    points = thinned(picture.points, width)
    parts.append(f'<path d="{_path(points, x_of, y_of)}" stroke="{_ACCENT}" stroke-width="1.5" fill="none"/>')
    parts += [_dot(point, x_of, y_of) for point in _dotted(points)]
    bottom = words(low, picture.unit).removesuffix(f" {picture.unit}")
    parts.append(_text(0, _TOP - 4, f"{bottom} to {words(high, picture.unit)}", "start"))
    parts.append(_text(0, height - 3, f"{span[0]:%d %b}", "start"))
    parts.append(_text(width - _RIGHT, height - 3, f"{span[1]:%d %b}", "end"))
    return "".join([*parts, "</svg>"])


def _ground(
    picture: SeriesPicture, span: Span, x_of: Callable[[datetime], float], width: int, floor: float
) -> list[str]:
    """The base line, the onset, and what changed with its letters."""
    parts = [f'<path d="M0 {floor:.1f}H{width}" stroke="{_LINE}" fill="none"/>']
    band = picture.onset
    if band is not None and band.end_at >= span[0] and band.start_at <= span[1]:
        start, end = x_of(max(band.start_at, span[0])), x_of(min(band.end_at, span[1]))
        box = f'x="{start:.1f}" y="{_TOP}" width="{max(end - start, 2):.1f}" height="{floor - _TOP:.1f}"'
        parts.append(f'<rect {box} fill="{_WASH}"/>')
    markers = visible_in(picture.markers, span)
    lanes = marker_lanes(markers, span, width)
    for marker in markers:
        colour = _BROKEN if marker.is_suspect else _SOFT
        x = x_of(marker.at)
        parts.append(f'<path d="M{x:.1f} {_TOP}V{floor:.1f}" stroke="{colour}" stroke-dasharray="1 3" fill="none"/>')
        foot = floor - 3 - _LETTER * min(lanes[marker.letter], 2)
        parts.append(_text(x + 2, foot, marker.letter, "start", colour))
    return parts


def _path(points: Sequence[Point], x_of: Callable[[datetime], float], y_of: Callable[[float], float]) -> str:
    commands: list[str] = []
    pen_is_down = False
    for point in points:
        if point.value is None:
            pen_is_down = False
            continue
        commands.append(f"{'L' if pen_is_down else 'M'}{x_of(point.at):.1f} {y_of(point.value):.1f}")
        pen_is_down = True
    return "".join(commands)


def _dotted(points: Sequence[Point]) -> list[Point]:
    """Points that no line reaches, and the newest."""
    have = [False, *(point.value is not None for point in points), False]
    lone = [point for place, point in enumerate(points) if have[place + 1] and not have[place] and not have[place + 2]]
    newest = [point for point in points if point.value is not None][-1:]
    return [*lone, *(point for point in newest if point not in lone)]


def _dot(point: Point, x_of: Callable[[datetime], float], y_of: Callable[[float], float]) -> str:
    assert point.value is not None
    return f'<circle cx="{x_of(point.at):.1f}" cy="{y_of(point.value):.1f}" r="2.2" fill="{_ACCENT}"/>'


def _text(x: float, y: float, words: str, anchor: str, colour: str = _SOFT) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(words)}</text>'
