"""Colours of pictures: sentinels in a spec, CSS variables in the SVG, so that light and dark need one rendering."""

import re

# Vega wants real colours. These are never seen: each stands for the variable behind it.
INK = "#fe0001"
SOFT = "#fe0002"
LINE = "#fe0003"
ACCENT = "#fe0004"
WATCH = "#fe0005"
BROKEN = "#fe0006"
UNDECIDED = "#fe0007"
CARD = "#fe0008"
ALARM_WASH = "#fe0009"

VARIABLES = {
    INK: "var(--ink)",
    SOFT: "var(--soft)",
    LINE: "var(--line)",
    ACCENT: "var(--accent)",
    WATCH: "var(--watch)",
    BROKEN: "var(--broken)",
    UNDECIDED: "var(--undecided)",
    CARD: "var(--card)",
    ALARM_WASH: "var(--alarm-wash)",
}
_PAINT = re.compile(r'\b(fill|stroke)="(#fe000\d)"')


def to_variables(svg: str) -> str:
    """The SVG with every sentinel in a fill or stroke replaced by its CSS variable; text is left alone.

    >>> to_variables('<path fill="#fe0001"/>')
    '<path fill="var(--ink)"/>'
    """
    return _PAINT.sub(lambda match: f'{match.group(1)}="{VARIABLES[match.group(2)]}"', svg)


def config() -> dict[str, object]:
    """The Vega-Lite config that all charts share: thin lines, no frame, soft axes, no ARIA noise inside."""
    axis = {
        "labelColor": SOFT,
        "labelFontSize": 12,
        "titleColor": SOFT,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "gridColor": LINE,
        "domain": False,
        "ticks": False,
        "labelPadding": 6,
    }
    return {
        "background": "transparent",
        "font": "system-ui",
        "aria": False,
        "view": {"stroke": None},
        "axis": axis,
        "axisX": {"grid": False},
    }
