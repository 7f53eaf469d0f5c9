"""Example sets: the right rows, the right labels, and features as of each row's own moment."""

from datetime import UTC, datetime, timedelta
from typing import Any

import hypothesis.strategies as st
import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings

from steek.features import examples, feature_view
from steek.kernel import Window
from steek.kernel.errors import ConflictError, DeclarationError, InputError, NotFoundError

START = datetime.fromisoformat("2017-10-02T06:00:00+00:00")
DAY = timedelta(days=1)
WINDOW = Window(START, START + 2 * DAY)
KNOWN_AT = START + 3 * DAY


def _lines(world: Any) -> pl.DataFrame:
    products = world.lake.scan("products")
    return world.lake.scan("lines").join(products, on="product_id").collect()


@pytest.mark.covers("F2")
def test_every_query_gets_the_candidates_of_its_moment_and_the_right_labels(ready: Any) -> None:
    made = ready.build(window=WINDOW, known_at=KNOWN_AT)
    lines = _lines(ready)
    asked = lines.filter((pl.col("sold_at") >= START) & (pl.col("sold_at") < START + 2 * DAY))
    assert made.queries == asked.select("household_id", "category", "sold_at").n_unique()
    frame = made.frame
    assert frame["_query"].to_list() == sorted(frame["_query"].to_list())
    for _, group in frame.group_by("_query"):
        moment, category = group["asked_at"][0], group["category"][0]
        as_of = START if moment < START + DAY else START + DAY
        snapshot = ready.features.snapshots("category_product", as_of, as_of + DAY)
        known = ready.features.read(snapshot, ()).filter(pl.col("category") == category).collect()
        assert group["product_id"].to_list() == sorted(known["product_id"].to_list())
        same = (pl.col("household_id") == group["household_id"][0]) & (pl.col("sold_at") == moment)
        answers = set(asked.filter(same & (pl.col("category") == category))["product_id"])
        right = group.filter(pl.col("_label") == 1)["product_id"].to_list()
        assert set(right) == answers & set(group["product_id"])
    assert frame.schema["_query"] == pl.UInt32
    assert made.rows == frame.height
    assert made.dataset_versions == {"lines": 1, "products": 1}


@pytest.mark.covers("F2")
def test_each_feature_is_the_value_of_the_latest_snapshot_before_the_moment(ready: Any) -> None:
    made = ready.build(window=WINDOW, known_at=KNOWN_AT)
    lines = _lines(ready)
    for row in made.frame.gather_every(97).iter_rows(named=True):
        as_of = START if row["asked_at"] < START + DAY else START + DAY
        past = lines.filter((pl.col("sold_at") < as_of) & (pl.col("sold_at") >= as_of - 20 * DAY))
        own = past.filter(pl.col("household_id") == row["household_id"])
        of_both = own.filter(pl.col("product_id") == row["product_id"])
        assert row["household.lines"] == own.height
        if of_both.is_empty():
            assert np.isnan(row["household_product.lines"])
        else:
            assert row["household_product.lines"] == of_both.height
            assert row["household_product.value"] == pytest.approx(of_both["value"].sum(), rel=1e-6)
        assert row["calendar.hour"] == row["asked_at"].hour
    wanted = {f"features:{view}@{as_of.isoformat()}" for view in ready.views for as_of in (START, START + DAY)}
    assert set(made.snapshots) == wanted


@pytest.mark.covers("F2", "D9")
def test_only_questions_whose_answers_are_complete_count(ready: Any) -> None:
    moments = _lines(ready)["sold_at"].sort()
    inside = moments.filter((moments >= START) & (moments < START + 2 * DAY))
    known_at = inside[30] + timedelta(hours=1)
    made = ready.build(window=WINDOW, known_at=known_at)
    assert made.matured_until == inside[30]
    assert made.queries > 0
    assert made.frame["asked_at"].max() <= inside[30]
    full = ready.build(window=WINDOW, known_at=KNOWN_AT).frame
    # Exactly complete counts; nothing else about the earlier rows differs.
    assert made.frame.equals(full.filter(pl.col("asked_at") <= inside[30]), null_equal=True)
    assert ready.build(window=WINDOW, known_at=START).rows == 0


