"""Columns know the columns they come from, where Polars can tell; elsewhere nothing is claimed."""

import polars as pl
import pytest

from steek.data import ColumnLineage, ColumnMap, CountingJoin, read_columns
from steek.data.columns.plan import ColumnUse
from steek.kernel import ReplayClock
from steek.kernel.errors import InputError
from steek.ledger import Database

LINES = {"qty": pl.Int64(), "price": pl.Float64(), "product_id": pl.Int64(), "day": pl.Date(), "note": pl.String()}
PRODUCTS = {"product_id": pl.Int64(), "maker": pl.String(), "name": pl.String()}


def sales(lines: pl.LazyFrame, products: pl.LazyFrame, join: CountingJoin) -> pl.LazyFrame:
    met = join(lines.filter(pl.col("qty") > 0), products, on="product_id", name="lines x products")
    counted = met.with_columns(total=pl.col("qty") * pl.col("price"), one=pl.lit(1))
    return counted.group_by("maker", "day").agg(pl.sum("total"), pl.first("one"), lines=pl.len())


def uses(told: ColumnMap, column: str, effect: str) -> set[str]:
    assert told.columns is not None
    return {f"{use.dataset}.{use.column}" for use in told.columns[column] if use.effect == effect}


@pytest.mark.covers("D11")
def test_the_optimised_plan_tells_which_columns_a_column_needs() -> None:
    told = read_columns(sales, {"lines": LINES, "products": PRODUCTS}, join="join")
    assert uses(told, "maker", "value") == {"products.maker"} or "products.maker" in uses(told, "maker", "rows")
    assert "lines.price" in uses(told, "total", "value")
    assert "lines.day" in uses(told, "day", "value")
    for column in ("maker", "day", "total", "one", "lines"):
        assert {"lines.qty", "lines.product_id"} <= uses(told, column, "rows")
        # What nothing asks for, nothing comes from.
        assert "lines.note" not in uses(told, column, "rows") | uses(told, column, "value")
        assert "products.name" not in uses(told, column, "rows") | uses(told, column, "value")
    assert uses(told, "one", "value") == set()


@pytest.mark.covers("D11")
def test_nothing_is_claimed_where_the_function_cannot_be_read() -> None:
    def collects(lines: pl.LazyFrame) -> pl.LazyFrame:
        return lines.collect().lazy()

    def fails(lines: pl.LazyFrame) -> pl.LazyFrame:
        return lines.select("no such column")

    assert read_columns(collects, {"lines": LINES}) == ColumnMap(None, "the function looks at its rows while it plans")
    assert read_columns(fails, {"lines": LINES}).columns is None
    assert "ColumnNotFoundError" in read_columns(fails, {"lines": LINES}).reason


@pytest.mark.covers("D11")
def test_columns_are_followed_in_both_directions_by_the_newest_code(database: Database, clock: ReplayClock) -> None:
    lineage = ColumnLineage(database, clock)
    old = ColumnMap({"total": (ColumnUse("lines", "old_price", "value"),)})
    new = ColumnMap({"total": (ColumnUse("lines", "price", "value"), ColumnUse("lines", "qty", "rows"))})
    assert lineage.note("sales", "a" * 64, old)
    clock.set(clock.now().replace(hour=7))
    assert lineage.note("sales", "b" * 64, new)
    assert not lineage.note("sales", "b" * 64, old)
    lineage.note("features.shop", "c" * 64, ColumnMap({"sales_3d": (ColumnUse("sales", "total", "value"),)}))
    lineage.note("features.other", "d" * 64, ColumnMap(None, "it collects"))
    found = lineage.of("features.shop.sales_3d")
    assert [(edge.upstream, edge.upstream_column, edge.effect) for edge in found.upstream] == [
        ("sales", "total", "value"),
        ("lines", "price", "value"),
        ("lines", "qty", "rows"),
    ]
    down = lineage.of("lines.price").downstream
    assert [(edge.downstream, edge.downstream_column) for edge in down] == [
        ("sales", "total"),
        ("features.shop", "sales_3d"),
    ]
    assert lineage.of("lines.old_price").downstream == ()
    assert lineage.of("features.other.x").unknown == {"features.other": "it collects"}
    with pytest.raises(InputError, match="not the name of a column"):
        lineage.of("lines")


@pytest.mark.covers("D11")
def test_what_a_person_declares_counts_before_what_was_unknown(database: Database, clock: ReplayClock) -> None:
    lineage = ColumnLineage(database, clock)
    lineage.note("sales", "a" * 64, ColumnMap(None, "it collects"))
    said = ColumnMap({"total": (ColumnUse("lines", "price", "value"),)})
    assert lineage.note("sales", "a" * 64, said, known_by="declared")
    assert [edge.known_by for edge in lineage.of("sales.total").upstream] == ["declared"]
    assert lineage.of("sales.total").unknown == {}
    assert list(lineage.sources("sales")) == ["total"]
