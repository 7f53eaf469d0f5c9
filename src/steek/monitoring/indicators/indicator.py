"""What an indicator is: a kind of number and a small function that measures it."""

from collections.abc import Callable
from dataclasses import dataclass

from steek.kernel.windows import Window
from steek.monitoring.indicators.sources import Sources
from steek.monitoring.judgement import Measurement
from steek.monitoring.kinds import Kind
from steek.monitoring.monitor import IndicatorSpec

Measure = Callable[[Sources, IndicatorSpec, Window], list[Measurement]]


@dataclass(frozen=True, slots=True)
class Indicator:
    """A registered indicator.

    Args:
        kind: Sort of number it gives.
        measure: Called with where to read, the declaration and the window; one measurement for each slice. It raises
            SteekError when it cannot be measured, and gives a value of None when there is nothing to measure.
        missing_is_zero: A slice that was there before and is not measured now counts as 0.
    """

    kind: Kind
    measure: Measure
    missing_is_zero: bool = False
