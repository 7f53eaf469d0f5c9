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
# What a picture that stands alone says of the variables; the same values as on the pages of the console.
LIGHT = {
    "ink": "#1d2125",
    "soft": "#5b6470",
    "line": "#e3e4e1",
    "accent": "#0b6e99",
    "watch": "#b26a00",
    "broken": "#c2410c",
    "undecided": "#7a7f87",
    "card": "#ffffff",
    "alarm-wash": "#fbe8df",
}
DARK = {
    "ink": "#e6e8ea",
    "soft": "#9aa3ad",
    "line": "#2c3238",
    "accent": "#58b4e0",
    "watch": "#e6a23c",
    "broken": "#ff8a5c",
    "undecided": "#8d949c",
    "card": "#1c2024",
    "alarm-wash": "#3a2620",
}
_PAINT = re.compile(r'\b(fill|stroke)="(#fe000\d)"')


def to_variables(svg: str) -> str:
    """The SVG with every sentinel in a fill or stroke replaced by its CSS variable; text is left alone.

    >>> to_variables('<path fill="#fe0001"/>')
    '<path fill="var(--ink)"/>'
    """
    return _PAINT.sub(lambda match: f'{match.group(1)}="{VARIABLES[match.group(2)]}"', svg)


def style() -> str:
    """A style element that gives the variables their colours, light or dark as the reader's screen is."""
    light, dark = (";".join(f"--{name}:{colour}" for name, colour in colours.items()) for colours in (LIGHT, DARK))
    return f"<style>:root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}</style>"


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
