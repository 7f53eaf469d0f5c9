"""Freshness of the model in use, as two numbers: since it was trained, and since its newest data."""

from datetime import datetime

from steek.kernel.urn import Urn
from steek.kernel.windows import Window
from steek.models import TrainedModel
from steek.monitoring.indicators.sources import Sources
from steek.monitoring.judgement import Measurement
from steek.monitoring.monitor import IndicatorSpec

MODEL_AGE = "model_age"
DATA_AGE = "data_age"
_HOUR_S = 3600.0


def model_age(model: str) -> IndicatorSpec:
    """Wall-clock age of the trained model that serves `model`, in hours since it was trained."""
    return IndicatorSpec(MODEL_AGE, Urn("model", model))


def data_age(model: str) -> IndicatorSpec:
    """Data age of the trained model that serves `model`, in hours since the newest example it may have learned from."""
    return IndicatorSpec(DATA_AGE, Urn("model", model))


def measure_model_age(sources: Sources, spec: IndicatorSpec, _window: Window) -> list[Measurement]:
    """Age at the moment of measuring; nothing to measure while nothing is deployed. The window does not matter."""
    trained = _in_use(sources, spec)
    return [_age(sources, trained, None if trained is None else trained.trained_at)]


def measure_data_age(sources: Sources, spec: IndicatorSpec, _window: Window) -> list[Measurement]:
    """As `measure_model_age`, since the newest data."""
    trained = _in_use(sources, spec)
    return [_age(sources, trained, None if trained is None else trained.data_until)]


def _in_use(sources: Sources, spec: IndicatorSpec) -> TrainedModel | None:
    version = sources.routes.get(spec.target.name).primary
    return None if version is None else sources.registry.get(spec.target.name, version)


def _age(sources: Sources, trained: TrainedModel | None, since_at: datetime | None) -> Measurement:
    if trained is None or since_at is None:
        return Measurement(None, None, 0)
    age_s = (sources.clock.now() - since_at).total_seconds()
    return Measurement(None, age_s / _HOUR_S, trained.rows, {"trained": trained.urn, "since_at": since_at.isoformat()})
