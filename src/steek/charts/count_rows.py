"""Counts as lying bars with their names, the largest first or in the order of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from steek.charts.palette import VARIABLES, style

_INK, _SOFT, _ACCENT, _BROKEN = (VARIABLES[name] for name in ("#fe0001", "#fe0002", "#fe0004", "#fe0006"))
_ROW, _BAR = 34, 10


@dataclass(frozen=True, slots=True)
class CountRow:
    """A name, how many, and how many of these come first in the bar, in a colour of their own; None where nothing is
    told apart. `said` replaces the number.
    """

    label: str
    count: int
    of_these: int | None = None
    said: str = ""


def count_rows_svg(rows: Sequence[CountRow], *, description: str, width: int = 560, is_standalone: bool = False) -> str:
    """A bar per row on one scale that begins at zero.

    Args:
        rows: From top to bottom.
        description: Said to those who do not see it; the counts are added.
        width: Pixels.
        is_standalone: Bring the colours along, for a file of its own.

    >>> count_rows_svg([CountRow("a", 2, 1)], description="x").count("<rect")
    2
    """
    most = max((row.count for row in rows), default=0) or 1
    height = max(_ROW * len(rows), 8)
    spoken = f"{description}; " + ", ".join(f"{row.label}: {row.said or row.count}" for row in rows)
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" class="waterfall" {size} role="img" aria-label="{escape(spoken)}" '
    parts = [head, 'font-family="system-ui" font-size="12">', style() if is_standalone else ""]
    for place, row in enumerate(rows):
        top = _ROW * place
        most_letters = max(int((width - 90) / 6.4), 10)
        label = row.label if len(row.label) <= most_letters else row.label[: most_letters - 1] + "…"
        parts.append(f'<text x="4" y="{top + 13}" fill="{_INK}">{escape(label)}</text>')
        number = row.said or str(row.count)
        parts.append(f'<text x="{width - 4}" y="{top + 13}" text-anchor="end" fill="{_SOFT}">{escape(number)}</text>')
        parts += _bars(row, top + 18, (width - 8) / most)
    return "".join([*parts, "</svg>"])


def _bars(row: CountRow, top: float, unit: float) -> list[str]:
    special = (row.of_these or 0) * unit
    rest = row.count * unit - special
    parts: list[str] = []
    if special > 0:
        parts.append(f'<rect x="4" y="{top}" width="{special:.1f}" height="{_BAR}" fill="{_ACCENT}"/>')
    if rest > 0:
        box = f'x="{4 + special:.1f}" y="{top}" width="{rest:.1f}" height="{_BAR}"'
        parts.append(f'<rect {box} fill="{_ACCENT if row.of_these is None else _BROKEN}" fill-opacity="0.8"/>')
    return parts
