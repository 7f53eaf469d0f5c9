"""Training: how fast it learns, and what waits to be learned, by age."""

from datetime import timedelta

import polars as pl

from steek.kernel.errors import InputError
from steek.kernel.urn import Urn
from steek.kernel.windows import Window
from steek.monitoring.indicators.scans import Reads, rows_of
from steek.monitoring.indicators.sources import Sources
from steek.monitoring.judgement import Measurement
from steek.monitoring.monitor import IndicatorSpec

TRAINING_RATE = "training_rate"
TRAINING_BACKLOG = "training_backlog"

_AGES = ((timedelta(days=1), "under 1 day"), (timedelta(days=2), "1 to 2 days"), (timedelta(days=7), "2 to 7 days"))
_OLDEST = "over 7 days"


def training_rate(model: str) -> IndicatorSpec:
    """Examples per second that the newest training of a model learned from."""
    return IndicatorSpec(TRAINING_RATE, Urn("model", model))


def training_backlog(model: str, dataset: str) -> IndicatorSpec:
    """Rows of a dataset that the newest trained model does not know yet, in all and by age.

    Args:
        model: Name of the model.
        dataset: What it learns from, with an event time.
    """
    return IndicatorSpec(TRAINING_BACKLOG, Urn("model", model), {"dataset": dataset})


def measure_training_rate(sources: Sources, spec: IndicatorSpec, _window: Window) -> list[Measurement]:
    """Of the newest trained model; no value where its training was not timed."""
    newest = sources.registry.latest(spec.target.name)
    if newest is None:
        return [Measurement(None, None, 0)]
    took_s = newest.learner_report.get("took_s")
    if not isinstance(took_s, int | float) or took_s <= 0:
        return [Measurement(None, None, newest.rows, {"trained": newest.urn})]
    evidence: dict[str, object] = {"trained": newest.urn, "took_s": took_s}
    return [Measurement(None, newest.rows / took_s, newest.rows, evidence)]


def measure_backlog(sources: Sources, spec: IndicatorSpec, window: Window) -> list[Measurement]:
    """Rows from the newest moment that was learned to the end of the window, in all and by age at that end.

    With no trained model, everything since seven days before the window waits.
    """
    name = str(spec.parameters["dataset"])
    declared = sources.datasets.get(name)
    if declared is None or declared.event_time is None:
        message = f"the backlog of {spec.target.name} is asked of {name!r}, which has no event time here"
        raise InputError(message, next_step="Name a dataset with an event time.")
    newest = sources.registry.latest(spec.target.name)
    since_at = window.start_at - timedelta(days=7) if newest is None else newest.data_until
    evidence: dict[str, object] = {"learned_until": since_at.isoformat()}
    if since_at >= window.end_at:
        return [Measurement(None, 0.0, 0, evidence)]
    rows = rows_of(sources.lake, Reads(name, declared.event_time, frozenset()), Window(since_at, window.end_at))
    if rows is None:
        return [Measurement(None, 0.0, 0, evidence)]
    age = pl.lit(window.end_at) - pl.col(declared.event_time)
    words = pl.lit(_OLDEST)
    for most, said in reversed(_AGES):
        words = pl.when(age <= most).then(pl.lit(said)).otherwise(words)
    counted = dict(rows.group_by(words.alias("age")).len().collect().iter_rows())
    whole = sum(counted.values())
    parts = [
        Measurement(f"age={said}", float(counted.get(said, 0)), counted.get(said, 0), {"whole": whole})
        for said in [*(said for _, said in _AGES), _OLDEST]
    ]
    return [Measurement(None, float(whole), whole, evidence), *parts]
