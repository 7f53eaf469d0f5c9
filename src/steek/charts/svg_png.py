"""From SVG drawn by hand to PNG, for where no page is; and any picture in the colours of one screen."""

import vl_convert

from steek.charts.palette import DARK, LIGHT
from steek.charts.raster import PNG_FONT


def coloured(svg: str, *, is_dark: bool = False) -> str:
    """The SVG with every colour variable replaced by its colour, light or dark.

    >>> coloured('<path fill="var(--ink)"/>')
    '<path fill="#1d2125"/>'
    """
    for name, colour in (DARK if is_dark else LIGHT).items():
        svg = svg.replace(f"var(--{name})", colour)
    return svg


def svg_png(svg: str, *, is_dark: bool = False, scale: float = 2.0) -> bytes:
    """A PNG of an SVG of this package, on the ground of its colours; nothing is fetched.

    Args:
        svg: Drawn by `panel_svgs`, `waterfall_svg` and others, or rendered from a spec.
        is_dark: In the colours of a dark screen.
        scale: Pixels of the picture for each of the SVG's.
    """
    ground = (DARK if is_dark else LIGHT)["card"]
    head, mark, rest = svg.partition(">")
    filled = f'{head}{mark}<rect width="100%" height="100%" fill="{ground}"/>{rest}'
    return vl_convert.svg_to_png(coloured(filled, is_dark=is_dark).replace("system-ui", PNG_FONT), scale=scale)
