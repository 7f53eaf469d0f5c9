"""Ages in hours, each as two numbers: since it was made (wall), and since the newest moment it knows of (data)."""

from datetime import datetime
from typing import Literal, get_args

import polars as pl

from steek.kernel.errors import DeclarationError, InputError, NotFoundError
from steek.kernel.urn import Urn
from steek.kernel.windows import Window
from steek.monitoring.indicators.sources import Sources
from steek.monitoring.judgement import Measurement
from steek.monitoring.monitor import IndicatorSpec
from steek.serving.replicas import live_replicas

FRESHNESS = "freshness"
Age = Literal["wall", "data"]
_HOUR_S = 3600.0
_KINDS = ("dataset", "features", "model")


def freshness(of: str, age: Age, *, per_replica: bool = False) -> IndicatorSpec:
    """How old something is at the moment of measuring, in hours.

    Args:
        of: "dataset:NAME", "features:VIEW" or "model:NAME".
        age: "wall": since the last batch came, the snapshot was made, the model in use was trained. "data": since the
            newest event of the dataset, the moment the snapshot is of, the newest example the model learned from.
        per_replica: Of a model: one slice for each serving process, by the version it has in memory.

    Raises:
        DeclarationError: neither kind nor age is known, or replicas of something that is not served.
    """
    target = Urn.parse(of)
    if target.kind not in _KINDS or age not in get_args(Age) or (per_replica and target.kind != "model"):
        message = f"freshness({of!r}, {age!r}, per_replica={per_replica}) cannot be measured"
        step = "of= takes dataset:NAME, features:VIEW or model:NAME, age= wall or data; replicas have models."
        raise DeclarationError(message, next_step=step)
    parameters: dict[str, object] = {"age": age, **({"per_replica": True} if per_replica else {})}
    return IndicatorSpec(FRESHNESS, target, parameters)


def measure_freshness(sources: Sources, spec: IndicatorSpec, _window: Window) -> list[Measurement]:
    """Age at the moment of measuring; the window does not matter. No value while there is nothing."""
    if spec.target.kind == "dataset":
        return [_dataset(sources, spec)]
    if spec.target.kind == "features":
        return [_features(sources, spec)]
    if spec.parameters.get("per_replica"):
        return _replicas(sources, spec)
    version = sources.routes.get(spec.target.name).primary
    if version is None:
        return [Measurement(None, None, 0)]
    trained = sources.registry.get(spec.target.name, version)
    since_at = trained.trained_at if _wall(spec) else trained.data_until
    return [_age(sources, None, since_at, trained.rows, trained=trained.urn)]


def _dataset(sources: Sources, spec: IndicatorSpec) -> Measurement:
    name = spec.target.name
    if _wall(spec):
        versions = sources.lake.versions(name, limit=1)
        return _age(sources, None, versions[0].at, 0) if versions else Measurement(None, None, 0)
    declared = sources.datasets.get(name)
    if declared is None or declared.event_time is None:
        message = f"dataset {name!r} has no event time, so its data have no age"
        raise InputError(message, next_step="Watch its wall age, or declare event_time.")
    try:
        newest = sources.lake.scan(name).select(pl.col(declared.event_time).max(), pl.len().alias("rows")).collect()
    except NotFoundError:
        return Measurement(None, None, 0)
    newest_at, rows = newest.row(0)
    return Measurement(None, None, 0) if newest_at is None else _age(sources, None, newest_at, rows)


def _features(sources: Sources, spec: IndicatorSpec) -> Measurement:
    if sources.features is None:
        message = "there are no features here"
        raise InputError(message)
    made = sources.features.snapshots(spec.target.name)
    if not made:
        return Measurement(None, None, 0)
    newest = made[-1]
    since_at = newest.materialised_at if _wall(spec) else newest.as_of
    return _age(sources, None, since_at, newest.rows, snapshot=newest.urn)


def _replicas(sources: Sources, spec: IndicatorSpec) -> list[Measurement]:
    if sources.database is None:
        message = "serving processes are not known here"
        raise InputError(message)
    with sources.database.reading() as connection:
        found = live_replicas(connection, spec.target.name, now=sources.clock.now())
    return [
        _age(
            sources, f"replica={one.replica}", one.trained_at if _wall(spec) else one.data_until, 1, version=one.version
        )
        for one in found
        if one.trained_at is not None
    ]


def _wall(spec: IndicatorSpec) -> bool:
    return spec.parameters["age"] == "wall"


def _age(sources: Sources, slice_: str | None, since_at: datetime | None, rows: int, **evidence: object) -> Measurement:
    if since_at is None:
        return Measurement(slice_, None, 0)
    age_s = (sources.clock.now() - since_at).total_seconds()
    return Measurement(slice_, age_s / _HOUR_S, rows, {**evidence, "since_at": since_at.isoformat()})
