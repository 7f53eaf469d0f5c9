"""Looking at data: profiles, volumes, samples, and what a record means."""

import polars as pl
import pytest
from tests.data.conftest import DAY, OpenShop, Shop, lines, products, window
from tests.real_year import real_year

from steek.data import Field, Looking, meaning_of, protection_of, volume_lines
from steek.data.looking.column_profile import profile_columns
from steek.kernel import Window
from steek.kernel.errors import InputError, NotFoundError


def looking(shop: Shop) -> Looking:
    return Looking(shop.lake, shop.datasets)


def bring(shop: Shop, day: int, count: int) -> None:
    shop.ingestion.ingest("lines", lines(day, count), key=f"day {day}", actor="till")


@pytest.mark.covers("D18")
def test_a_profile_of_real_sales_counts_what_polars_counts() -> None:
    rows = pl.scan_parquet(real_year() / "transactions.parquet").head(50_000)
    found = {column.name: column for column in profile_columns(rows, amounts=["quantity"])}
    frame = rows.collect()
    value = found["sales_value"]
    assert value.kind == "amount"
    assert (value.rows, value.nulls, value.distinct) == (50_000, 0, frame["sales_value"].n_unique())
    assert value.mean == pytest.approx(frame["sales_value"].mean())
    assert sum(bin.rows for bin in value.bins) == 50_000
    for bin in value.bins:
        inside = frame.filter(
            (pl.lit(bin.lower is None) | (pl.col("sales_value") >= (bin.lower or 0.0)))
            & (pl.lit(bin.upper is None) | (pl.col("sales_value") < (bin.upper or 0.0)))
        )
        assert inside.height == bin.rows
    store = found["store_id"]
    assert store.kind == "code"
    assert store.top[0] == (
        str(frame["store_id"].value_counts(sort=True)["store_id"][0]),
        frame["store_id"].value_counts(sort=True)["count"][0],
    )
    assert found["transaction_timestamp"].kind == "moment"


@pytest.mark.covers("D18")
def test_absent_and_not_finite_values_are_no_values() -> None:
    rows = pl.LazyFrame({"a": [1.5, None, float("nan"), float("inf")], "b": [None, None, "x", "x"]})
    amount, code = profile_columns(rows)
    assert (amount.rows, amount.nulls, amount.distinct, amount.minimum, amount.maximum) == (4, 1, 1, 1.5, 1.5)
    assert sum(bin.rows for bin in amount.bins) == 1
    assert (code.nulls, code.null_fraction, code.top) == (2, 0.5, (("x", 2),))


@pytest.mark.covers("D18")
def test_an_empty_table_has_empty_profiles() -> None:
    (amount,) = profile_columns(pl.LazyFrame(schema={"a": pl.Float64}))
    assert (amount.rows, amount.minimum, amount.mean, amount.bins, amount.null_fraction) == (0, None, None, (), 0.0)


@pytest.mark.covers("D18")
def test_a_profile_is_of_a_window_a_slice_and_a_version(shop: Shop) -> None:
    bring(shop, 0, 10)
    bring(shop, 3, 4)
    service = looking(shop)
    assert service.profile("lines").rows == 14
    assert service.profile("lines", version=1).rows == 10
    assert service.profile("lines", window=window(3)).rows == 4
    of_store = service.profile("lines", slice=("store_id", "2"))
    assert of_store.rows == 7
    assert {column.name: column.distinct for column in of_store.columns}["store_id"] == 1
    newest = service.newest_window("lines", days=1)
    assert newest is not None
    assert service.profile("lines", window=newest).rows == 4


@pytest.mark.covers("D18", "N3")
def test_questions_that_have_no_answer_say_why(shop: Shop) -> None:
    service = looking(shop)
    with pytest.raises(NotFoundError, match="no data yet") as nothing:
        service.profile("lines")
    assert "steek ingest lines FILE" in nothing.value.next_step
    with pytest.raises(NotFoundError, match="no dataset named 'line'"):
        service.sample("line", 5)
    shop.ingestion.ingest("products", products(), key="first", actor="shelf")
    with pytest.raises(InputError, match="no event time"):
        service.profile("products", window=window())
    with pytest.raises(InputError, match="no column named 'maker'") as unknown:
        service.profile("products", slice=("maker", "1"))
    assert unknown.value.next_step == "Did you mean 'maker_id'?"
    with pytest.raises(InputError, match="between 1 and 10000"):
        service.sample("products", 0)
    assert service.newest_window("products", days=3) is None


@pytest.mark.covers("D18")
def test_a_sample_begins_with_the_newest(shop: Shop) -> None:
    bring(shop, 0, 10)
    bring(shop, 1, 4)
    found = looking(shop).sample("lines", 3)
    assert found.version == 2
    assert found.closed == ()
    assert found.rows["sold_at"].to_list() == sorted(lines(1, 4)["sold_at"].to_list(), reverse=True)[:3]


@pytest.mark.covers("D18")
def test_volumes_are_told_slice_by_slice_the_largest_first(shop: Shop) -> None:
    bring(shop, 0, 5)
    bring(shop, 2, 3)
    days = Window(DAY, window(2).end_at)
    counted = looking(shop).volumes("lines", days, "store_id")
    assert volume_lines(counted) == [("1", [3, 0, 2]), ("2", [2, 0, 1])]
    assert volume_lines(looking(shop).volumes("lines", days)) == [(None, [5, 0, 3])]


@pytest.mark.covers("D18")
def test_a_dataset_without_data_has_volumes_of_zero(open_shop: OpenShop) -> None:
    assert volume_lines(looking(open_shop()).volumes("lines", window())) == [(None, [0])]


@pytest.mark.covers("D18")
@pytest.mark.parametrize(
    ("field", "said"),
    [
        (Field("n", "integer", unit="items", minimum=1, maximum=9), "An integer in items, at least 1, at most 9"),
        (Field("n", "string", categories=tuple("abcdefgh")), "one of a, b, c, d, e, f and 2 more"),
        (Field("n", "string", nullable=True), "may be absent"),
        (Field("n", "integer", key=True), "part of the key"),
    ],
)
def test_a_field_is_told_in_a_sentence(field: Field, said: str) -> None:
    assert said in meaning_of(field)


@pytest.mark.covers("D18", "D14")
def test_protection_is_told_where_there_is_some() -> None:
    assert protection_of(Field("n", "integer")) == ""
    assert protection_of(Field("age", "string", sensitivity="personal", sealed=True)) == (
        "personal; sealed under the key of its subject"
    )
