"""Training-serving skew: features as served, beside what training computes for the same question and moment."""

import numpy as np
import numpy.typing as npt
import polars as pl

from steek.kernel.errors import InputError, NotFoundError
from steek.kernel.units import parse_duration
from steek.kernel.urn import Urn
from steek.kernel.windows import Window
from steek.models import ModelDefinition
from steek.monitoring.indicators.scans import Reads
from steek.monitoring.indicators.sources import Sources
from steek.monitoring.judgement import Measurement
from steek.monitoring.monitor import IndicatorSpec
from steek.serving import PREDICTIONS

FEATURE_SKEW = "feature_skew"
_MOST_ROWS = 2_000
_NEEDED = ("request_id", "model", "version", "fallback", "entity", "answers", "features")

Matrix = npt.NDArray[np.float32]


def feature_skew(model: str, *, delay: str = "0s") -> IndicatorSpec:
    """Share of served rows with a feature that differs from what training computes for the same question and moment.

    The whole, and one slice for each feature. Equal means equal to the last bit; both missing is equal. At most 2,000
    requests of a window are compared, chosen by a hash of their ids.

    Args:
        model: Name of the model.
        delay: How long until the examples of a moment are complete, as for outcomes, e.g. "7d".
    """
    return IndicatorSpec(FEATURE_SKEW, Urn("model", model), delay_s=parse_duration(delay).total_seconds())


def measure_feature_skew(sources: Sources, spec: IndicatorSpec, window: Window) -> list[Measurement]:
    """Of requests in the window that a version itself answered and whose question is among the examples.

    Raises:
        InputError: the model is not trained here.
        UserCodeError: examples or features of the project raised.
    """
    definition = sources.definitions.get(spec.target.name)
    if definition is None or sources.example_sets is None:
        message = f"{spec.target.name} is not trained here, so there is nothing to compare served features with"
        raise InputError(message)
    served = _served(sources, spec, window)
    if served is None or served.is_empty():
        return [Measurement(None, None, 0)]
    examples = sources.example_sets.build(
        definition.examples,
        columns=definition.columns(),
        candidates=None if definition.candidates is None else definition.candidates.name,
        window=window,
        known_at=sources.clock.now(),
        member_column=definition.partition_by,
    )
    names = examples.feature_names
    alike = served.filter(pl.col("version").is_in(_versions_alike(sources, spec.target.name, served, names)))
    both = _paired(definition, alike, examples.frame, names)
    if both.is_empty():
        return [Measurement(None, None, 0, {"served": served.height})]
    told = np.array(both["features"].to_list(), dtype=np.float32).reshape(both.height, len(names))
    computed = both.select(names).to_numpy().astype(np.float32)
    return _measured(told, computed, names)


def reads_skew(_sources: Sources, _spec: IndicatorSpec) -> Reads:
    """What is needed of the prediction log."""
    return Reads(PREDICTIONS, "at", frozenset(_NEEDED))


def _served(sources: Sources, spec: IndicatorSpec, window: Window) -> pl.DataFrame | None:
    rows = sources.rows(reads_skew(sources, spec), window)
    if rows is None:
        return None
    own = rows.filter(
        pl.col("model") == spec.target.name, pl.col("fallback").is_null(), pl.col("version").is_not_null()
    )
    own = own.filter(pl.col("features").list.len() > 0)
    return own.collect().sort(pl.col("request_id").hash(seed=0), "request_id").head(_MOST_ROWS)


def _versions_alike(sources: Sources, model: str, served: pl.DataFrame, names: tuple[str, ...]) -> list[int]:
    """Versions with the same features in the same order as the definition has now; others cannot be compared."""
    found: list[int] = []
    for version in served["version"].unique().sort().to_list():
        try:
            trained = sources.registry.get(model, version)
        except NotFoundError:
            continue
        if trained.feature_names == names:
            found.append(version)
    return found


def _paired(
    definition: ModelDefinition, served: pl.DataFrame, examples: pl.DataFrame, names: tuple[str, ...]
) -> pl.DataFrame:
    """Served rows with the features of the example of the same entity and moment, and of the first answer."""
    entity, moment = definition.examples.entity, definition.examples.moment
    if served.is_empty() or examples.is_empty():
        return pl.DataFrame()
    schema = {name: examples.schema[name] for name in entity}
    decoded = served["entity"].str.json_decode(pl.Struct(schema)).struct.unnest()
    asked = served.select(pl.col("at").alias(moment), "features", first=pl.col("answers").list.first())
    asked = asked.with_columns(decoded.get_columns())
    keys = [*entity, moment]
    computed = examples
    if definition.candidates is not None:
        candidate = definition.candidates.entity[-1]
        computed = computed.with_columns(first=pl.col(candidate).cast(pl.String))
        keys.append("first")
    computed = computed.unique(keys, keep="first", maintain_order=True)
    return asked.join(computed.select(*keys, *names), on=keys, how="inner", maintain_order="left")


def _measured(served: Matrix, computed: Matrix, names: tuple[str, ...]) -> list[Measurement]:
    differs = ~((served == computed) | (np.isnan(served) & np.isnan(computed)))
    rows = differs.shape[0]
    worst: list[str] = [names[int(at)] for at in np.argsort(-differs.mean(axis=0))[:5] if differs[:, at].any()]
    whole = Measurement(None, float(differs.any(axis=1).mean()), rows, {"features": worst})
    parts = [
        Measurement(f"feature={name}", float(differs[:, at].mean()), rows, _apart(served[:, at], computed[:, at]))
        for at, name in enumerate(names)
    ]
    return [whole, *parts]


def _apart(served: Matrix, computed: Matrix) -> dict[str, object]:
    """How the two are distributed: means, shares missing, the largest difference."""
    both = np.isfinite(served) & np.isfinite(computed)
    apart = np.abs(served[both].astype(np.float64) - computed[both].astype(np.float64))
    return {
        "served_mean": _mean(served),
        "computed_mean": _mean(computed),
        "served_missing": float(np.isnan(served).mean()),
        "computed_missing": float(np.isnan(computed).mean()),
        "largest_difference": float(apart.max()) if apart.size else None,
    }


def _mean(values: Matrix) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.astype(np.float64).mean()) if known.size else None
