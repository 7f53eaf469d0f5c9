"""A small shop: lines that are appended, products that are replaced, and lines with their maker, derived."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from steek.data import (
    AnyDataset,
    Contract,
    CountingJoin,
    Dataset,
    Derivation,
    Field,
    Ingestion,
    Lake,
    derived_dataset,
)
from steek.kernel import ReplayClock, Window
from steek.ledger import Database, Ledger

DAY = datetime(2017, 10, 2, 6, tzinfo=UTC)

LINES = Contract(
    "lines",
    "1.0.0",
    (
        Field("store_id", "integer", meaning="Store of the sale", minimum=1),
        Field("product_id", "integer"),
        Field("sales_value", "number", unit="USD", minimum=0, maximum=1000),
        Field("channel", "string", nullable=True, categories=("shop", "web")),
        Field("sold_at", "timestamp"),
    ),
    owner="data@grocer",
)
PRODUCTS = Contract(
    "products",
    "1.0.0",
    (Field("product_id", "integer", key=True), Field("maker_id", "integer"), Field("name", "string", nullable=True)),
    owner="data@grocer",
)


@derived_dataset(event_time="sold_at", owner="data@grocer")
def maker_lines(lines: pl.LazyFrame, products: pl.LazyFrame, join: CountingJoin) -> pl.LazyFrame:
    """Lines with the maker of their product."""
    return join(lines, products, on="product_id", name="lines x products", slice_by="store_id")


def lines(day: int = 0, count: int = 10, product_id: int = 0) -> pl.DataFrame:
    """`count` lines of one business day, one an hour, of products product_id, +1, +2, ..."""
    return pl.DataFrame(
        {
            "store_id": [1 + at % 2 for at in range(count)],
            "product_id": [product_id + at for at in range(count)],
            "sales_value": [1.5 + at for at in range(count)],
            "channel": ["shop" if at % 2 else None for at in range(count)],
            "sold_at": [DAY + timedelta(days=day, hours=at) for at in range(count)],
        },
        schema_overrides={"channel": pl.String},
    )


def products(count: int = 10, shift: int = 0, product_shift: int = 0) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "product_id": [product_shift + at for at in range(count)],
            "maker_id": [shift + at // 2 for at in range(count)],
            "name": [f"product {at}" for at in range(count)],
        }
    )


def window(day: int = 0) -> Window:
    return Window(DAY + timedelta(days=day), DAY + timedelta(days=day + 1))


@dataclass
class Shop:
    lake: Lake
    ingestion: Ingestion
    derivation: Derivation
    ledger: Ledger
    clock: ReplayClock
    datasets: dict[str, AnyDataset]


OpenShop = Callable[..., Shop]


@pytest.fixture
def open_shop(tmp_path: Path, database: Database, ledger: Ledger, clock: ReplayClock) -> OpenShop:
    def open_(**changed: AnyDataset) -> Shop:
        datasets: dict[str, AnyDataset] = {
            "lines": Dataset("lines", LINES, "sold_at", owner="data@grocer", volume_by=("store_id",)),
            "products": Dataset("products", PRODUCTS, owner="data@grocer", mode="replace"),
            "maker_lines": maker_lines,
            **changed,
        }
        lake = Lake(tmp_path / "lake", {}, database, ledger, clock)
        return Shop(
            lake,
            Ingestion(lake, database, ledger, clock, datasets, 50_000_000),
            Derivation(lake, database, ledger, clock, datasets),
            ledger,
            clock,
            datasets,
        )

    return open_


@pytest.fixture
def shop(open_shop: OpenShop) -> Shop:
    return open_shop()
