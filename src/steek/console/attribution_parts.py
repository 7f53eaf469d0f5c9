"""An attribution as pages show it: the sentence, the waterfall, and the table behind it."""

from dataclasses import dataclass

from markupsafe import Markup

from steek.charts import WaterfallStep, waterfall_svg
from steek.console.words import interval_words, quantity
from steek.monitoring import Attributed, slice_words

_WIDE, _NARROW = 620, 300


@dataclass(frozen=True, slots=True)
class AttributionView:
    """An attribution; `wide` and `narrow` are its waterfall, None where one side has nothing to draw."""

    made: Attributed
    window: str
    against: str
    wide: Markup | None
    narrow: Markup | None


def attribution_view(made: Attributed, unit: str) -> AttributionView:
    """Draw one.

    Args:
        made: The attribution.
        unit: Unit in which the page shows values.
    """
    result = made.result
    steps = [WaterfallStep(slice_words(one.slice), one.moved) for one in result.explained]
    before, after = result.total_before, result.total_after

    def drawn(width: int) -> Markup | None:
        if before is None or after is None or not steps:
            return None
        # Safe: drawn from numbers, and labels are escaped.
        return Markup(waterfall_svg(steps, before, after, words=lambda value: quantity(value, unit), width=width))  # noqa: S704

    window = interval_words(made.window.start_at, made.window.end_at, made.window.end_at)
    weekdays = {one.start_at.weekday() for one in (made.window, *made.against)}
    same = ", on the same weekdays" if len(weekdays) == 1 else ""
    against = f"{len(made.against)} window{'s' if len(made.against) > 1 else ''} before{same}"
    return AttributionView(made, window, against, drawn(_WIDE), drawn(_NARROW))
