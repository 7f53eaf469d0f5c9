"""A value with its interval, in the height of a table row."""

from html import escape


def interval_svg(
    value: float,
    low: float | None,
    high: float | None,
    *,
    domain: tuple[float, float],
    mark: float | None = None,
    description: str = "",
    width: int = 160,
    height: int = 14,
) -> str:
    """A dot with its interval as a bar on the scale `domain`, which a whole column of rows shares.

    Args:
        value: What was measured.
        low: Lower end of its interval, in the same unit; None draws the dot alone.
        high: Upper end, as `low`.
        domain: Lowest and highest value of the scale; what lies outside is drawn at its edge.
        mark: What it is compared with, drawn as a dashed tick; None for nothing.
        description: Said to those who do not see it.
        width: Pixels.
        height: Pixels.
    """
    first, last = domain
    room = last - first or 1.0

    def x_of(number: float) -> float:
        return 4 + min(max((number - first) / room, 0.0), 1.0) * (width - 8)

    middle = height / 2
    spoken = f'role="img" aria-label="{escape(description)}"' if description else 'aria-hidden="true"'
    parts = [f'<svg class="interval" viewBox="0 0 {width} {height}" width="{width}" height="{height}" {spoken}>']
    parts.append(f'<line class="ground" x1="0" x2="{width}" y1="{middle}" y2="{middle}"/>')
    if mark is not None:
        parts.append(f'<line class="mark" x1="{x_of(mark):.1f}" x2="{x_of(mark):.1f}" y1="0" y2="{height}"/>')
    if low is not None and high is not None:
        parts.append(f'<line class="bar" x1="{x_of(low):.1f}" x2="{x_of(high):.1f}" y1="{middle}" y2="{middle}"/>')
    parts.append(f'<circle cx="{x_of(value):.1f}" cy="{middle}" r="3.2"/></svg>')
    return "".join(parts)
