"""Pictures of the report: drawn by hand as SVG, the same input giving the same picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from steek.measures.estimate import Estimate

_OURS, _OTHERS, _GREY, _INK = "var(--ours)", ("var(--other)", "var(--third)"), "var(--line)", "var(--ink)"
_STYLE = (
    "svg { --paper: #fbfaf7; --ink: #22262b; --line: #d9d5cb; --ours: #2f6f8f; --other: #c0792a; --third: #7a8f3c;"
    " --goal: #b4452f; } @media (prefers-color-scheme: dark) { svg { --paper: #16191d; --ink: #e4e6e8;"
    " --line: #3a4047; --ours: #6fb3d2; --other: #e0a05a; --third: #a9c068; --goal: #e58a75; } }"
)
_ROW, _LEFT, _WIDTH, _FONT = 18, 300, 360, 'font-family="system-ui, sans-serif" font-size="12"'


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of bars: a label, whether the goal speaks of it, and a share with its interval for each contestant."""

    label: str
    counts: bool
    shares: Sequence[Estimate | None]


def recall_svg(bars: Sequence[Bar], contestants: Sequence[str]) -> str:
    """Shares of faults detected, a row for each fault and size, bars of all contestants under each other."""
    height = 46 + len(bars) * (_ROW + 10 * (len(contestants) - 1) // 2)
    step = (height - 46) / max(len(bars), 1)
    parts = [_legend(contestants)]
    for share in (0.0, 0.5, 0.9, 1.0):
        x = _LEFT + share * _WIDTH
        dash = ' stroke-dasharray="4 3"' if share == 0.9 else ""
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="30" y2="{height - 14}" stroke="{_GREY}"{dash}/>')
        parts.append(_text(x, height - 2, f"{share:.0%}", "middle"))
    for number, bar in enumerate(bars):
        top = 32 + number * step
        label = bar.label if bar.counts else f"({bar.label})"
        parts.append(_text(_LEFT - 8, top + step / 2 + 4, label, "end"))
        thick = (step - 5) / max(len(bar.shares), 1)
        for place, share in enumerate(bar.shares):
            parts += _bar(share, top + 2 + place * thick, thick, _colour(place))
    told = "A row for each fault and size, a bar for each contestant, a line for the interval; 90% is the goal."
    return _svg(_LEFT + _WIDTH + 30, height, parts, "Share of planted faults detected, by fault and size", told)


def months_svg(counts: Mapping[str, int], budget: float) -> str:
    """Alerts of the untouched months, against what is bearable."""
    most, height, base = max([*counts.values(), budget, 1]), 190, 150
    parts: list[str] = []
    for number, (month, count) in enumerate(counts.items()):
        x, tall = 40 + number * 52, 120 * count / most
        parts.append(f'<rect x="{x}" y="{base - tall:.1f}" width="36" height="{tall:.1f}" fill="{_OURS}"/>')
        parts.append(_text(x + 18, base - tall - 4, str(count), "middle"))
        parts.append(_text(x + 18, base + 16, month, "middle"))
    y = base - 120 * budget / most
    wide = 40 + len(counts) * 52
    parts.append(f'<line x1="36" x2="{wide}" y1="{y:.1f}" y2="{y:.1f}" stroke="var(--goal)" stroke-dasharray="4 3"/>')
    parts.append(_text(wide + 4, y + 4, "goal", "start"))
    told = "A bar for each month from April to December; the dashed line is one alert a month."
    return _svg(wide + 50, height, parts, "Alerts of each untouched month, all rules together", told)


def _bar(share: Estimate | None, top: float, thick: float, colour: str) -> list[str]:
    if share is None or share.value is None:
        return []
    wide = share.value * _WIDTH
    drawn = [f'<rect x="{_LEFT}" y="{top:.1f}" width="{wide:.1f}" height="{thick - 1:.1f}" fill="{colour}"/>']
    if share.low is not None and share.high is not None:
        y, low, high = top + (thick - 1) / 2, _LEFT + share.low * _WIDTH, _LEFT + share.high * _WIDTH
        drawn.append(f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="{_INK}"/>')
    return drawn


def _legend(contestants: Sequence[str]) -> str:
    parts: list[str] = []
    for place, name in enumerate(contestants):
        x = _LEFT + place * 120
        parts.append(f'<rect x="{x}" y="8" width="12" height="12" fill="{_colour(place)}"/>')
        parts.append(_text(x + 18, 18, name, "start"))
    return "".join(parts)


def _colour(place: int) -> str:
    return _OURS if place == 0 else _OTHERS[(place - 1) % len(_OTHERS)]


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {_FONT} fill="{_INK}">{escape(words)}</text>'


def _svg(width: float, height: float, parts: Sequence[str], title: str, told: str) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" role="img">'
    words = f"<title>{escape(title)}</title><desc>{escape(told)}</desc><style>{_STYLE}</style>"
    ground = f'<rect width="{width:.0f}" height="{height:.0f}" fill="var(--paper)"/>'
    return f"{head}{words}{ground}{''.join(parts)}</svg>\n"