@pytest.mark.covers("F2")
def test_expired_snapshots_give_nothing(world: Any) -> None:
    world.materialise(START)
    made = world.build(window=Window(START, START + 2 * DAY), known_at=KNOWN_AT)
    later = made.frame.filter(pl.col("asked_at") >= START + DAY)
    # household lives one day, the others two.
    assert later["household.lines"].is_nan().all()
    assert not later["category_product.lines"].is_nan().any()
    assert made.frame.filter(pl.col("asked_at") < START + DAY)["household.lines"].is_nan().sum() == 0


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@pytest.mark.covers("F2")
def test_nothing_that_happens_later_changes_a_set(make_world: Any, furnished: Any, data: st.DataObject) -> None:
    cut = START + timedelta(seconds=data.draw(st.integers(1, 2 * 86400), label="seconds"))
    world = make_world(furnished)
    features = world.build(window=Window(START, cut), known_at=KNOWN_AT)
    closed = world.build(window=Window(START, cut), known_at=cut)
    after = st.datetimes(cut.replace(tzinfo=None), KNOWN_AT.replace(tzinfo=None), timezones=st.just(UTC))
    rows = st.tuples(st.integers(1, 7), st.integers(1, 31), st.sampled_from([0.5, 1e6]), after)
    drawn = data.draw(st.lists(rows, min_size=1, max_size=20), label="later rows")
    # The very instant of the cut is what an off-by-one would let in.
    drawn.append((1, 1, 1e6, cut))
    schema = {
        "household_id": pl.Int64,
        "product_id": pl.Int64,
        "value": pl.Float64,
        "sold_at": pl.Datetime("us", "UTC"),
    }
    later = pl.DataFrame(drawn, schema=schema, orient="row").with_columns(
        shop=pl.lit(1, pl.Int64), discount=pl.col("value")
    )
    world.lake.append("lines", later, key="later")
    # Features made anew after the fact, up to the last snapshot that is not after the cut.
    world.materialise(*[as_of for as_of in (START, START + DAY) if as_of <= cut], run="again")
    again = world.build(window=Window(START, cut), known_at=KNOWN_AT)
    names = list(features.feature_names)
    keys = ["household_id", "category", "product_id", "asked_at"]
    assert again.frame.select(*keys, *names).equals(features.frame.select(*keys, *names))
    assert world.build(window=Window(START, cut), known_at=cut).frame.equals(closed.frame)


@pytest.mark.covers("F2")
def test_wrong_candidates_are_sampled_by_hash(ready: Any) -> None:
    full = ready.build(window=WINDOW, known_at=KNOWN_AT)
    few = ready.build(window=WINDOW, known_at=KNOWN_AT, negatives_per_query=2, seed=3)
    again = ready.build(window=WINDOW, known_at=KNOWN_AT, negatives_per_query=2, seed=3)
    other = ready.build(window=WINDOW, known_at=KNOWN_AT, negatives_per_query=2, seed=4)
    assert few.frame.equals(again.frame)
    assert not few.frame.select("product_id").equals(other.frame.select("product_id"))
    counts = few.frame.group_by("_query").agg(wrong=(pl.col("_label") == 0).sum(), right=pl.sum("_label"))
    assert counts["wrong"].to_list() == [2] * few.queries
    assert few.frame["_label"].sum() == full.frame["_label"].sum()
    # What was kept is a part of the whole, and its fractions restore the whole's size.
    rest = few.frame.join(full.frame, on=["_query", "product_id"], how="anti")
    assert rest.is_empty()
    assert (1 / few.frame["_kept_fraction"]).sum() == pytest.approx(full.rows)


@pytest.mark.covers("F2", "D7")
def test_whole_queries_are_sampled_by_hash(ready: Any) -> None:
    keys = ["household_id", "category", "asked_at"]
    full = ready.build(window=WINDOW, known_at=KNOWN_AT)
    half = ready.build(window=WINDOW, known_at=KNOWN_AT, sample_fraction=0.5, seed=1)
    third = ready.build(window=WINDOW, known_at=KNOWN_AT, sample_fraction=0.3, seed=1)
    assert 0.3 * full.queries < half.queries < 0.7 * full.queries
    assert third.frame.select(keys).join(half.frame.select(keys), on=keys, how="anti").is_empty()
    sizes = full.frame.group_by(keys).len().join(half.frame.group_by(keys).len(), on=keys)
    assert sizes.filter(pl.col("len") != pl.col("len_right")).is_empty()


@pytest.mark.covers("F2")
def test_weights_halve_with_age(ready: Any) -> None:
    made = ready.build(window=WINDOW, known_at=KNOWN_AT, weight_half_life="12h")
    row = made.frame.row(0, named=True)
    age_s = (WINDOW.end_at - row["asked_at"]).total_seconds()
    assert row["_weight"] == pytest.approx(0.5 ** (age_s / 43200))
    assert made.frame["_weight"].is_between(1 / 16, 1).all()


