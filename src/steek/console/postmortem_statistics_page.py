"""What all postmortems say together, drawn: the two pictures of "How ML Breaks", categories, times, quarters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from markupsafe import Markup

from steek.charts import CountRow, DotRow, count_rows_svg, dot_rows_svg, five_points_svg
from steek.console.services import Services
from steek.incidents.postmortems.counting import ENOUGH, TIMES, AxisCount, Quarter, Statistics, few
from steek.kernel.units import format_duration

_WIDE, _NARROW = 620, 310
_MOST_QUARTERS = 16
_TICKS_S = (1, 10, 60, 600, 3600, 6 * 3600, 86400, 7 * 86400, 30 * 86400)
MACHINE_LEARNING = ("not ML", "rather not ML", "unclear", "rather ML", "ML")
DISTRIBUTED = ("one system", "rather one", "unclear", "rather distributed", "distributed")


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture in two widths, and the table behind it."""

    wide: Markup
    narrow: Markup
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class AxisView:
    """One axis of the study: the picture, and what it says in a sentence."""

    title: str
    said: str
    drawing: Drawing


@dataclass(frozen=True, slots=True)
class StatisticsView:
    """The whole page."""

    counted: Statistics
    text: str
    with_others: bool
    axes: tuple[AxisView, ...]
    categories: Drawing | None
    noticed: Drawing | None
    times: Drawing | None
    quarters: Drawing | None
    holes: Drawing | None


def statistics_view(services: Services, text: str, *, with_others: bool) -> StatisticsView:
    """Count what a search finds of the project's own, or of all. Raises InputError for a filter of no such value."""
    counted = services.postmortems.statistics(text, with_others=with_others)
    names = {one.id: one.name for one in services.taxonomies.current().categories}
    return StatisticsView(
        counted,
        text,
        with_others,
        (
            _axis("How many were machine learning?", counted.machine_learning, MACHINE_LEARNING),
            _axis("How many were distributed systems?", counted.distributed, DISTRIBUTED),
        ),
        _counts({names.get(name, name): number for name, number in counted.categories}, "postmortems by category"),
        _counts(_noticed(counted), "postmortems by who noticed"),
        _times(counted),
        _quarters(counted),
        _counts(dict(counted.holes), "postmortems in which a layer had a hole or was absent"),
    )


def _axis(title: str, axis: AxisCount, labels: tuple[str, ...]) -> AxisView:
    def draw(width: int) -> Markup:
        # Safe: drawn from numbers, and labels are escaped.
        return Markup(five_points_svg(axis.at_point, labels, description=title, width=width))  # noqa: S704

    rows = tuple((f"{place} {label}", str(axis.at_point[place - 1])) for place, label in enumerate(labels, start=1))
    drawing = Drawing(
        draw(_WIDE), draw(_NARROW), ("place", "postmortems"), (*rows, ("nobody placed it", str(axis.unplaced)))
    )
    low, high = sum(axis.at_point[:2]), sum(axis.at_point[3:])
    ends = f"{low} of {axis.placed} {labels[0]} or {labels[1]}, {high} {labels[3]} or {labels[4]}"
    said = f"{ends}, {axis.at_point[2]} {labels[2]}"
    if not axis.placed:
        return AxisView(title, "none is placed yet", drawing)
    return AxisView(title, said if axis.placed >= ENOUGH else f"{said}; {few(axis.placed, what='a share')}", drawing)


def _noticed(counted: Statistics) -> dict[str, int]:
    if not counted.postmortems:
        return {}
    return {"a machine": counted.by_machine, "a person": counted.by_user, "not known": counted.unknown_detection}


def _counts(numbers: Mapping[str, int], what: str) -> Drawing | None:
    if not numbers:
        return None
    rows = [CountRow(name, number) for name, number in numbers.items()]

    def draw(width: int) -> Markup:
        # Safe: drawn from numbers, and labels are escaped.
        return Markup(count_rows_svg(rows, description=what, width=width))  # noqa: S704

    table = tuple((name, str(number)) for name, number in numbers.items())
    return Drawing(draw(_WIDE), draw(_NARROW), ("", "postmortems"), table)


def _times(counted: Statistics) -> Drawing | None:
    if not any(one.values_s for one in counted.times):
        return None
    rows = [
        DotRow(f"time {TIMES[one.name]}", one.values_s, one.median_s, _said(one.median_s, one.said))
        for one in counted.times
    ]

    def draw(width: int) -> Markup:
        # Safe: drawn from numbers, and labels are escaped.
        return Markup(dot_rows_svg(rows, words=_words, ticks=_TICKS_S, width=width))  # noqa: S704

    table = tuple(
        (row.label, ", ".join(map(_words, row.values)) or "-", row.said, str(one.unknown))
        for row, one in zip(rows, counted.times, strict=True)
    )
    return Drawing(draw(_WIDE), draw(_NARROW), ("", "values", "median", "not known"), table)


def _quarters(counted: Statistics) -> Drawing | None:
    if not counted.quarters:
        return None
    shown = counted.quarters if len(counted.quarters) <= _MOST_QUARTERS else _with_incidents(counted.quarters)
    rows = [
        CountRow(one.name, one.incidents, one.by_machine, f"{one.incidents}, {one.by_machine} by a machine")
        for one in shown
    ]

    def draw(width: int) -> Markup:
        # Safe: drawn from numbers, and labels are escaped.
        return Markup(count_rows_svg(rows, description="incidents per quarter", width=width))  # noqa: S704

    table = tuple(
        (
            one.name,
            str(one.incidents),
            str(one.by_machine),
            _median(one.median_to_detect_s, one.incidents),
            _median(one.median_to_resolve_s, one.incidents),
        )
        for one in shown
    )
    head = ("quarter", "incidents", "noticed by a machine", "median to detect", "median to resolve")
    return Drawing(draw(_WIDE), draw(_NARROW), head, table)


def _with_incidents(quarters: Sequence[Quarter]) -> tuple[Quarter, ...]:
    """Over many years a quarter in which nothing began has no row; its name is missing, so that it is seen."""
    return tuple(one for one in quarters if one.incidents)[-_MOST_QUARTERS:]


def _said(median_s: float | None, said: str) -> str:
    return said if median_s is None else f"median {_words(median_s)}, {said}"


def _median(value_s: float | None, number: int) -> str:
    return few(number, what="a median") if value_s is None else _words(value_s)


def _words(value_s: float) -> str:
    return format_duration(timedelta(seconds=value_s))
