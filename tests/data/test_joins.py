"""One join service: plain or point in time, never ahead of its moment, counted per slice beside what is usual."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.data.conftest import DAY, OpenShop, lines, products, window
from tests.real_year import real_year

from steek.data import Conversion, CountingJoin, JoinPlan, Joins, JoinSlice, derived_dataset
from steek.data.derivation.matching import HELD_ROWS, match
from steek.kernel import ReplayClock, Window
from steek.kernel.errors import ContractViolationError, DeclarationError, NotFoundError, ZeroMatchesError
from steek.ledger import Database, Ledger
from steek.measures import Implied

ORIGIN = datetime(2017, 1, 1, tzinfo=UTC)
keys = st.one_of(st.none(), st.integers(0, 3))
moments = st.one_of(st.none(), st.integers(0, 20))
sides = st.lists(st.tuples(keys, moments), max_size=15)


def side(rows: list[tuple[int | None, int | None]], at: str, number: str) -> pl.DataFrame:
    instants = [None if moment is None else ORIGIN + timedelta(hours=moment) for _, moment in rows]
    return pl.DataFrame(
        {"k": [key for key, _ in rows], at: instants, number: list(range(len(rows)))},
        schema={"k": pl.Int64, at: pl.Datetime("us", "UTC"), number: pl.Int64},
    )


@pytest.mark.covers("D8")
@settings(deadline=None, max_examples=50)
@given(sides, sides, st.one_of(st.none(), st.integers(1, 8)), st.booleans())
def test_a_point_in_time_join_is_what_brute_force_finds_and_never_looks_ahead(
    lefts: list[tuple[int | None, int | None]],
    rights: list[tuple[int | None, int | None]],
    hours: int | None,
    streamed: bool,
) -> None:
    tolerance = None if hours is None else timedelta(hours=hours)
    plan = JoinPlan(name="n", on="k", how="left", at="at", right_at="since", tolerance=tolerance, slice_by="k")
    left, right = side(lefts, "at", "l").lazy(), side(rights, "since", "r").lazy()
    found = match(left, right, plan, held_rows=0 if streamed else HELD_ROWS)
    rows = found.rows.collect()
    assert rows["l"].to_list() == list(range(len(lefts)))
    several = 0
    for (key, at), since, number in zip(lefts, rows["since"], rows["r"], strict=True):
        fits = [
            (moment, index)
            for index, (other, moment) in enumerate(rights)
            if key is not None and other == key and at is not None and moment is not None and moment <= at
            if hours is None or at - moment <= hours
        ]
        best = max(moment for moment, _ in fits) if fits else None
        ties = [index for moment, index in fits if moment == best]
        several += len(ties) > 1
        assert number == (max(ties) if ties else None)
        assert since == (None if best is None else ORIGIN + timedelta(hours=best))
        assert since is None or at is None or since <= ORIGIN + timedelta(hours=at)
    assert (found.left_rows, found.matched_rows) == (len(lefts), rows["r"].count())
    assert found.several_rows == several
    assert sum(each.matched_rows for each in found.slices) == found.matched_rows


@pytest.mark.covers("D8")
@settings(deadline=None, max_examples=50)
@given(sides, sides, st.booleans())
def test_a_plain_join_counts_rows_and_partners(
    lefts: list[tuple[int | None, int | None]], rights: list[tuple[int | None, int | None]], streamed: bool
) -> None:
    left, right = side(lefts, "at", "l").lazy(), side(rights, "since", "r").lazy()
    found = match(left, right, JoinPlan(name="n", on="k"), held_rows=0 if streamed else HELD_ROWS)
    pairs = found.rows.select("l", "r").collect().rows()
    expected = [
        (asking, partner)
        for asking, (key, _) in enumerate(lefts)
        for partner, (other, _) in enumerate(rights)
        if key is not None and key == other
    ]
    assert pairs == expected
    numbers = [sum(asking == row for asking, _ in expected) for row in range(len(lefts))]
    assert (found.matched_rows, found.several_rows) == (sum(n > 0 for n in numbers), sum(n > 1 for n in numbers))


@pytest.mark.covers("D8")
def test_the_price_of_the_real_store_is_the_last_one_known_before_the_sale() -> None:
    sold = pl.read_parquet(real_year() / "transactions.parquet").head(20_000).filter(pl.col("quantity") == 1)
    sold = sold.select("product_id", "store_id", "transaction_timestamp", "sales_value").with_row_index("line")
    prices = sold.select(
        "product_id", pl.col("transaction_timestamp").alias("seen_at"), pl.col("sales_value").alias("price")
    )
    join = CountingJoin()
    later = sold.filter(pl.col("line") >= 10_000)
    joined = join(
        later.lazy(),
        prices.lazy(),
        on="product_id",
        name="lines x prices",
        at="transaction_timestamp",
        right_at="seen_at",
        slice_by="store_id",
    ).collect()
    # Every line finds at least its own price, so nothing later than itself and nothing older than that.
    assert joined.height == later.height
    assert (joined["seen_at"] == joined["transaction_timestamp"]).all()
    (counted,) = join.measured
    assert (counted.matched_rows, sum(each.left_rows for each in counted.slices)) == (later.height, later.height)
    assert counted.several_rows > 0
    products_ = pl.scan_parquet(real_year() / "products.parquet")
    assert join(later.lazy(), products_, on="product_id", name="lines x products").collect().height == later.height


@pytest.mark.covers("D8")
def test_weeks_of_promotions_are_joined_by_whole_numbers() -> None:
    promotions = pl.scan_parquet(real_year() / "promotions.parquet").filter(pl.col("store_id") == 316)
    sold = pl.scan_parquet(real_year() / "transactions.parquet").filter(pl.col("store_id") == 316)
    join = CountingJoin()
    joined = join(
        sold.select("product_id", "week", "sales_value"),
        promotions.select("product_id", pl.col("week").alias("since_week"), "display_location"),
        on="product_id",
        name="lines x promotions",
        how="left",
        at="week",
        right_at="since_week",
    ).collect()
    assert joined.height == sold.select(pl.len()).collect().item()
    assert joined.filter(pl.col("since_week") > pl.col("week")).height == 0
    assert 0 < join.measured[0].matched_rows < joined.height


@pytest.mark.covers("D8")
def test_a_conversion_keeps_its_factor_its_day_and_its_source() -> None:
    days = [datetime(2017, 1, day, tzinfo=UTC) for day in (1, 3, 9)]
    sold = pl.LazyFrame(
        {"price": [10.0, 20.0, 30.0, 1.0], "currency": ["EUR", "EUR", "GBP", "XXX"], "at": [*days, days[0]]}
    )
    rates = pl.LazyFrame(
        {
            "currency": ["EUR", "EUR", "GBP", "EUR"],
            "day": [datetime(2017, 1, day, tzinfo=UTC).date() for day in (1, 2, 1, 8)],
            "usd": [1.05, 1.04, 1.23, None],
        }
    )
    conversion = Conversion(field="price", to="usd", factor="usd", source="dataset:rates@3")
    plan = JoinPlan(name="lines x rates", on="currency", at="at", right_at="day", tolerance="7d")
    join = CountingJoin()
    rows = join.convert(sold, rates, conversion, plan).collect()
    assert rows["price"].to_list() == [10.0, 20.0, 30.0, 1.0]
    assert rows["price_usd"].to_list() == [10.5, 20.8, None, None]
    assert rows["price_factor"].to_list() == [1.05, 1.04, None, None]
    assert [str(day) for day in rows["price_factor_at"]] == ["2017-01-01", "2017-01-02", "None", "None"]
    assert rows["price_factor_source"].to_list() == ["dataset:rates@3"] * 2 + [None] * 2
    assert join.measured[0].matched_rows == 2
    with pytest.raises(DeclarationError, match="several factors for each of 2 rows"):
        join.convert(sold, rates, conversion, JoinPlan(name="plain", on="currency"))


@pytest.fixture
def joins(database: Database, ledger: Ledger, clock: ReplayClock) -> Joins:
    return Joins(database, ledger, clock)


def week(day: int) -> Window:
    return Window(DAY + timedelta(days=day), DAY + timedelta(days=day + 1))


def run(joins: Joins, day: int, known: range, **options: object) -> object:
    plan = JoinPlan(name="lines x products", on="product_id", slice_by="store_id", **options)  # pyright: ignore[reportArgumentType]
    frame = pl.concat([lines(count=10, product_id=0)] * 10)
    right = pl.LazyFrame(
        {"product_id": list(known), "maker_id": 1}, schema={"product_id": pl.Int64, "maker_id": pl.Int64}
    )
    return joins.join(frame.lazy(), right, plan, of="lines", window=week(day), key=f"day {day}", actor="ada")


@pytest.mark.covers("D8", "D10")
def test_ad_hoc_joins_are_counted_beside_what_is_usual_for_each_slice(joins: Joins, ledger: Ledger) -> None:
    for day in range(3):
        run(joins, day, range(8))
    events = ledger.count()
    run(joins, 2, range(8))
    assert ledger.count() == events
    run(joins, 3, range(8))
    # Store 1 sells the even products, store 2 the odd ones: only one of them is hurt.
    run(joins, 4, range(0, 10, 2))
    normal, hurt = joins.history("lines", "lines x products")[1::-1]
    assert (normal.verdict.verdict, normal.verdict.reasons) == ("pass", ("80.0% of 100 rows matched; expected 80.0%",))
    assert hurt.report.slices == (JoinSlice("1", 50, 50, 0.8), JoinSlice("2", 50, 0, 0.8))
    assert hurt.verdict.verdict == "warn"
    assert hurt.verdict.reasons == (
        "all rows: 50.0% of 100 rows matched; expected 80.0%, give or take 16.0%",
        "slice 2: 0.0% of 50 rows matched; expected 80.0%, give or take 22.6%",
    )
    assert [each.verdict.verdict for each in joins.reports("lines")][:3] == ["undecided"] * 3
    assert [each.report.window for each in joins.latest()] == [week(4)]
    with pytest.raises(NotFoundError, match="no join of 'lines' named 'lines x prices'; there are: lines x products"):
        joins.history("lines", "lines x prices")


@pytest.mark.covers("D8", "N3")
def test_an_important_slice_without_any_partner_is_an_error_and_recorded(joins: Joins, ledger: Ledger) -> None:
    with pytest.raises(ZeroMatchesError, match="lines x products, slice 2: 0 of 50 rows"):
        run(joins, 0, range(0, 10, 2), refuse_empty_slices=(2, 99))
    with pytest.raises(ZeroMatchesError, match="lines x products: 0 of 100 rows"):
        run(joins, 1, range(50, 60), refuse_empty_slices=(2,))
    run(joins, 2, range(0, 10, 2), refuse_empty_slices=(1,))
    assert len(ledger.events(kinds=["join.failed"])) == 2
    assert [each.verdict.verdict for each in joins.reports("lines")] == ["fail", "fail", "undecided"]


@derived_dataset(event_time="sold_at", owner="o", implied=Implied(low_fraction=0.9, refuse=False))
def watched(lines: pl.LazyFrame, products: pl.LazyFrame, join: CountingJoin) -> pl.LazyFrame:
    return join(lines, products, on="product_id", name="lines x products")


@derived_dataset(event_time="sold_at", owner="o", implied=Implied(), implied_of="lines")
def strict(products: pl.LazyFrame, lines: pl.LazyFrame, join: CountingJoin) -> pl.LazyFrame:
    return join(lines, products, on="product_id", name="lines x products")


@pytest.mark.covers("D10", "D8")
def test_rows_of_a_derivation_are_compared_with_what_it_implies(open_shop: OpenShop) -> None:
    shop = open_shop(watched=watched, strict=strict)
    shop.ingestion.ingest("products", products(8), key="0", actor="x", arrived_at=DAY)
    shop.ingestion.ingest("lines", lines(0), key="0", actor="x")
    report = shop.derivation.derive("watched", window(0), key="0", actor="night")
    told = "of the rows of 'lines': 8 of 10 rows came out (80%); implied: 90% to 100%"
    assert (report.rows_before, report.rows, report.unexpected) == (10, 8, told)
    (event,) = shop.ledger.events(kinds=["transformation.unexpected"])
    assert event.payload["unexpected"] == [told]
    with pytest.raises(ContractViolationError, match="8 of 10 rows came out"):
        shop.derivation.derive("strict", window(0), key="0", actor="night")
    shop.clock.set(window(0).end_at)
    shop.ingestion.ingest("products", products(10), key="1", actor="x")
    full = shop.derivation.derive("strict", window(0), key="1", actor="night", reference_at=window(0).end_at)
    assert (full.rows_before, full.unexpected) == (10, None)


@pytest.mark.covers("N3")
def test_an_impossible_join_is_refused() -> None:
    frame = pl.LazyFrame({"k": [1], "at": [ORIGIN], "week": [1], "text": ["x"]})
    for options, told in (
        ({"at": "at"}, "gives at alone"),
        ({"tolerance": "1d"}, "has a tolerance and no at"),
        ({"refuse_empty_slices": (1,)}, "and no slice_by"),
        ({"at": "at", "right_at": "week"}, r"compares 'at' \(.*\) with 'week' \(Int64\)"),
        ({"at": "text", "right_at": "week"}, "goes by 'text', which is String"),
        ({"at": "week", "right_at": "week", "tolerance": "1d"}, "and 'week' is a whole number"),
    ):
        with pytest.raises(DeclarationError, match=told):
            CountingJoin()(frame, frame, on="k", name="n", **options)  # pyright: ignore[reportArgumentType]


@pytest.mark.covers("D8")
def test_no_partner_is_later_by_a_part_of_a_microsecond() -> None:
    def at(nanoseconds: int) -> pl.Series:
        return pl.Series([nanoseconds], dtype=pl.Datetime("ns", "UTC"))

    plan = JoinPlan(name="j", on="k", how="left", at="at", right_at="since")
    left = pl.LazyFrame({"k": [1], "at": at(1_000_300)})
    for since, matched in ((1_000_900, 0), (1_000_001, 0), (1_000_000, 1), (999_001, 1)):
        right = pl.LazyFrame({"k": [1], "since": at(since), "v": [1]})
        assert match(left, right, plan).matched_rows == matched
