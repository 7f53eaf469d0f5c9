"""What is left of an error budget, as a bar: full with nothing spent, empty with all of it."""

from html import escape

from steek.charts.terminal import bar_text


def budget_svg(
    left_fraction: float | None, *, state: str = "well", description: str = "", width: int = 120, height: int = 10
) -> str:
    """A lying bar of what is left; overspent, a bar that grows from the other end, as long as what is missing.

    Args:
        left_fraction: 1 with nothing spent, 0 with all of it, negative beyond; None draws the empty frame.
        state: CSS class that colours it: well, watch, broken or undecided.
        description: Said to those who do not see it.
        width: Pixels.
        height: Pixels.

    >>> 'width="60.0"' in budget_svg(0.5), 'class="over"' in budget_svg(-0.5)
    (True, True)
    """
    spoken = f'role="img" aria-label="{escape(description)}"' if description else 'aria-hidden="true"'
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    head = f'<svg class="budget {escape(state)}" {size} {spoken}>'
    parts = [head, f'<rect class="ground" width="{width}" height="{height}" rx="2"/>']
    if left_fraction is not None and left_fraction > 0:
        parts.append(f'<rect class="left" width="{min(left_fraction, 1.0) * width:.1f}" height="{height}" rx="2"/>')
    if left_fraction is not None and left_fraction < 0:
        missing = min(-left_fraction, 1.0) * width
        parts.append(f'<rect class="over" x="{width - missing:.1f}" width="{missing:.1f}" height="{height}" rx="2"/>')
    return "".join(parts) + "</svg>"


def budget_bar(left_fraction: float | None, width: int = 16) -> str:
    """The same for a terminal: what is left in blocks, the rest in dots; overspent, exclamation marks.

    >>> budget_bar(0.5, 8), budget_bar(-0.3, 8), budget_bar(None, 4)
    ('████····', '!!······', '    ')
    """
    if left_fraction is None:
        return " " * width
    if left_fraction < 0:
        return ("!" * max(round(min(-left_fraction, 1.0) * width), 1)).ljust(width, "·")
    return bar_text(min(left_fraction, 1.0), 1.0, width).ljust(width, "·")
