from datetime import timedelta

import polars as pl
import pytest
from tests.data.conftest import DAY, OpenShop, Shop, lines, maker_lines, products, window

from steek.data import Contract, CountingJoin, Field, JoinSlice, derived_dataset
from steek.kernel.errors import (
    ContractViolationError,
    DeclarationError,
    NotFoundError,
    UserCodeError,
    ZeroMatchesError,
)
from steek.ledger import Lineage, changes_upstream


def fill(shop: Shop, *, days: int, shift: int = 0) -> None:
    """Products of which 8 of the 10 sold are known, and lines of `days` days."""
    shop.ingestion.ingest("products", products(8, shift=shift), key="catalogue", actor="x", arrived_at=DAY)
    for day in range(days):
        shop.ingestion.ingest("lines", lines(day), key=f"day {day}", actor="x")


def derive(shop: Shop, day: int, key: str | None = None, **options: object) -> None:
    shop.derivation.derive("maker_lines", window(day), key=key or f"day {day}", actor="night", **options)  # pyright: ignore[reportArgumentType]


@pytest.mark.covers("D8", "D11")
def test_a_window_is_derived_with_its_joins_counted(shop: Shop, lineage: Lineage) -> None:
    fill(shop, days=2)
    report = shop.derivation.derive("maker_lines", window(1), key="n1", actor="night")
    assert (report.urn, report.rows, report.inputs) == ("dataset:maker_lines@1", 8, {"lines": 2, "products": 1})
    (join,) = report.joins
    assert (join.left_rows, join.matched_rows, join.unmatched_rows, join.matched_fraction) == (10, 8, 2, 0.8)
    assert join.slices == (JoinSlice("1", 5, 4), JoinSlice("2", 5, 4))
    rows = shop.lake.scan("maker_lines").collect()
    assert rows["sold_at"].is_between(window(1).start_at, window(1).end_at, closed="left").all()
    assert rows.columns == ["store_id", "product_id", "sales_value", "channel", "sold_at", "maker_id", "name"]
    assert {"dataset:lines@2", "dataset:products@1"} <= set(lineage.upstream("dataset:maker_lines@1").distance)
    assert [event.kind for event in shop.ledger.events(kinds=["join.measured", "dataset.derived"])] == [
        "join.measured",
        "dataset.derived",
    ]


@pytest.mark.covers("D2", "D8")
def test_the_same_key_derives_once_and_a_new_key_replaces_the_window(shop: Shop) -> None:
    fill(shop, days=2)
    derive(shop, 0)
    derive(shop, 1)
    written = shop.ledger.count()
    derive(shop, 0)
    assert (shop.ledger.count(), shop.lake.latest_version("maker_lines")) == (written, 2)
    late = lines(0, count=3).with_columns(pl.col("sold_at") + timedelta(minutes=30))
    shop.ingestion.ingest("lines", late, key="late", actor="x")
    derive(shop, 0, key="day 0 again")
    starts = shop.lake.scan("maker_lines").filter(pl.col("sold_at") < window(1).start_at).collect()
    assert starts.height == 11
    assert shop.lake.scan("maker_lines").collect().height == 19


@pytest.mark.covers("D8", "X2")
def test_expectation_is_the_median_of_earlier_windows(shop: Shop) -> None:
    fill(shop, days=5)
    for day in range(4):
        derive(shop, day)
    expected = [report.expected_fraction for report in shop.derivation.join_reports("maker_lines")]
    assert expected == [None, None, None, 0.8]
    since = shop.derivation.join_reports(since=window(1).start_at, until=window(3).start_at)
    assert [report.window for report in since] == [window(1), window(2)]


@pytest.mark.covers("D8", "X2", "I6")
def test_a_join_that_matches_nothing_is_recorded_and_then_an_error(shop: Shop, lineage: Lineage) -> None:
    fill(shop, days=5)
    for day in range(4):
        derive(shop, day)
    shop.clock.set(DAY + timedelta(days=4))
    rekeyed = products(8, product_shift=5000)
    shop.ingestion.ingest("products", rekeyed, key="rekeyed", actor="catalogue")
    for _ in range(2):
        with pytest.raises(ZeroMatchesError, match=r"lines x products: 0 of 10 rows; usual: 80%"):
            derive(shop, 4)
    (failed,) = shop.ledger.events(kinds=["join.failed"])
    assert (failed.payload["matched"], failed.payload["left_rows"]) == (0, 10)
    last = shop.derivation.join_reports("maker_lines")[-1]
    assert (last.matched_rows, last.expected_fraction, last.found_nothing) == (0, 0.8, True)
    assert shop.lake.scan("maker_lines").collect().height == 32
    until = DAY + timedelta(days=5)
    (change,) = changes_upstream(shop.ledger, lineage, "dataset:maker_lines@4", since=window(4).start_at, until=until)
    assert change.event.payload["unknown_fraction"] == {"product_id": 1.0, "maker_id": 0.0, "name": 0.0}
    assert shop.derivation.windows("maker_lines") == {window(day) for day in range(5)}
    shop.clock.set(until)
    shop.ingestion.ingest("products", products(8), key="mended", actor="catalogue")
    derive(shop, 4, key="day 4, mended", reference_at=until)
    assert shop.lake.scan("maker_lines").collect().height == 40
    assert shop.derivation.windows("maker_lines") == {window(day) for day in range(5)}


