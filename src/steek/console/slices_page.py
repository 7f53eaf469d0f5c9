"""The slice explorer: the slices of one monitor as small multiples, and which of them explain the whole's change."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args

from markupsafe import Markup

from steek.charts import Band, Marker, Point, SeriesPicture, panel_svgs, visible_markers
from steek.console.attribution_parts import AttributionView, attribution_view
from steek.console.changes_about import changes_about
from steek.console.indicator_words import unit_of, value_words
from steek.console.pictures import lettered
from steek.console.services import Services
from steek.console.stations import worst
from steek.console.words import percent, quantity
from steek.kernel.errors import InputError
from steek.kernel.verdict import Verdict
from steek.kernel.windows import Window
from steek.monitoring import MonitorState, SliceLine, SliceOrder, read_slice_points, read_slices
from steek.monitoring import Point as MeasuredPoint

_SHOWN_DAYS, _SHOWN = 28, 24
_HEALTH = {Verdict.FAIL: "broken", Verdict.PASS: "well", Verdict.UNDECIDED: "undecided"}
_NEAR = 0.9


@dataclass(frozen=True, slots=True)
class SlicePanel:
    """One slice: its line, its picture and the points behind it."""

    line: SliceLine
    health: str
    said: str
    usual: str
    picture: Markup
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class SlicesView:
    """Slices of one monitor. `others` are further monitors with slices; `fitting` slices fit the filter, of `total`."""

    state: MonitorState
    said: str
    unit: str
    others: tuple[str, ...]
    panels: tuple[SlicePanel, ...]
    markers: tuple[Marker, ...]
    fitting: int
    total: int
    order: str
    orders: tuple[str, ...]
    text: str
    is_shared: bool
    window_start_at: datetime | None
    attribution: AttributionView | None
    can_attribute: bool
    form_key: str


def sliced_monitors(services: Services) -> tuple[str, ...]:
    """Names of the monitors that measured slices, the worst first."""
    sliced = [state for state in services.monitoring.monitors_state() if state.slices > 1 or state.slice is not None]
    places = ("broken", "watch", "undecided", "well")
    return tuple(one.monitor for one in sorted(sliced, key=lambda one: (places.index(worst([one.state])), one.monitor)))


def slices_view(
    services: Services, name: str, *, order: str | None, text: str | None, scale: str | None, form_key: str
) -> SlicesView:
    """The page of one monitor.

    Raises:
        NotFoundError: no monitor by that name.
        InputError: an order that there is not.
    """
    monitoring, now = services.monitoring, services.clock.now()
    chosen = _order(order)
    since = now - timedelta(days=_SHOWN_DAYS)
    monitoring.series(name, None, since=now)
    state = next(one for one in monitoring.monitors_state() if one.monitor == name)
    unit = unit_of(state.indicator, state.unit)
    table = read_slices(services.database, name, since=since, text=text or "", order=chosen)
    shown = table.lines[:_SHOWN]
    points = read_slice_points(services.database, name, [line.slice for line in shown], since=since)
    markers = lettered(changes_about(services, state.subject, since=since, until=now))
    onsets = {one.slice: one.onset for one in monitoring.alerts() if one.monitor == name and one.state != "resolved"}
    pictures = [
        _picture(line, _drawn(points[line.slice], state), unit, onsets.get(line.slice), markers) for line in shown
    ]
    is_shared = scale == "shared"
    svgs = panel_svgs(pictures, is_shared=is_shared, words=quantity)
    newest = services.attributions.list(monitor=name, limit=1)
    seen = {mark.letter: mark for picture in pictures for mark in visible_markers(picture)}
    return SlicesView(
        state=state,
        said=value_words(state.indicator, state.value, state.unit),
        unit=unit,
        others=sliced_monitors(services),
        panels=tuple(
            _panel(line, picture, svg, state) for line, picture, svg in zip(shown, pictures, svgs, strict=True)
        ),
        markers=tuple(mark for mark in markers if mark.letter in seen),
        fitting=len(table.lines),
        total=table.total,
        order=chosen,
        orders=get_args(SliceOrder),
        text=text or "",
        is_shared=is_shared,
        window_start_at=table.window_start_at,
        attribution=attribution_view(newest[0], unit) if newest else None,
        can_attribute=table.window_start_at is not None and services.attributions.can_attribute(name),
        form_key=form_key,
    )


def _order(text: str | None) -> SliceOrder:
    allowed: tuple[SliceOrder, ...] = get_args(SliceOrder)
    for one in allowed:
        if text in (None, one):
            return one
    message = f"slices cannot be sorted by {text!r}"
    raise InputError(message, next_step=f"Sort by {', '.join(allowed)}.")


def _drawn(points: list[MeasuredPoint], state: MonitorState) -> tuple[Point, ...]:
    """Values where they became known, at the end of their windows."""
    length = timedelta(days=1) if state.window is None else state.window.end_at - state.window.start_at
    return tuple(Point(point.window_start + length, point.value, point.rows) for point in points)


def _picture(
    line: SliceLine, points: tuple[Point, ...], unit: str, onset: Window | None, markers: tuple[Marker, ...]
) -> SeriesPicture:
    band = None if onset is None else Band(onset.start_at, onset.end_at, "onset")
    return SeriesPicture(line.slice, unit, points, line.lower, line.upper, onset=band, markers=markers)


def _panel(line: SliceLine, picture: SeriesPicture, svg: str, state: MonitorState) -> SlicePanel:
    health = _HEALTH[line.verdict]
    if health == "well" and line.strain >= _NEAR:
        health = "watch"
    usual = ""
    if line.usual is not None and line.change is not None:
        sign = "+" if line.change >= 0 else "\N{MINUS SIGN}"
        usual = f"usually {quantity(line.usual, picture.unit)} ({sign}{percent(abs(line.change))})"
    said = value_words(state.indicator, line.value, state.unit)
    # Safe: drawn from numbers, and titles are escaped.
    return SlicePanel(line, health, said, usual, Markup(svg), picture.points)  # noqa: S704
