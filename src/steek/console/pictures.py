"""From a monitored series to what a page shows of it: a chart with its letters and its table, or a sparkline."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from markupsafe import Markup

from steek.charts import Band, Marker, Point, SeriesPicture, letter, series_spec, sparkline_svg, visible_markers
from steek.console.drawings import Drawing, Drawings
from steek.console.event_words import describe
from steek.console.indicator_words import bounds_words
from steek.console.words import interval_words, quantity
from steek.ledger import Event
from steek.monitoring import Series

_MOST_MARKERS = 12
_WIDE, _HALF, _NARROW = 700, 420, 290


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart for the page: one drawing for a desk, one for a phone, the changes it marks, the table behind it.

    `replaced` are first measurements of windows that were measured again.
    """

    title: str
    unit: str
    wide: Drawing
    narrow: Drawing | None
    markers: tuple[Marker, ...]
    points: tuple[Point, ...]
    replaced: tuple[Point, ...]


def chart(
    drawings: Drawings,
    title: str,
    series: Series,
    *,
    unit: str | None = None,
    onset: tuple[datetime | None, datetime | None] = (None, None),
    markers: tuple[Marker, ...] = (),
    replaced: tuple[Point, ...] = (),
    is_main: bool = False,
) -> Picture:
    """Draw a series, wide enough for a column of the page when it `is_main`, else for half of one.

    Args:
        drawings: Where the browser will ask for it.
        title: What is measured, for the page and for those who do not see it.
        series: Points, bounds and unit.
        unit: The unit to show instead of the unit of the series.
        onset: Earliest and latest instant at which the trouble began; drawn as a band when either is known.
        markers: What changed; those outside the time of the points are dropped.
        replaced: First measurements of windows that were measured again; equal ones are dropped.
        is_main: The one chart that shows the trouble, or one of several.
    """
    shown_unit = series.unit if unit is None else unit
    points = _at_window_ends(series)
    first = tuple(old for old in replaced if any(new.at == old.at and new.value != old.value for new in points))
    picture = SeriesPicture(
        title=title,
        unit=shown_unit,
        points=points,
        lower=series.lower,
        upper=series.upper,
        lower_text=bounds_words(series.lower, None, shown_unit) if _is_shown(series.lower, shown_unit) else "",
        upper_text=bounds_words(None, series.upper, shown_unit),
        onset=_band(onset),
        markers=markers,
        replaced=first,
    )
    spoken = _spoken(title, series, shown_unit)
    width, height = (_WIDE, 170) if is_main else (_HALF, 120)
    wide = drawings.add(series_spec(picture, width=width, height=height), spoken, width=width, height=height)
    narrow = None
    if is_main:
        narrow = drawings.add(series_spec(picture, width=_NARROW, height=150), spoken, width=_NARROW, height=150)
    return Picture(title, shown_unit, wide, narrow, visible_markers(picture), points, first)


def _is_shown(bound: float | None, unit: str) -> bool:
    return bound is not None and (bound == 0 or quantity(bound, unit) != quantity(0.0, unit))


def _at_window_ends(series: Series) -> tuple[Point, ...]:
    """Values where they became known, so that a fall is drawn inside the window in which it happened."""
    starts = [point.window_start for point in series.points]
    length = min((later - start for start, later in pairwise(starts)), default=timedelta(days=1))
    return tuple(Point(point.window_start + length, point.value, point.rows) for point in series.points)


def _band(onset: tuple[datetime | None, datetime | None]) -> Band | None:
    earliest, latest = onset[0] or onset[1], onset[1] or onset[0]
    if earliest is None or latest is None:
        return None
    return Band(earliest, latest, f"onset, {interval_words(earliest, latest, latest)}")


def lettered(events: Iterable[Event], *, suspects: frozenset[str] = frozenset()) -> tuple[Marker, ...]:
    """Changes as markers in order of event time; those in `suspects` (event ids) stand out. The newest are kept."""
    ordered = sorted(events, key=lambda event: (event.at, event.sequence))[-_MOST_MARKERS:]
    return tuple(
        Marker(letter(index), event.at, _label(event), event.id in suspects, f"/ledger/{event.id}")
        for index, event in enumerate(ordered)
    )


def spark(series: Series, health: str, title: str) -> Markup:
    """The sparkline of a series in the colour of a state."""
    values: Sequence[float | None] = [point.value for point in series.points]
    bound = series.lower if series.lower is not None else series.upper
    # Safe: drawn from numbers, and the description is escaped.
    spoken = _spoken(title, series, series.unit)
    return Markup(sparkline_svg(values, threshold=bound, state=health, description=spoken))  # noqa: S704


def _label(event: Event) -> str:
    line = describe(event)
    text = line.text if len(line.text) < 60 else f"{line.text[:59]}…"
    return text if event.kind == "external.changed" else f"{line.what} {text}"


def _spoken(title: str, series: Series, unit: str) -> str:
    known = [point.value for point in series.points if point.value is not None]
    if not known:
        return f"{title}: nothing measured"
    well = bounds_words(series.lower, series.upper, unit)
    said = f"{title}: now {quantity(known[-1], unit)}, lowest {quantity(min(known), unit)}"
    return f"{said}, highest {quantity(max(known), unit)}" + (f", well is {well}" if well else "")
