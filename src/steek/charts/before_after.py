"""Two scores of each of many rows: a point per row, on the diagonal where both agree."""

from collections.abc import Sequence
from html import escape

_MARGIN = 30.0
_MOST_POINTS = 2_000


def before_after_svg(
    pairs: Sequence[tuple[float, float]], *, names: tuple[str, str], description: str = "", width: int = 300
) -> str:
    """A square with the first score to the right, the second upwards, and a dashed diagonal of agreement.

    Of more than 2,000 rows evenly many are left out; the farthest from the diagonal stays.

    Args:
        pairs: Finite scores of each row, first and second.
        names: What the two axes are called.
        description: Said to those who do not see it.
        width: Pixels of each side.

    Returns:
        "" without any row. Drawn with CSS classes, so that one picture serves light and dark.

    >>> before_after_svg([], names=("v1", "v2"))
    ''
    """
    if not pairs:
        return ""
    values = [value for pair in pairs for value in pair]
    low, high = min(values), max(values)
    room = (high - low) or 1.0
    inner = width - 2 * _MARGIN

    def at(first: float, second: float) -> tuple[float, float]:
        return _MARGIN + (first - low) / room * inner, width - _MARGIN - (second - low) / room * inner

    spoken = f'role="img" aria-label="{escape(description)}"' if description else 'aria-hidden="true"'
    parts = [f'<svg class="before-after" viewBox="0 0 {width} {width}" width="{width}" height="{width}" {spoken}>']
    begin, end = _MARGIN, width - _MARGIN
    parts.append(f'<path class="ground" d="M{begin} {begin}V{end}H{end}"/>')
    parts.append(f'<line class="mark" x1="{begin}" y1="{end}" x2="{end}" y2="{begin}"/>')
    for first, second in _thinned(pairs):
        x, y = at(first, second)
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>')
    parts.append(f'<text x="{end}" y="{width - 16}" text-anchor="end">{escape(names[0])}</text>')
    parts.append(f'<text x="{begin}" y="{begin - 8}">{escape(names[1])}</text>')
    parts.append(f'<text x="{begin}" y="{width - 4}">{low:.4g} to {high:.4g}</text></svg>')
    return "".join(parts)


def _thinned(pairs: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    if len(pairs) <= _MOST_POINTS:
        return list(pairs)
    step = len(pairs) / (_MOST_POINTS - 1)
    kept = [pairs[int(number * step)] for number in range(_MOST_POINTS - 1)]
    return [*kept, max(pairs, key=lambda pair: abs(pair[1] - pair[0]))]
