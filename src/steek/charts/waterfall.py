"""The waterfall: from what was expected, over the parts that slices moved, to what is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate

from steek.charts.palette import VARIABLES, style

_INK, _SOFT, _LINE, _ACCENT, _BROKEN = (
    VARIABLES[name] for name in ("#fe0001", "#fe0002", "#fe0003", "#fe0004", "#fe0006")
)
_ROW, _BAR = 36, 11


@dataclass(frozen=True, slots=True)
class WaterfallStep:
    """What one slice moved the whole by, in the unit of the whole."""

    label: str
    moved: float


def waterfall_svg(
    steps: Sequence[WaterfallStep],
    before: float,
    after: float,
    *,
    words: Callable[[float], str],
    width: int = 560,
    is_standalone: bool = False,
) -> str:
    """Lying bars, one below the other, each beginning where the one above ended; "all the rest" closes the gap.

    A bar to the left is a fall, in another colour and with its sign in words. The scale need not begin at zero, which
    is said then: else a change of one in a hundred could not be seen.

    Args:
        steps: In the order in which they are told. Slices that overlap count their common rows twice; the rest makes
            up for it.
        before: What was expected of the whole.
        after: What it is.
        words: A value of the whole in words, with its unit.
        width: Pixels.
        is_standalone: Bring the colours along, for a file of its own.
    """
    rest = after - before - sum(step.moved for step in steps)
    told = [*steps, WaterfallStep("all the rest", rest)]
    levels = list(accumulate((step.moved for step in told), initial=before))
    low, high = _scale([*levels, after])
    room = width - 8

    def x_of(value: float) -> float:
        return 4 + (value - low) / (high - low) * room

    height = _ROW * (len(told) + 2) + (16 if low > 0 else 4)
    spoken = escape(f"from {words(before)} to {words(after)}, by {len(steps)} slices and the rest")
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" class="waterfall" {size} role="img" aria-label="{spoken}" '
    parts = [head, 'font-family="system-ui" font-size="12">', style() if is_standalone else ""]
    parts += _row(0, "expected", words(before), (x_of(low), x_of(before)), _SOFT, width)
    for place, step in enumerate(told):
        start, end = x_of(levels[place]), x_of(levels[place + 1])
        colour = _BROKEN if step.moved < 0 else _ACCENT
        sign = "\u2212" if step.moved < 0 else "+"
        parts += _row(place + 1, step.label, f"{sign}{words(abs(step.moved))}", (start, end), colour, width)
        top = _ROW * (place + 1)
        parts.append(f'<path d="M{start:.1f} {top - 3}V{top + 20}" stroke="{_LINE}" fill="none"/>')
    parts += _row(len(told) + 1, "is", words(after), (x_of(low), x_of(after)), _SOFT, width)
    if low > 0:
        parts.append(f'<text x="4" y="{height - 4}" fill="{_SOFT}">the scale begins at {escape(words(low))}</text>')
    return "".join([*parts, "</svg>"])


def _row(place: int, label: str, value: str, ends: tuple[float, float], colour: str, width: int) -> list[str]:
    top = _ROW * place
    left, right = min(ends), max(ends)
    most = max(int((width - 8 - 7 * len(value)) / 6.6), 8)
    said = label if len(label) <= most else label[: most - 1] + "\u2026"
    box = f'x="{left:.1f}" y="{top + 19}" width="{max(right - left, 1.5):.1f}" height="{_BAR}"'
    return [
        f'<text x="4" y="{top + 13}" fill="{_INK}">{escape(said)}</text>',
        f'<text x="{width - 4}" y="{top + 13}" text-anchor="end" fill="{_INK}">{escape(value)}</text>',
        f'<rect {box} rx="2" fill="{colour}"/>',
    ]


def _scale(levels: Sequence[float]) -> tuple[float, float]:
    low, high = min(levels), max(levels)
    if low >= 0 and high - low > 0.25 * high:
        low = 0.0
    elif low > 0:
        low = max(0.0, low - 1.5 * (high - low))
    return (low, high) if high > low else (low - 0.5 * abs(low or 1), high + 0.5 * abs(high or 1))
