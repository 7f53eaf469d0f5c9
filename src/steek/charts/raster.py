"""From a spec to PNG, for where no page is: chats, mails, pagers."""

import vl_convert

from steek.charts.palette import LIGHT, VARIABLES
from steek.charts.series import Spec
from steek.kernel.records import canonical_json

_CARD = LIGHT["card"]
# Comes with the renderer, so that it is there on every machine.
PNG_FONT = "Liberation Sans"


def render_png(spec: Spec, *, scale: float = 2.0) -> bytes:
    """A PNG in the light colours on white; nothing is fetched.

    Args:
        spec: Vega-Lite; its data are inside it.
        scale: Pixels of the picture for each of the spec's.
    """
    # A machine that draws has no "system-ui"; without a font it knows, it would leave out every letter.
    text = canonical_json({**spec, "background": _CARD}).replace('"system-ui"', f'"{PNG_FONT}"')
    for sentinel, variable in VARIABLES.items():
        text = text.replace(sentinel, LIGHT[variable.removeprefix("var(--").removesuffix(")")])
    return vl_convert.vegalite_to_png(text, scale=scale, allowed_base_urls=[])
