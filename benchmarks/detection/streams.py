"""What a peer gets to see: the same windows as frames of the three streams, untouched and spoiled."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl
from benchmarks.detection.days import AT, start_of
from benchmarks.detection.models import DEMAND, MODELS, UPTAKE
from benchmarks.detection.planted import Planted
from benchmarks.detection.spoiling import Base, Spoiled

REFERENCE_DAYS = 28
# Every model's answers and outcomes, and the lines with the hour of their sale.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "transactions": (
        "store_id", "department", "quantity", "sales_value", "retail_disc", "coupon_disc", "hour", "at"
    ),
    UPTAKE: ("store_id", "department", "expected", "observed", "at"),
    DEMAND: ("expected", "observed", "at"),
}  # fmt: skip


def write_reference(base: Base, day: int, folder: Path) -> None:
    """The 28 days before a day, as they were."""
    lines = base.tables.between(day - REFERENCE_DAYS, day).lines
    _write(folder / "reference", {"transactions": lines})
    known = {
        model: base.nights.answers(model).filter(pl.col("day").is_between(day - REFERENCE_DAYS, day - 1))
        for model in MODELS
    }
    _write(folder / "reference", known)


def write_windows(base: Base, planted: Planted | None, day: int, windows: int, folder: Path, every: int = 1) -> None:
    """Windows from a day on, all or every so many; untouched without a fault. Outcomes are those known in the end."""
    if planted is None:
        frames: dict[str, pl.DataFrame] = {"transactions": base.tables.between(day, day + windows).lines}
        for model in MODELS:
            frames[model] = base.nights.answers(model).filter(pl.col("day").is_between(day, day + windows - 1))
    else:
        frames = dict(Spoiled.of(base, planted).days(windows))
    _write(folder, {name: _thinned(frame, day, every) for name, frame in frames.items()})


def _thinned(frame: pl.DataFrame, day: int, every: int) -> pl.DataFrame:
    """Every so many business days, by the moment of a row."""
    number = (pl.col(_moment(frame)) - start_of(day)).dt.total_days()
    return frame.filter((number % every) == 0)


def _moment(frame: pl.DataFrame) -> str:
    return AT if AT in frame.columns else "moment"


def _write(folder: Path, frames: Mapping[str, pl.DataFrame]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        moment = _moment(frame)
        local = pl.col(moment) - start_of(0)
        hour = (pl.col(moment).dt.hour() + pl.col(moment).dt.minute() / 60).alias("hour")
        # A window is a business day; peers cut by calendar days.
        shown = frame.with_columns(hour, at=pl.lit(start_of(0).replace(hour=0, tzinfo=None)) + local)
        shown.select(COLUMNS[name]).write_parquet(folder / f"{name}.parquet")
