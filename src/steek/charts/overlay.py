"""Two histograms over each other: what was before as filled bars, what came after as an outline."""

from collections.abc import Sequence
from html import escape

_TOP = 3.0


def overlay_svg(
    before: Sequence[float], after: Sequence[float], *, description: str = "", width: int = 220, height: int = 56
) -> str:
    """Bars of one width without axes, drawn with CSS classes so that one picture serves light and dark.

    Args:
        before: Shares of the values per bar, at least 0.
        after: The same number of shares, or none.
        description: Said to those who do not see it; when empty the picture is hidden from them.
        width: Pixels.
        height: Pixels.

    Returns:
        "" without any bar.

    Raises:
        ValueError: two histograms with different bars.

    >>> overlay_svg([], [])
    ''
    """
    if before and after and len(before) != len(after):
        message = f"{len(before)} bars cannot lie over {len(after)}"
        raise ValueError(message)
    bars = max(len(before), len(after))
    if not bars:
        return ""
    tallest = max([*before, *after, 1e-12])
    step = width / bars
    scale = (height - _TOP) / tallest
    spoken = f'role="img" aria-label="{escape(description)}"' if description else 'aria-hidden="true"'
    parts = [f'<svg class="overlay" viewBox="0 0 {width} {height}" width="{width}" height="{height}" {spoken}>']
    parts += [
        f'<rect class="before" x="{at * step + 0.5:.1f}" y="{height - share * scale:.1f}" '
        f'width="{max(step - 1, 0.5):.1f}" height="{share * scale:.1f}"/>'
        for at, share in enumerate(before)
        if share > 0
    ]
    if after:
        parts.append(f'<path class="after" d="{_outline(after, step, height, scale)}"/>')
    parts.append(f'<line class="ground" x1="0" x2="{width}" y1="{height - 0.5}" y2="{height - 0.5}"/></svg>')
    return "".join(parts)


def _outline(shares: Sequence[float], step: float, height: int, scale: float) -> str:
    commands = [f"M0 {height}"]
    for at, share in enumerate(shares):
        y = f"{height - share * scale:.1f}"
        commands.append(f"L{at * step:.1f} {y}L{(at + 1) * step:.1f} {y}")
    return "".join([*commands, f"L{len(shares) * step:.1f} {height}"])
