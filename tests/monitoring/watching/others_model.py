"""A model of somebody else on the real year: what each store would sell on a day, forecast from the weeks before."""

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import polars as pl
from tests.real_year import real_year

from steek.kernel import ReplayClock
from steek.platform import Platform, open_project

START = datetime(2017, 3, 1, tzinfo=UTC)
DAYS = 60
LOG = ["request_id", "at", "store", "size", "model_version", "forecast", "till_id"]


@cache
def forecasts() -> pl.DataFrame:
    """One row per store and day: the mean of the four same weekdays before, and what was sold."""
    lines = pl.scan_parquet(real_year() / "transactions.parquet")
    day = pl.col("transaction_timestamp").dt.replace_time_zone("UTC").dt.cast_time_unit("us").dt.truncate("1d")
    store = pl.col("store_id").cast(pl.String).alias("store")
    sold = lines.group_by(store, day.alias("at")).agg(sold=pl.col("sales_value").sum()).collect()
    weekday = ["store", pl.col("at").dt.weekday()]
    before = pl.col("sold").shift(1).rolling_mean(4, min_samples=4).over(weekday, order_by="at")
    rows = sold.with_columns(forecast=before).filter(
        pl.col("at").is_between(START, START + timedelta(days=DAYS), closed="left"), pl.col("forecast").is_not_null()
    )
    return rows.sort("at", "store").select(
        pl.format("{}-{}", "store", pl.col("at").dt.strftime("%Y%m%d")).alias("request_id"),
        "at",
        "store",
        pl.when(pl.col("forecast") > 200).then(pl.lit("large")).otherwise(pl.lit("small")).alias("size"),
        pl.when(pl.col("at").dt.month() == 3).then(pl.lit("march")).otherwise(pl.lit("april")).alias("model_version"),
        "forecast",
        pl.lit("till 7").alias("till_id"),
        "sold",
    )


def log(first: int, last: int) -> pl.DataFrame:
    """Days of the prediction log, from day `first` up to but not `last`."""
    return _days(first, last).select(LOG)


def outcomes(first: int, last: int) -> pl.DataFrame:
    """What turned out on these days."""
    return _days(first, last).select("request_id", "sold")


def opened(folder: Path, at: datetime, **settings: str) -> Platform:
    """The project with its clock at a moment."""
    platform = open_project(folder, overrides={"clock": "replay", **settings})
    assert isinstance(platform.clock, ReplayClock)
    platform.clock.set(at)
    return platform


def _days(first: int, last: int) -> pl.DataFrame:
    start = START + timedelta(days=first)
    return forecasts().filter(pl.col("at").is_between(start, START + timedelta(days=last), closed="left"))
