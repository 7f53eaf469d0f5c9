"""How far the answers on golden sets moved from one trained model to the next; too little is as bad as too much."""

from datetime import UTC, datetime

from steek.evaluation import Evaluation
from steek.kernel.urn import Urn
from steek.kernel.windows import Window
from steek.monitoring.indicators.sources import Sources
from steek.monitoring.judgement import Measurement
from steek.monitoring.monitor import IndicatorSpec

GOLDEN_CHANGE = "golden_change"
GOLDEN_AGE = "golden_age"
_HOUR_S = 3600.0
# Golden sets of about the same age make one series, so that a set that is replaced does not end it.
_AGES_DAYS = ((1, "under 1 day"), (7, "1 to 7 days"), (30, "7 to 30 days"), (90, "30 to 90 days"))
_OLDEST = "over 90 days"


def golden_change(model: str, *, per_age: bool = False) -> IndicatorSpec:
    """Change of the golden answers from the model that was compared with to the newest trained one; 0 is no change.

    Args:
        model: Name of the model.
        per_age: One slice for each age of a golden set: 1, 7, 30 and 90 days, and older.
    """
    parameters: dict[str, object] = {"per_age": True} if per_age else {}
    return IndicatorSpec(GOLDEN_CHANGE, Urn("model", model), parameters)


def golden_age(model: str) -> IndicatorSpec:
    """Age of the newest golden set that the newest trained model was measured on, in hours since its moments."""
    return IndicatorSpec(GOLDEN_AGE, Urn("model", model))


def measure_golden_change(sources: Sources, spec: IndicatorSpec, _window: Window) -> list[Measurement]:
    """The change as evaluated for the newest trained model; nothing to measure when it had none to compare with."""
    newest = sources.registry.latest(spec.target.name)
    found = _changes(sources, spec)
    if not spec.parameters.get("per_age"):
        if newest is None:
            return [Measurement(None, None, 0)]
        if not found:
            return [Measurement(None, None, 0, {"trained": newest.urn})]
        return [_measured(None, found[-1])]
    # Of sets of one age the newest stands for them.
    by_age = {_age_words(sources, one): one for one in sorted(found, key=_began)}
    return [_measured(f"golden_age={age}", one) for age, one in sorted(by_age.items())]


def measure_golden_age(sources: Sources, spec: IndicatorSpec, _window: Window) -> list[Measurement]:
    """At the moment of measuring."""
    found = _changes(sources, spec)
    if not found:
        return [Measurement(None, None, 0)]
    newest = max(found, key=_began)
    age_s = (sources.clock.now() - _began(newest)).total_seconds()
    return [Measurement(None, age_s / _HOUR_S, newest.rows, {"set": newest.distribution})]


def _changes(sources: Sources, spec: IndicatorSpec) -> list[Evaluation]:
    newest = sources.registry.latest(spec.target.name)
    if newest is None:
        return []
    measured = sources.evaluations.evaluations(spec.target.name, newest.version)
    return [one for one in measured if one.metric == GOLDEN_CHANGE and one.slice is None]


def _measured(slice_: str | None, one: Evaluation) -> Measurement:
    evidence: dict[str, object] = {"trained": one.trained, "reference": one.reference, "set": one.distribution}
    return Measurement(slice_, one.value, one.rows, evidence)


def _began(one: Evaluation) -> datetime:
    """The moment in the name of a golden set, e.g. "golden 2017-09-25"."""
    return datetime.fromisoformat(one.distribution.rpartition(" ")[2]).replace(tzinfo=UTC)


def _age_words(sources: Sources, one: Evaluation) -> str:
    days = (sources.clock.now() - _began(one)).days
    return next((words for most, words in _AGES_DAYS if days < most), _OLDEST)
