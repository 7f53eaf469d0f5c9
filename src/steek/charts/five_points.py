"""Answers on a scale of five points as one bar that leans to the side where most of them lie.

The bar of a Likert scale: the middle of the scale stands over the middle of the picture.
"""

from collections.abc import Sequence
from html import escape

from steek.charts.palette import VARIABLES, style

_INK, _SOFT, _LINE, _ACCENT, _BROKEN, _UNDECIDED = (
    VARIABLES[name] for name in ("#fe0001", "#fe0002", "#fe0003", "#fe0004", "#fe0006", "#fe0007")
)
# Two hues that everybody can tell apart, strong at the ends; what they mean stands beside them as numbers too.
_PAINTS = ((_BROKEN, 1.0), (_BROKEN, 0.55), (_UNDECIDED, 0.5), (_ACCENT, 0.55), (_ACCENT, 1.0))
_TOP, _BAR = 26, 26
_LEAST_LABELLED = 16.0


def five_points_svg(
    counts: Sequence[int],
    labels: Sequence[str],
    *,
    description: str,
    width: int = 560,
    is_standalone: bool = False,
) -> str:
    """One lying bar of five pieces around the middle, each as long as its count, with the count in or above it.

    Args:
        counts: How many at each of the five points, from the left end to the right.
        labels: What the five points mean, in the same order.
        description: Said to those who do not see it; the counts are added.
        width: Pixels.
        is_standalone: Bring the colours along, for a file of its own.

    >>> five_points_svg([0, 0, 0, 0, 0], list("abcde"), description="x").count("<rect")
    0
    """
    total = sum(counts)
    spoken = f"{description}; " + ", ".join(f"{label}: {count}" for label, count in zip(labels, counts, strict=True))
    height = _TOP + _BAR + 24
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" class="waterfall" {size} role="img" aria-label="{escape(spoken)}" '
    parts = [head, 'font-family="system-ui" font-size="12">', style() if is_standalone else ""]
    middle = width / 2
    parts.append(f'<path d="M{middle:.1f} {_TOP - 6}V{_TOP + _BAR + 6}" stroke="{_LINE}" fill="none"/>')
    parts.append(_text(2, 13, labels[0], "start", _SOFT) + _text(width - 2, 13, labels[4], "end", _SOFT))
    parts.append(_text(middle, 13, labels[2], "middle", _SOFT))
    if total == 0:
        parts.append(_text(middle, _TOP + _BAR / 2 + 4, "none placed yet", "middle", _SOFT))
        return "".join([*parts, "</svg>"])
    left = counts[0] + counts[1] + counts[2] / 2
    unit = (middle - 4) / max(left, total - left)
    x = middle - left * unit
    for (colour, strength), count in zip(_PAINTS, counts, strict=True):
        if count:
            parts += _piece(x, count * unit, count, colour, strength)
        x += count * unit
    return "".join([*parts, "</svg>"])


def _piece(x: float, length: float, count: int, colour: str, strength: float) -> list[str]:
    box = f'x="{x + 0.5:.1f}" y="{_TOP}" width="{max(length - 1, 1):.1f}" height="{_BAR}"'
    fits = length >= _LEAST_LABELLED
    return [
        f'<rect {box} rx="2" fill="{colour}" fill-opacity="{strength}"/>',
        _text(x + length / 2, _TOP + _BAR + 15, str(count), "middle", _INK) if fits else "",
    ]


def _text(x: float, y: float, said: str, anchor: str, colour: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(said)}</text>'
