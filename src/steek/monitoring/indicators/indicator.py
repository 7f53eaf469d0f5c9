"""What an indicator is: a kind of number and a small function that measures it."""

from collections.abc import Callable
from dataclasses import dataclass

from steek.kernel.windows import Window
from steek.monitoring.indicators.scans import Reads
from steek.monitoring.indicators.sources import Sources
from steek.monitoring.judgement import Measurement
from steek.monitoring.kinds import Kind
from steek.monitoring.monitor import IndicatorSpec, Phase

Measure = Callable[[Sources, IndicatorSpec, Window], list[Measurement]]


def _reads_nothing(_sources: Sources, _spec: IndicatorSpec) -> Reads | None:
    return None


@dataclass(frozen=True, slots=True)
class Indicator:
    """A registered indicator.

    Args:
        kind: Sort of number it gives.
        measure: Called with where to read, the declaration and the window; one measurement for each slice. It raises
            SteekError when it cannot be measured, and gives a value of None when there is nothing to measure.
        missing_is_zero: A slice that was there before and is not measured now counts as 0.
        unit: Unit of its values, where that is not the unit of its kind.
        side: "data" can be measured once the data of a window are in, before anything learns from them.
        is_live: Measures the present, whatever the window; of windows that are made up for only the last is measured.
        is_additive: Values of slices are parts of one whole, so that they can be summed.
        reads: The rows it reads, so that indicators of one table share one scan; None where it scans nothing.
    """

    kind: Kind
    measure: Measure
    missing_is_zero: bool = False
    unit: str | None = None
    side: Phase = "models"
    is_live: bool = False
    is_additive: bool = False
    reads: Callable[[Sources, IndicatorSpec], Reads | None] = _reads_nothing

    @property
    def unit_words(self) -> str:
        """Unit for axes and sentences; empty for a bare number."""
        return self.kind.unit if self.unit is None else self.unit
