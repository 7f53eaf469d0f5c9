"""Faults of models, and of what comes of their answers."""

import polars as pl
from benchmarks.detection.models import UPTAKE
from benchmarks.detection.planted import Ground, Planted

_DECAY_DAYS, _DECAY_WINDOWS = 42, 49


def stale(ground: Ground, model: str) -> Planted:
    """Nothing is trained any more, and nobody is told."""
    return Planted(
        day=ground.day, subject=f"model:{model}",
        trained=lambda name, day, change: None if name == model and day >= ground.day else change,
    )  # fmt: skip


def frozen_golden(ground: Ground, model: str) -> Planted:
    """Each training gives the model of the night before again."""
    return Planted(
        day=ground.day, subject=f"model:{model}",
        trained=lambda name, day, change: 0.0 if name == model and day >= ground.day else change,
    )  # fmt: skip


def labels_late(ground: Ground, model: str, a_day: float, most: float) -> Planted:
    """Every day a larger share of the outcomes is not known in time."""
    return Planted(
        day=ground.day, subject=f"model:{model}", share=most, windows=14,
        known=lambda name, day: 1.0 - min((day - ground.day + 1) * a_day, most) if name == model else 1.0,
    )  # fmt: skip


def collapsed(ground: Ground, column: str, first: int, last: int, *, constant: bool = False) -> Planted:
    """For one slice the model answers next to nothing, or the same for everybody."""
    value = ground.pick(column, first, last)
    here = pl.col(column).cast(pl.String).eq_missing(pl.lit(value))
    level = pl.col("expected").filter(here).mean() if constant else pl.lit(0.01)

    def spoil(model: str, day: int, frame: pl.DataFrame) -> pl.DataFrame:  # noqa: ARG001 - the same every day
        if model != UPTAKE:
            return frame
        return frame.with_columns(pl.when(here).then(level).otherwise("expected").alias("expected"))

    return Planted(day=ground.day, subject=f"model:{UPTAKE}", slices=(f"{column}={value}",), answers=spoil)


def decaying(ground: Ground, model: str, most: float) -> Planted:
    """Over six weeks the answers move away from what happens, a little every day."""

    def spoil(name: str, day: int, frame: pl.DataFrame) -> pl.DataFrame:
        if name != model:
            return frame
        factor = 1.0 - most * min(max(day - ground.day, 0) / _DECAY_DAYS, 1.0)
        return frame.with_columns(pl.col("expected") * factor)

    return Planted(
        day=ground.day, subject=f"model:{model}", share=most, windows=_DECAY_WINDOWS, answers=spoil
    )  # fmt: skip
