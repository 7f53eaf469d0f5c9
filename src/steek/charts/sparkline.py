"""Sparklines: a series in the space of a word."""

from collections.abc import Callable, Sequence
from html import escape

_MARGIN = 3.0


def sparkline_svg(
    values: Sequence[float | None],
    *,
    threshold: float | None = None,
    state: str = "well",
    description: str = "",
    width: int = 92,
    height: int = 24,
) -> str:
    """A line without axes, the last point as a dot, the threshold dashed; gaps (None) break the line.

    Args:
        values: One per window, oldest first; any unit. None is a gap. Without a single value the result is "".
        threshold: In the unit of the values; None when there is none.
        state: CSS class that colours it: well, watch, broken or undecided.
        description: Said to those who do not see it; when empty the picture is hidden from them.
        width: Pixels.
        height: Pixels.

    >>> sparkline_svg([None, None])
    ''
    """
    present = [value for value in values if value is not None]
    if not present:
        return ""
    shown = present if threshold is None else [*present, threshold]
    low, high = min(shown), max(shown)
    scale = (height - 2 * _MARGIN) / (high - low) if high > low else 0.0
    step = (width - 2 * _MARGIN) / max(len(values) - 1, 1)

    def y_of(value: float) -> float:
        return height - _MARGIN - (value - low) * scale if scale else height / 2

    spoken = f'role="img" aria-label="{escape(description)}"' if description else 'aria-hidden="true"'
    parts = [
        f'<svg class="spark {escape(state)}" viewBox="0 0 {width} {height}" width="{width}" height="{height}" {spoken}>'
    ]
    if threshold is not None:
        y = f"{y_of(threshold):.1f}"
        parts.append(f'<line class="threshold" x1="0" x2="{width}" y1="{y}" y2="{y}"/>')
    parts.append(f'<path d="{_path(values, step, y_of)}"/>')
    last = max(index for index, value in enumerate(values) if value is not None)
    parts.append(f'<circle cx="{_MARGIN + last * step:.1f}" cy="{y_of(present[-1]):.1f}" r="2"/></svg>')
    return "".join(parts)


def _path(values: Sequence[float | None], step: float, y_of: Callable[[float], float]) -> str:
    commands: list[str] = []
    pen_is_down = False
    for index, value in enumerate(values):
        if value is None:
            pen_is_down = False
            continue
        commands.append(f"{'L' if pen_is_down else 'M'}{_MARGIN + index * step:.1f} {y_of(value):.1f}")
        pen_is_down = True
    return "".join(commands)
