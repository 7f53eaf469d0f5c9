"""What a model answered: statistics of its scores, and who answered for it, per slice."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import polars as pl

from steek.kernel.errors import DeclarationError, InputError
from steek.kernel.urn import Urn
from steek.kernel.windows import Window
from steek.monitoring.indicators.scans import Reads
from steek.monitoring.indicators.slicing import By, columns_of, grouped, slice_name, sliced_by
from steek.monitoring.indicators.sources import Sources
from steek.monitoring.judgement import Measurement
from steek.monitoring.monitor import IndicatorSpec
from steek.serving import PREDICTIONS
from steek.serving.prediction_record import SCHEMA

PREDICTION_MEAN = "prediction_mean"
PREDICTION_STATISTIC = "prediction_statistic"
FALLBACK_SHARE = "fallback_share"
CANARY_SHARE = "canary_share"
LATENCY = "latency"

_DEVIATION = "standard_deviation"
_OWN = pl.col("fallback").is_null()
_MEAN = pl.col("score_mean").filter(_OWN)
_FINITE = _MEAN.filter(_MEAN.is_finite())
_ROW = {name: pl.col("scores").list.eval(each).list.any() for name, each in {
    "zero": pl.element() == 0,
    "nan": pl.element().is_null() | ~pl.element().is_finite(),
}.items()}  # fmt: skip

# Of answers that the model itself gave; each answer weighs the same, by the mean of its scores where it has several.
STATISTICS: Mapping[str, pl.Expr] = MappingProxyType(
    {
        "mean": _FINITE.mean(),
        "variance": _FINITE.var(),
        "minimum": _FINITE.min(),
        "maximum": _FINITE.max(),
        "zero share": _ROW["zero"].filter(_OWN).cast(pl.Float64).mean(),
        "non-finite share": _ROW["nan"].filter(_OWN).cast(pl.Float64).mean(),
        "commonest share": _FINITE.value_counts().struct.field("count").max() / _FINITE.count(),
        "spread within an answer": pl.col("scores").list.std().filter(_OWN).mean(),
    }
)
SHARES = frozenset({"zero share", "non-finite share", "commonest share"})


def prediction_mean(model: str, by: By = None) -> IndicatorSpec:
    """Mean score of the answers that the model itself gave; answers of a fallback are on another scale.

    Args:
        model: Name of the model.
        by: Columns of the prediction log ("version", "member", "route") or of the entities that were asked about.
    """
    return IndicatorSpec(PREDICTION_MEAN, Urn("model", model), _by(by))


def prediction_statistic(model: str, statistic: str, by: By = None) -> IndicatorSpec:
    """A statistic of the scores of the answers that the model itself gave.

    Args:
        model: Name of the model.
        statistic: "mean", "variance", "minimum", "maximum"; "zero share" and "non-finite share" of answers that hold
            such a score; "commonest share", of the answers that give the most frequent score, 1 for a model that
            answers everybody the same; "spread within an answer", mean standard deviation of the scores of one answer.
        by: As `prediction_mean`.

    Raises:
        DeclarationError: there is no such statistic.
    """
    if statistic not in STATISTICS:
        message = f"prediction_statistic is asked for {statistic!r}; allowed: {', '.join(STATISTICS)}"
        raise DeclarationError(message)
    kind = "share" if statistic in SHARES else "amount"
    return IndicatorSpec(PREDICTION_STATISTIC, Urn("model", model), {"statistic": statistic, "kind": kind, **_by(by)})


def fallback_share(model: str, by: By = None) -> IndicatorSpec:
    """Share of answers that a link of the fallback chain had to give; `by` as for `prediction_mean`."""
    return IndicatorSpec(FALLBACK_SHARE, Urn("model", model), _by(by))


def canary_share(model: str, by: By = None) -> IndicatorSpec:
    """Share of answers that a candidate in its canary gave; `by` as for `prediction_mean`."""
    return IndicatorSpec(CANARY_SHARE, Urn("model", model), _by(by))


def latency(model: str, quantile: float = 0.99, by: By = None) -> IndicatorSpec:
    """Milliseconds from a request's arrival to its answer: the time that this share of all answers kept, fallbacks too.

    Raises:
        DeclarationError: a quantile outside (0, 1].
    """
    if not 0 < quantile <= 1:
        message = f"latency of {model} is asked for the quantile {quantile}; allowed: above 0, to 1"
        raise DeclarationError(message)
    return IndicatorSpec(LATENCY, Urn("model", model), {"quantile": quantile, **_by(by)})


def measure_prediction_mean(sources: Sources, spec: IndicatorSpec, window: Window) -> list[Measurement]:
    """Over requests about a moment in the window; each request weighs the same."""
    what = [_MEAN.mean().alias("value"), _MEAN.count().alias("rows"), _MEAN.std().alias(_DEVIATION)]
    return ask(sources, spec, window, what)


def measure_statistic(sources: Sources, spec: IndicatorSpec, window: Window) -> list[Measurement]:
    """Over requests about a moment in the window that the model itself answered."""
    value = STATISTICS[str(spec.parameters["statistic"])].cast(pl.Float64)
    deviation = [_FINITE.std().alias(_DEVIATION)] if spec.parameters["statistic"] == "mean" else []
    return ask(sources, spec, window, [value.alias("value"), _OWN.sum().alias("rows"), *deviation])


def measure_fallback_share(sources: Sources, spec: IndicatorSpec, window: Window) -> list[Measurement]:
    """Over requests about a moment in the window."""
    fell = (~_OWN).sum()
    return ask(
        sources, spec, window, [(fell / pl.len()).alias("value"), pl.len().alias("rows"), fell.alias("fallbacks")]
    )


def measure_canary_share(sources: Sources, spec: IndicatorSpec, window: Window) -> list[Measurement]:
    """Over requests about a moment in the window."""
    candidate = (pl.col("route") == "candidate").sum()
    what = [(candidate / pl.len()).alias("value"), pl.len().alias("rows"), candidate.alias("candidate_answers")]
    return ask(sources, spec, window, what)


def measure_latency(sources: Sources, spec: IndicatorSpec, window: Window) -> list[Measurement]:
    """Over requests about a moment in the window; the median is in the evidence."""
    quantile = spec.parameters["quantile"]
    assert isinstance(quantile, float | int)
    took = pl.col("latency_ms")
    what = [
        took.quantile(quantile, "higher").alias("value"),
        took.count().alias("rows"),
        took.median().alias("median_ms"),
    ]
    return ask(sources, spec, window, what)


def reads_predictions(_sources: Sources, spec: IndicatorSpec) -> Reads:
    """All that these indicators look at, so that they share one scan."""
    columns = {"model", "route", "fallback", "latency_ms", "score_mean", "scores", "candidates", "answers"}
    return Reads(PREDICTIONS, "at", frozenset(columns), frozenset(_log_columns(sliced_by(spec))))


def ask(sources: Sources, spec: IndicatorSpec, window: Window, what: Sequence[pl.Expr]) -> list[Measurement]:
    """Values per slice of the answers to requests about a moment in the window.

    Args:
        sources: Where to read.
        spec: Names the model and the slices.
        window: Moments asked about.
        what: Expressions named "value" and "rows", and further ones, which become evidence.

    Returns:
        Without slices always one measurement, of no value where nothing was answered.

    Raises:
        InputError: none of the entities has a column to slice by.
    """
    columns = sliced_by(spec)
    nothing = [] if columns else [Measurement(None, None, 0)]
    rows = sources.rows(reads_predictions(sources, spec), window)
    if rows is None:
        return nothing
    own = rows.filter(pl.col("model") == spec.target.name)
    frame = grouped(own.with_columns(_slice_columns(columns, rows.collect_schema().names())), columns, what)
    _check_columns(spec, frame, columns)
    found: list[Measurement] = []
    for row in frame.iter_rows(named=True):
        evidence = {name: value for name, value in row.items() if name not in {"value", "rows", *columns}}
        if row["rows"] or columns:
            found.append(Measurement(slice_name(columns, row), _number(row["value"]), int(row["rows"]), evidence))
    return found or nothing


def _number(value: float | None) -> float | None:
    return None if value is None or value != value else float(value)  # noqa: PLR0124 - NaN differs from itself


def _by(by: By) -> dict[str, object]:
    columns = columns_of(by)
    return {"by": columns} if columns else {}


def _log_columns(columns: Sequence[str]) -> set[str]:
    return {*columns, *(["entity"] if any(name not in SCHEMA for name in columns) else [])}


def _slice_columns(columns: Sequence[str], there: Sequence[str]) -> list[pl.Expr]:
    """Entities are logged as JSON; a column of theirs is taken out of it as text. Logs of others have columns."""
    found: list[pl.Expr] = []
    for name in columns:
        if name in SCHEMA:
            continue
        of_entity = pl.col("entity").str.json_path_match(f"$['{name}']")
        known = [pl.col(name).cast(pl.String)] if name in there else []
        found.append(pl.coalesce(*known, of_entity).alias(name))
    return found


def _check_columns(spec: IndicatorSpec, frame: pl.DataFrame, columns: Sequence[str]) -> None:
    for name in columns:
        if frame.height and name not in SCHEMA and frame[name].is_null().all():
            message = (
                f"answers of {spec.target.name} are about no {name}; by= takes a column of the entities, or version"
            )
            raise InputError(message, next_step=f"Correct by= of the {spec.name} indicator of {spec.target.name}.")
