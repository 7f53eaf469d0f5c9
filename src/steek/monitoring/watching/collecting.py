"""From rows of somebody else's log to rows of the prediction log and of outcomes; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from steek.kernel.errors import InputError
from steek.monitoring.watching.declared import WatchedModel
from steek.serving.prediction_record import SCHEMA

_TEXT, _REAL = pl.String(), pl.Float64()


@dataclass(frozen=True, slots=True)
class Answers:
    """Rows for the prediction log, and how many could not be used: without id, moment or a finite score."""

    rows: pl.DataFrame
    unusable: int


def answers_of(log: pl.DataFrame, model: WatchedModel, versions: Mapping[str, int], logged_at: datetime) -> Answers:
    """The log as rows of the lake table "predictions", each id once, with the slices as columns of their own.

    Args:
        log: Rows of the dataset, with the columns that the declaration names.
        model: The declaration.
        versions: Number of each version's name.
        logged_at: Processing time.
    """
    usable = pl.all_horizontal(
        pl.col(model.id).is_not_null(), pl.col(model.at).is_not_null(), _number(log, model.score).is_finite()
    )
    kept = log.filter(usable.fill_null(value=False)).unique(model.id, keep="first", maintain_order=True)
    unusable = log.height - int(log.select(usable.fill_null(value=False).sum()).item())
    score = _number(kept, model.score)
    filled: dict[str, pl.Expr] = {
        "request_id": pl.col(model.id).cast(_TEXT),
        "at": moment(kept, model.at),
        "logged_at": pl.lit(logged_at),
        "model": pl.lit(model.name),
        "version": _version(model, versions),
        "route": pl.lit("primary"),
        "latency_ms": _number(kept, model.latency_ms) if model.latency_ms else pl.lit(None),
        "entity": pl.struct(pl.col(name).cast(_TEXT) for name in model.slices).struct.json_encode()
        if model.slices
        else pl.lit("{}"),
        "candidates": pl.lit(1),
        "answers": pl.lit([], dtype=pl.List(pl.String)),
        "scores": pl.concat_list(score),
        "score_sum": score,
        "score_mean": score,
        "features": pl.lit([], dtype=pl.List(pl.Float32)),
    }
    columns = [
        filled.get(name, pl.lit(None)).cast(dtype).alias(name)  # pyright: ignore[reportUnknownMemberType]
        for name, dtype in SCHEMA.items()
    ]
    slices = [pl.col(name).cast(_TEXT).alias(name) for name in model.slices if name not in SCHEMA]
    return Answers(kept.select(*columns, *slices), unusable)


def outcomes_of(told: pl.DataFrame, answers: pl.DataFrame, model: WatchedModel) -> pl.DataFrame:
    """Rows of the lake table "outcomes": each answer with what turned out to be right.

    Args:
        told: Rows of the outcome dataset with id and outcome; of an id that comes twice, the last one is believed.
        answers: Rows of "predictions" of this model.
        model: The declaration.

    Returns:
        One row for each answer whose outcome is known; `expected` is the score, `observed` the outcome, `hit` null.
    """
    matched = answers.join(_right(told, model), on="request_id", how="inner", maintain_order="left")
    return matched.select(
        "request_id",
        "model",
        "version",
        "member",
        "route",
        "fallback",
        pl.col("at").alias("moment"),
        *(name for name in model.slices if name not in SCHEMA),
        pl.col("score_sum").alias("expected"),
        "observed",
        pl.lit(None, pl.Boolean).alias("hit"),
    )


def changed(told: pl.DataFrame, known: pl.DataFrame, model: WatchedModel) -> int:
    """How many outcomes that are known already ("request_id", "observed") are told otherwise."""
    both = known.join(_right(told, model), on="request_id", how="inner")
    return both.filter(pl.col("observed").ne_missing(pl.col("observed_right"))).height


def check_fields(model: WatchedModel, predictions: list[str], outcomes: list[str] | None) -> None:
    """Refuse a declaration that names fields which its datasets do not have.

    Raises:
        InputError: the fields that are missing, and those that there are.
    """
    _check(model, model.predictions, model.columns, predictions)
    if outcomes is not None and model.outcomes is not None and model.outcome is not None:
        _check(model, model.outcomes, (model.id, model.outcome), outcomes)


def moment(frame: pl.DataFrame, name: str) -> pl.Expr:
    """A moment as the lake keeps it; one without a zone is taken for UTC."""
    dtype = frame.schema[name]
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime) and dtype.time_zone is None:
        column = column.dt.replace_time_zone("UTC")
    return column.cast(pl.Datetime("us", "UTC"))


def _check(model: WatchedModel, dataset: str, needed: tuple[str, ...], there: list[str]) -> None:
    missing = [name for name in needed if name not in there]
    if missing:
        message = f"watched model {model.name!r} reads {', '.join(missing)} of {dataset}, which has {', '.join(there)}"
        raise InputError(message, next_step="Correct the declaration or the contract.")


def _right(told: pl.DataFrame, model: WatchedModel) -> pl.DataFrame:
    assert model.outcome is not None
    observed = _number(told, model.outcome)
    right = told.select(pl.col(model.id).cast(_TEXT).alias("request_id"), observed.alias("observed"))
    usable = right.filter(pl.col("observed").is_finite())
    return usable.drop_nulls().unique("request_id", keep="last", maintain_order=True)


def _number(frame: pl.DataFrame, name: str) -> pl.Expr:
    dtype = frame.schema[name]
    if not (dtype.is_numeric() or dtype == pl.Boolean):
        message = f"field {name!r} is {dtype}, not a number"
        raise InputError(message, next_step="Declare it as a number in the contract.")
    return pl.col(name).cast(_REAL)


def _version(model: WatchedModel, versions: Mapping[str, int]) -> pl.Expr:
    if model.version is None:
        return pl.lit(1)
    return pl.col(model.version).cast(_TEXT).replace_strict(dict(versions), default=None, return_dtype=pl.Int64)
