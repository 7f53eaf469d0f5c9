"""Single values as dots, a row per kind, on one scale of powers of ten, with the median where there is one."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from steek.charts.palette import VARIABLES, style

_INK, _SOFT, _LINE, _ACCENT, _BROKEN = (
    VARIABLES[name] for name in ("#fe0001", "#fe0002", "#fe0003", "#fe0004", "#fe0006")
)
_ROW, _FOOT, _RADIUS = 54, 22, 4.0
_MOST_TICKS = 7


@dataclass(frozen=True, slots=True)
class DotRow:
    """One row: what it is, its values (all above zero are drawn), the median or None, and what is said about it."""

    label: str
    values: tuple[float, ...]
    median: float | None
    said: str


def dot_rows_svg(
    rows: Sequence[DotRow],
    *,
    words: Callable[[float], str],
    ticks: Sequence[float],
    width: int = 560,
    is_standalone: bool = False,
) -> str:
    """Rows of dots over one logarithmic scale; a value of zero stands at its left end.

    Args:
        rows: From top to bottom.
        words: A value in words, with its unit.
        ticks: Values that may be marked on the scale; those inside of it are.
        width: Pixels.
        is_standalone: Bring the colours along, for a file of its own.
    """
    found = [value for row in rows for value in row.values if value > 0]
    low, high = _scale(found)

    def x_of(value: float) -> float:
        share = (math.log10(max(value, low)) - math.log10(low)) / (math.log10(high) - math.log10(low))
        return 8 + share * (width - 16)

    height = _ROW * len(rows) + _FOOT
    spoken = "; ".join(f"{row.label}: {row.said}" for row in rows)
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" class="waterfall" {size} role="img" aria-label="{escape(spoken)}" '
    parts = [head, 'font-family="system-ui" font-size="12">', style() if is_standalone else ""]
    inside = [tick for tick in ticks if low <= tick <= high]
    for tick in inside[:: max(math.ceil(len(inside) / _MOST_TICKS), 1)] if found else ():
        x = x_of(tick)
        parts.append(f'<path d="M{x:.1f} 18V{height - _FOOT}" stroke="{_LINE}" fill="none"/>')
        parts.append(_text(min(max(x, 16), width - 16), height - 6, words(tick), "middle", _SOFT))
    for place, row in enumerate(rows):
        parts += _row(place, row, x_of, words, width)
    return "".join([*parts, "</svg>"])


def _row(
    place: int, row: DotRow, x_of: Callable[[float], float], words: Callable[[float], str], width: int
) -> list[str]:
    top = _ROW * place
    middle = top + 34
    parts = [
        _text(4, top + 14, row.label, "start", _INK),
        _text(width - 4, top + 14, row.said, "end", _SOFT),
        f'<path d="M8 {middle}H{width - 8}" stroke="{_LINE}" fill="none"/>',
    ]
    for value in row.values:
        title = f"<title>{escape(words(value))}</title>"
        dot = f'<circle cx="{x_of(value):.1f}" cy="{middle}" r="{_RADIUS}" fill="{_ACCENT}" fill-opacity="0.55">'
        parts.append(f"{dot}{title}</circle>")
    if row.median is not None:
        x = x_of(row.median)
        parts.append(
            f'<path d="M{x:.1f} {middle - 11}V{middle + 11}" stroke="{_BROKEN}" stroke-width="2.5" fill="none"/>'
        )
    return parts


def _scale(found: Sequence[float]) -> tuple[float, float]:
    if not found:
        return 1.0, 10.0
    low, high = min(found) / 1.5, max(found) * 1.5
    return (low, high) if high > low * 10 else (low / 2, low * 20)


def _text(x: float, y: float, said: str, anchor: str, colour: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(said)}</text>'
