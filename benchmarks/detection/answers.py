"""Answers and outcomes as rows of the prediction log and of the table of outcomes."""

from collections.abc import Mapping
from datetime import datetime

import polars as pl

from steek.serving.prediction_record import SCHEMA

_SLICES = ("store_id", "department", "partner_id")


def logged(answers: Mapping[str, pl.DataFrame], logged_at: datetime) -> pl.DataFrame:
    """Rows of the prediction log.

    Args:
        answers: Of each model: columns moment and expected, and slices, which are what was asked about.
        logged_at: Processing time.
    """
    return pl.concat([_logged(model, frame, logged_at) for model, frame in answers.items()])


def matured(answers: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Rows of the table of outcomes, one for each answer whose outcome is known."""
    return pl.concat([_matured(model, frame) for model, frame in answers.items()], how="diagonal")


def _logged(model: str, frame: pl.DataFrame, logged_at: datetime) -> pl.DataFrame:
    slices = [name for name in _SLICES if name in frame.columns]
    score = pl.col("expected")
    rows = frame.select(
        request_id=pl.format("{}/{}/{}", pl.lit(model), pl.col("moment").dt.epoch("s"), pl.int_range(pl.len())),
        at=pl.col("moment"),
        logged_at=pl.lit(logged_at),
        model=pl.lit(model),
        version=pl.lit(1),
        route=pl.lit("primary"),
        latency_ms=pl.lit(5.0),
        entity=pl.struct(slices).struct.json_encode(),
        candidates=pl.lit(1),
        scores=pl.concat_list(score),
        score_sum=score,
        score_mean=score,
    )
    missing = {name: pl.lit(None, kind).alias(name) for name, kind in SCHEMA.items() if name not in rows.columns}
    return rows.with_columns(missing.values()).with_columns(answers=pl.lit([], pl.List(pl.String))).select(
        pl.col(name).cast(kind) for name, kind in SCHEMA.items()
    )  # fmt: skip


def _matured(model: str, frame: pl.DataFrame) -> pl.DataFrame:
    slices = [name for name in _SLICES if name in frame.columns]
    return frame.select(
        request_id=pl.format("{}/{}/{}", pl.lit(model), pl.col("moment").dt.epoch("s"), pl.int_range(pl.len())),
        model=pl.lit(model),
        version=pl.lit(1, pl.Int64),
        moment=pl.col("moment"),
        **{name: pl.col(name) for name in slices},
        expected=pl.col("expected"),
        observed=pl.col("observed"),
        hit=pl.lit(None, pl.Boolean),
    )
