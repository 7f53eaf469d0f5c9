"""From a monitored series to what a page shows of it: a chart with its letters and its table, or a sparkline."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from markupsafe import Markup

from steek.charts import (
    Band,
    Marker,
    Point,
    SeriesPicture,
    letter,
    render_svg,
    series_spec,
    sparkline_svg,
    visible_markers,
)
from steek.console.event_words import describe
from steek.console.words import interval_words, quantity
from steek.ledger import Event
from steek.monitoring import Series

_MOST_MARKERS = 12
_WIDE, _HALF, _NARROW = 700, 420, 290


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart for the page: one drawing for a desk, one for a phone, the changes it marks, the table behind it."""

    title: str
    unit: str
    wide: Markup
    narrow: Markup
    markers: tuple[Marker, ...]
    points: tuple[Point, ...]


def chart(
    title: str,
    series: Series,
    *,
    onset: tuple[datetime | None, datetime | None] = (None, None),
    markers: tuple[Marker, ...] = (),
    is_main: bool = False,
) -> Picture:
    """Draw a series, wide enough for a column of the page when it `is_main`, else for half of one.

    Args:
        title: What is measured, for the page and for those who do not see it.
        series: Points, bounds and unit.
        onset: Earliest and latest instant at which the trouble began; drawn as a band when either is known.
        markers: What changed; those outside the time of the points are dropped.
        is_main: The one chart that shows the trouble, or one of several.
    """
    points = _at_window_ends(series)
    picture = SeriesPicture(
        title=title,
        unit=series.unit,
        points=points,
        lower=series.lower,
        upper=series.upper,
        lower_text=bounds_words(series.lower, None, series.unit),
        upper_text=bounds_words(None, series.upper, series.unit),
        onset=_band(onset),
        markers=markers,
    )
    spoken = _spoken(title, series)
    desk = series_spec(picture, width=_WIDE if is_main else _HALF, height=170 if is_main else 120)
    wide = render_svg(desk, description=spoken)
    narrow = render_svg(series_spec(picture, width=_NARROW, height=150), description=spoken) if is_main else ""
    # Safe: the renderer escapes every text that it draws.
    return Picture(title, series.unit, Markup(wide), Markup(narrow), visible_markers(picture), points)  # noqa: S704


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
    return Markup(sparkline_svg(values, threshold=bound, state=health, description=_spoken(title, series)))  # noqa: S704


def bounds_words(lower: float | None, upper: float | None, unit: str) -> str:
    """What is well, in words; "" when there is no bound.

    >>> bounds_words(0.9, None, "fraction"), bounds_words(10.0, 48.0, "h")
    ('at least 90%', '10 to 48 h')
    """
    if lower is not None and upper is not None:
        first = quantity(lower, unit)
        bare = first if unit == "fraction" else first.removesuffix(f" {unit}")
        return f"{bare} to {quantity(upper, unit)}"
    if lower is not None:
        return f"at least {quantity(lower, unit)}"
    return f"at most {quantity(upper, unit)}" if upper is not None else ""


def _label(event: Event) -> str:
    line = describe(event)
    return f"{line.what} {line.text}" if len(line.text) < 60 else f"{line.what} {line.text[:59]}…"


def _spoken(title: str, series: Series) -> str:
    known = [point.value for point in series.points if point.value is not None]
    if not known:
        return f"{title}: nothing measured"
    well = bounds_words(series.lower, series.upper, series.unit)
    said = f"{title}: now {quantity(known[-1], series.unit)}, lowest {quantity(min(known), series.unit)}"
    return f"{said}, highest {quantity(max(known), series.unit)}" + (f", well is {well}" if well else "")
