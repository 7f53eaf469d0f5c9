"""How far the answers on a golden set moved from one trained model to the next; too little is as bad as too much."""

from steek.kernel.urn import Urn
from steek.kernel.windows import Window
from steek.monitoring.indicators.sources import Sources
from steek.monitoring.judgement import Measurement
from steek.monitoring.monitor import IndicatorSpec

GOLDEN_CHANGE = "golden_change"


def golden_change(model: str) -> IndicatorSpec:
    """Change of the golden answers from the model that was compared with to the newest trained one; 0 is no change."""
    return IndicatorSpec(GOLDEN_CHANGE, Urn("model", model))


def measure_golden_change(sources: Sources, spec: IndicatorSpec, _window: Window) -> list[Measurement]:
    """The change as evaluated for the newest trained model; nothing to measure when it had none to compare with."""
    newest = sources.registry.latest(spec.target.name)
    if newest is None:
        return [Measurement(None, None, 0)]
    found = [
        one
        for one in sources.evaluations.evaluations(spec.target.name, newest.version)
        if one.metric == GOLDEN_CHANGE and one.slice is None
    ]
    if not found:
        return [Measurement(None, None, 0, {"trained": newest.urn})]
    latest = found[-1]
    evidence: dict[str, object] = {"trained": newest.urn, "reference": latest.reference, "set": latest.distribution}
    return [Measurement(None, latest.value, latest.rows, evidence)]
