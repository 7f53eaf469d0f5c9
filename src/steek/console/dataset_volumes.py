"""Volumes of a dataset over time: the whole or one slice as a chart, the slices beside it as small multiples."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from steek.charts import sparkline_svg
from steek.console.changes_near import changes_of_dataset
from steek.console.drawings import Drawings
from steek.console.pictures import Picture, chart, lettered
from steek.console.services import Services
from steek.data import AnyDataset, Looking, volume_lines
from steek.kernel.verdict import Verdict
from steek.kernel.windows import Window
from steek.measures import mad_bounds
from steek.monitoring import Point, Series

_DAYS = 56
_LEAST_HISTORY = 7
_MOST_SLICES = 24
_WIDTH = 6.0


@dataclass(frozen=True, slots=True)
class SliceLine:
    """One slice: rows of the newest full day, what is usual, and the days before as a sparkline."""

    value: str
    newest: int
    usual: str
    health: str
    spark: Markup
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class VolumePart:
    """The chart, and the slices by one column; `columns` can be chosen; `more` slices are not listed."""

    picture: Picture
    by: str | None
    slice: str | None
    columns: tuple[str, ...]
    slices: tuple[SliceLine, ...]
    more: int


def volume_part(
    services: Services, drawings: Drawings, dataset: AnyDataset, looking: Looking, *, by: str | None, slice: str | None
) -> VolumePart | None:
    """Rows per business day of the last weeks; None for a dataset without event time or without data."""
    if dataset.event_time is None or services.lake.latest_version(dataset.name) is None:
        return None
    window = _window(services)
    column = by or next(iter(dataset.volume_by), None)
    counted = looking.volumes(dataset.name, window, column)
    lines = [] if column is None else [(value, rows) for value, rows in volume_lines(counted) if value is not None]
    chosen = next((rows for value, rows in lines if value == slice), None) if slice is not None else None
    rows = chosen if chosen is not None else _whole(volume_lines(counted), window)
    named = f"rows of {dataset.name}" if slice is None else f"rows of {dataset.name}, {column} {slice}"
    markers = lettered(changes_of_dataset(services.ledger, dataset.name, since=window.start_at, until=window.end_at))
    return VolumePart(
        picture=chart(drawings, named, _series(dataset.name, slice, rows, window), markers=markers, is_main=True),
        by=column,
        slice=slice,
        columns=dataset.volume_by,
        slices=tuple(_line(value or "", each, value == slice) for value, each in lines[:_MOST_SLICES]),
        more=max(len(lines) - _MOST_SLICES, 0),
    )


def _window(services: Services) -> Window:
    # Days that are over: the one that runs would always look as if rows were missing.
    now, start = services.clock.now(), services.settings.day_starts_at
    begun = now.replace(hour=start.hour, minute=start.minute, second=start.second, microsecond=0)
    end = begun if begun <= now else begun - timedelta(days=1)
    return Window(end - timedelta(days=_DAYS), end)


def _whole(lines: list[tuple[str | None, list[int]]], window: Window) -> list[int]:
    days = sum(1 for _ in window.days())
    return [sum(rows[at] for _, rows in lines) for at in range(days)]


def _series(name: str, slice: str | None, rows: list[int], window: Window) -> Series:
    starts = [piece.start_at for piece in window.days()]
    lower, upper = _usual(rows)
    first = next((at for at, number in enumerate(rows) if number), 0)
    points = tuple(_point(start, number) for start, number in zip(starts[first:], rows[first:], strict=True))
    return Series(name, slice, points, lower, upper, "rows", "median and MAD of the days before")


def _point(start_at: datetime, rows: int) -> Point:
    return Point(start_at, float(rows), rows, None, None, Verdict.UNDECIDED, "")


def _usual(rows: list[int]) -> tuple[float | None, float | None]:
    """What is usual for the newest day, from the days before it that had rows."""
    past = [float(number) for number in rows[:-1] if number]
    if len(past) < _LEAST_HISTORY:
        return None, None
    bounds = mad_bounds(past, width=_WIDTH, least_spread=0.5, scale="sqrt")
    return bounds.lower, bounds.upper


def _line(value: str, rows: list[int], is_chosen: bool) -> SliceLine:
    lower, upper = _usual(rows)
    newest = rows[-1]
    if lower is None or upper is None:
        health, usual = "undecided", "too few days"
    else:
        health = "well" if lower <= newest <= upper else "broken" if newest == 0 and lower > 0 else "watch"
        usual = f"{lower:,.0f} to {upper:,.0f}"
    spoken = f"rows per day, {value}: newest {newest:,}"
    # Safe: drawn from numbers, and the description is escaped.
    spark = Markup(sparkline_svg(rows, state=health, description=spoken))  # noqa: S704
    return SliceLine(value, newest, usual, health, spark, is_chosen)