@pytest.mark.covers("D10")
def test_replace_inputs_are_read_as_of_the_end_of_the_window(shop: Shop) -> None:
    fill(shop, days=3, shift=100)
    shop.clock.set(window(0).end_at + timedelta(hours=1))
    shop.ingestion.ingest("products", products(8, shift=200), key="second", actor="catalogue")
    first = shop.derivation.derive("maker_lines", window(0), key="0", actor="night")
    second = shop.derivation.derive("maker_lines", window(1), key="1", actor="night")
    before = shop.derivation.derive("maker_lines", window(-5), key="-5", actor="night")
    assert [each.inputs["products"] for each in (first, second, before)] == [1, 2, 1]
    assert (before.rows, before.joins[0].matched_fraction) == (0, None)


def test_rows_are_written_in_one_order(shop: Shop) -> None:
    fill(shop, days=1)
    derive(shop, 0)
    assert shop.lake.scan("maker_lines").collect()["sold_at"].is_sorted()


@derived_dataset(event_time="sold_at", owner="o")
def shifted(lines: pl.LazyFrame) -> pl.LazyFrame:
    return lines.with_columns(pl.col("sold_at").dt.offset_by("1d"))


@derived_dataset(event_time="day", owner="o")
def unmarked(lines: pl.LazyFrame) -> pl.LazyFrame:
    return lines


@derived_dataset(event_time="sold_at", owner="o")
def broken(lines: pl.LazyFrame) -> pl.LazyFrame:
    return lines.select("no_such_column")


@derived_dataset(event_time="sold_at", owner="o")
def twice(lines: pl.LazyFrame, products: pl.LazyFrame, join: CountingJoin) -> pl.LazyFrame:
    joined = join(lines, products, on="product_id", name="same")
    return join(joined, products, on="product_id", name="same")


@derived_dataset(event_time="sold_at", owner="o")
def stumbling(lines: pl.LazyFrame, products: pl.LazyFrame, join: CountingJoin) -> pl.LazyFrame:
    joined = join(lines, products, on="product_id", name="lines x products").collect()
    return joined.with_columns(first=pl.lit(joined["maker_id"].to_list()[0])).lazy()


@derived_dataset(
    event_time="sold_at",
    owner="o",
    contract=Contract("cheap", "1", (Field("sales_value", "number", maximum=5), Field("sold_at", "timestamp")), "o"),
)
def cheap(lines: pl.LazyFrame) -> pl.LazyFrame:
    return lines.select("sales_value", "sold_at")


@derived_dataset(event_time="sold_at", owner="o")
def lost(lines: pl.LazyFrame, orders: pl.LazyFrame) -> pl.LazyFrame:
    return lines.join(orders, on="id")


@pytest.mark.covers("N3")
@pytest.mark.parametrize(
    ("name", "kind", "told"),
    [
        ("shifted", ContractViolationError, "10 rows whose sold_at is outside the window"),
        ("unmarked", ContractViolationError, "has no column 'day', its event time"),
        ("broken", UserCodeError, "derived dataset broken raised ColumnNotFoundError"),
        ("twice", DeclarationError, "two joins are named 'same'"),
        ("stumbling", ZeroMatchesError, "lines x products: 0 of 10 rows"),
        ("cheap", ContractViolationError, r"breaks its contract: sales_value: above 5 \(6 rows\)"),
        ("lost", NotFoundError, "no dataset named 'orders'"),
        ("lines", NotFoundError, "no derived dataset named 'lines'"),
    ],
)
def test_a_derivation_that_fails_writes_no_rows(
    open_shop: OpenShop, name: str, kind: type[Exception], told: str
) -> None:
    derived = (shifted, unmarked, broken, twice, stumbling, cheap, lost)
    shop = open_shop(**{each.name: each for each in derived})
    shop.ingestion.ingest("lines", lines(0), key="0", actor="x")
    shop.ingestion.ingest("products", products(product_shift=100), key="0", actor="x")
    with pytest.raises(kind, match=told):
        shop.derivation.derive(name, window(0), key="0", actor="night")
    assert shop.lake.latest_version(name) == (1 if name == "lines" else None)
    assert shop.ledger.events(kinds=["dataset.derived"]) == []


def test_a_derived_dataset_declares_itself() -> None:
    assert maker_lines.name == "maker_lines"
    assert (maker_lines.inputs, maker_lines.joins) == (("lines", "products"), True)
    assert maker_lines.description == "Lines with the maker of their product."
    assert maker_lines.definition_hash != cheap.definition_hash


def test_left_joins_keep_rows_and_fan_out_counts_once() -> None:
    join = CountingJoin()
    left = pl.LazyFrame({"k": [1, 2, None]})
    right = pl.LazyFrame({"k": [1, 1, None], "v": ["a", "b", "c"]})
    assert join(left, right, on="k", how="left", name="l").collect().rows() == [
        (1, "a"),
        (1, "b"),
        (2, None),
        (None, None),
    ]
    assert [(each.left_rows, each.matched_rows) for each in join.measured] == [(3, 1)]
    with pytest.raises(DeclarationError, match="allowed: inner, left"):
        join(left, right, on="k", how="outer", name="o")