@pytest.mark.covers("F2", "T8")
def test_a_regression_has_one_row_per_example(ready: Any) -> None:
    @examples(entity="product_id", moment="day", label_window="1d", label="lines")
    def demand(lines: pl.LazyFrame, window: Window) -> pl.LazyFrame:
        """Lines of each product and shop in a day."""
        day = window.start_at
        return lines.group_by("product_id", "shop").agg(lines=pl.len()).with_columns(day=pl.lit(day))

    made = ready.build(
        demand, columns=["product", "calendar.hour"], candidates=None, window=Window(START, START + DAY),
        known_at=START + DAY, member_column="shop",
    )  # fmt: skip
    lines = _lines(ready).filter((pl.col("sold_at") >= START) & (pl.col("sold_at") < START + DAY))
    assert made.frame["_label"].sum() == lines.height
    assert made.feature_names == ("product.value", "calendar.hour")
    assert made.frame.columns[:4] == ["_query", "product_id", "day", "shop"]
    assert made.frame["_query"].to_list() == list(range(made.rows))


@pytest.mark.covers("F2")
def test_queries_without_candidates_are_counted(ready: Any) -> None:
    @examples(entity="category", moment="asked_at", label_window="1h", answer="product_id")
    def strange(lines: pl.LazyFrame) -> pl.LazyFrame:
        category = pl.when(pl.col("shop") == 1).then(pl.lit("BEEF")).otherwise(pl.lit("no such"))
        return lines.select("product_id", category=category, asked_at="sold_at")

    made = ready.build(strange, columns=["category_product"], window=WINDOW, known_at=KNOWN_AT)
    assert made.queries_without_candidates > 0
    assert made.frame["category"].unique().to_list() == ["BEEF"]
    assert made.queries == made.queries_without_candidates + made.frame["_query"].n_unique()


@pytest.mark.covers("F1", "F3")
def test_snapshots_of_another_definition_are_not_mixed_in(ready: Any) -> None:
    @feature_view(entity="household_id", lookback="5d", time_to_live="1d", owner="o")
    def household(lines: pl.LazyFrame) -> pl.LazyFrame:
        return lines.group_by("household_id").agg(lines=pl.len(), spend=pl.sum("value"))

    ready.declare(*[view for view in ready.views.values() if view.name != "household"], household)
    with pytest.raises(ConflictError, match="2 snapshots of feature view household"):
        ready.build(columns=["household.lines"], window=WINDOW, known_at=KNOWN_AT)
    ready.materialise(START, START + DAY, views=["household"], run="backfill")
    made = ready.build(columns=["household.spend"], window=WINDOW, known_at=KNOWN_AT)
    assert made.frame["household.spend"].is_nan().sum() == 0


@pytest.mark.covers("N3")
def test_what_does_not_fit_is_refused_by_name(ready: Any) -> None:
    def attempt(declared: Any = None, **changes: Any) -> None:
        arguments = {"window": WINDOW, "known_at": KNOWN_AT, **changes}
        ready.build(*(() if declared is None else (declared,)), **arguments)

    cases: list[tuple[type[Exception], str, dict[str, Any]]] = [
        (NotFoundError, "Did you mean 'household'", {"columns": ["househol.lines"]}),
        (NotFoundError, "Did you mean 'lines'", {"columns": ["household.line"]}),
        (NotFoundError, "no feature view named 'nothing'", {"candidates": "nothing"}),
        (DeclarationError, "no view of candidates", {"candidates": None}),
        (DeclarationError, "needs some of household_id, category, and then product_id", {"candidates": "household"}),
        (InputError, "sample_fraction is 0", {"sample_fraction": 0}),
        (InputError, "negatives_per_query is 0", {"negatives_per_query": 0}),
        (DeclarationError, "returned no column region", {"extra_columns": ["region"]}),
    ]
    for kind, complaint, changes in cases:
        with pytest.raises(kind, match=complaint):
            attempt(**changes)

    @examples(entity="category", moment="asked_at", label_window="1h", answer="product_id")
    def narrow(lines: pl.LazyFrame) -> pl.LazyFrame:
        return lines.select(
            "product_id", category=pl.lit("BEEF"), asked_at=pl.col("sold_at").dt.replace_time_zone(None)
        )

    with pytest.raises(DeclarationError, match="must be a datetime in UTC"):
        attempt(narrow)
