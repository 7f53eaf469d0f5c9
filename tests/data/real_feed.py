"""The real feed of a chain's tills: the batches of eleven weeks, as its suppliers send them each morning."""

from datetime import UTC, date, datetime, timedelta
from functools import cache

import polars as pl
from tests.real_year import real_year

from steek.data import Contract, Field
from steek.data.validation.feed.profiles import FeedProfile
from steek.data.validation.feed.profiling import profile

MOMENT = "transaction_timestamp"
FIRST_DAY = date(2017, 2, 1)
LAST_DAY = date(2017, 6, 30)
TILLS = Contract(
    "transactions",
    "1.0.0",
    (
        Field("household_id", "integer", sensitivity="personal"),
        Field("store_id", "integer"),
        Field("basket_id", "integer"),
        Field("product_id", "integer"),
        Field("quantity", "number"),
        Field("sales_value", "number"),
        Field("retail_disc", "number", nullable=True),
        Field("week", "integer"),
        Field("payment", "string", nullable=True),
        Field(MOMENT, "timestamp"),
    ),
    owner="data@grocer",
)


@cache
def real_days() -> dict[date, pl.DataFrame]:
    """Lines by business day, which begins at six in the morning; how a basket was paid is made of its number."""
    table = pl.read_parquet(real_year() / "transactions.parquet")
    if table.schema[MOMENT] == pl.Datetime("us"):
        table = table.with_columns(pl.col(MOMENT).dt.replace_time_zone("UTC"))
    day = (pl.col(MOMENT) - pl.duration(hours=6)).dt.date()
    tenth = pl.col("basket_id") % 10
    paid = pl.when(tenth < 6).then(pl.lit("card")).when(tenth < 9).then(pl.lit("cash")).otherwise(pl.lit("voucher"))
    lines = table.with_columns(
        day.alias("day"), paid.alias("payment"), pl.col(MOMENT).cast(pl.Datetime("us", "UTC"))
    ).filter(pl.col("day").is_between(FIRST_DAY, LAST_DAY))
    parts = lines.select(*TILLS.names, "day").partition_by("day", as_dict=True, include_key=False)
    return {key[0]: frame.cast({"quantity": pl.Float64}) for key, frame in sorted(parts.items())}


def arrival(day: date) -> datetime:
    """The morning after."""
    return datetime(day.year, day.month, day.day, 6, tzinfo=UTC) + timedelta(days=1)


def profile_of(day: date, lines: pl.DataFrame) -> FeedProfile:
    return profile(lines, TILLS, MOMENT, ("store_id",), arrival(day))


@cache
def real_profiles() -> dict[date, FeedProfile]:
    return {day: profile_of(day, lines) for day, lines in real_days().items()}
