"""Days in a row, those with something to tell marked: when a rule would have fired."""

from collections.abc import Mapping
from datetime import date, timedelta
from html import escape

_CELL, _GAP, _ROW = 11, 3, 7
_LABEL_HEIGHT = 14
_MOST_SHADE = 4


def day_marks_svg(marked: Mapping[date, int], *, last: date, days: int, description: str = "") -> str:
    """A calendar strip: one column a week, one cell a day, Monday on top; marked days filled, each with its words.

    Args:
        marked: How often something happened, by day; days outside the strip are left out.
        last: The last day shown.
        days: How many days end with it; at least 1.
        description: Said to those who do not see it.

    >>> day_marks_svg({date(2017, 10, 9): 2}, last=date(2017, 10, 10), days=7).count("<rect")
    7
    """
    first = last - timedelta(days=max(days, 1) - 1)
    monday = first - timedelta(days=first.weekday())
    weeks = (last - monday).days // _ROW + 1
    step = _CELL + _GAP
    width, height = weeks * step, _ROW * step + _LABEL_HEIGHT
    spoken = f'role="img" aria-label="{escape(description)}"' if description else 'aria-hidden="true"'
    parts = [f'<svg class="days" viewBox="0 0 {width} {height}" width="{width}" height="{height}" {spoken}>']
    for number in range(max(days, 1)):
        day = first + timedelta(days=number)
        column, row = divmod((day - monday).days, _ROW)
        parts.append(_cell(column * step, row * step + _LABEL_HEIGHT, day, marked.get(day, 0)))
        # The name of a month stands where it begins, and has room to the end of the strip.
        if day.day == 1 and column + 3 <= weeks:
            parts.append(f'<text x="{column * step}" y="10" font-size="10" fill="currentColor">{day:%b}</text>')
    return "".join([*parts, "</svg>"])


def _cell(x: int, y: int, day: date, times: int) -> str:
    place = f'x="{x}" y="{y}" width="{_CELL}" height="{_CELL}" rx="1"'
    if not times:
        return f'<rect {place} fill="currentColor" opacity="0.12"/>'
    shade = 0.55 + 0.45 * min(times, _MOST_SHADE) / _MOST_SHADE
    words = f"{day.isoformat()}: {times}"
    return f'<rect {place} fill="var(--broken)" opacity="{shade:.2f}"><title>{words}</title></rect>'
