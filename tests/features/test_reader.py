"""What serving reads equals what training saw, bit for bit, and follows each publication."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from steek.features import FeatureReader, feature_view
from steek.kernel import Window
from steek.kernel.errors import DeclarationError, InputError

START = datetime.fromisoformat("2017-10-02T06:00:00+00:00")
DAY = timedelta(days=1)


def _served(world: Any, names: tuple[str, ...], group: pl.DataFrame) -> Any:
    query = {"household_id": group["household_id"][0], "category": group["category"][0]}
    candidates = group["product_id"].to_numpy()
    return world.reader.matrix(names, query, candidates, "product_id", group["asked_at"][0])


@pytest.mark.covers("F1", "F2", "F5")
def test_serving_equals_training_row_by_row(ready: Any) -> None:
    made = ready.build(window=Window(START, START + DAY), known_at=START + 2 * DAY)
    assert made.queries > 30
    for _, group in made.frame.group_by("_query"):
        served = _served(ready, made.feature_names, group)
        trained = group.select(made.feature_names).to_numpy()
        assert served.values.dtype == trained.dtype == np.float32
        np.testing.assert_array_equal(served.values, trained)
        assert served.oldest_as_of == START
    everything = made.frame.select(made.feature_names)
    # The comparison would be empty without both kinds of values.
    assert 0 < everything["household_product.lines"].is_nan().sum() < made.rows
    assert everything["category_product.discount"].is_not_nan().any()


@pytest.mark.covers("F2", "F4")
def test_expired_features_are_nan_in_both_paths(world: Any) -> None:
    world.materialise(START)
    world.publish(START)
    made = world.build(window=Window(START + DAY, START + 2 * DAY), known_at=START + 3 * DAY)
    assert made.frame["household.lines"].is_nan().all()
    for _, group in made.frame.group_by("_query"):
        served = _served(world, made.feature_names, group)
        np.testing.assert_array_equal(served.values, group.select(made.feature_names).to_numpy())
        assert served.statuses["expired"] == group.height
    late = world.reader.matrix(("household.lines",), {"household_id": 1}, None, None, START + 9 * DAY)
    early = world.reader.matrix(("household.lines",), {"household_id": 1}, None, None, START - timedelta(seconds=1))
    for answer in (late, early):
        assert np.isnan(answer.values).all()
        assert (answer.oldest_as_of, answer.statuses["expired"]) == (None, 1)


@pytest.mark.covers("F4", "S7")
def test_statuses_say_why_values_are_missing(ready: Any) -> None:
    query = {"household_id": 999, "category": "BEEF"}
    candidates = np.array([4, 8, 1000], np.int64)
    names = ("category_product.lines", "household.lines", "product.value", "retired.x")
    answer = ready.reader.matrix(names, query, candidates, "product_id", START + timedelta(hours=1))
    assert answer.statuses == {"present": 4, "missing": 5, "expired": 0, "unpublished": 3}
    assert np.isnan(answer.values).tolist() == [[False, True, False, True]] * 2 + [[True] * 4]


@pytest.mark.covers("F4")
def test_a_view_that_was_never_published_does_no_harm(world: Any) -> None:
    names = ("household.lines", "product.value", "calendar.hour")
    answer = world.reader.matrix(names, {"household_id": 1}, np.array([1, 2]), "product_id", START)
    assert answer.statuses == {"present": 0, "missing": 0, "expired": 0, "unpublished": 4}
    np.testing.assert_array_equal(answer.values, np.array([[np.nan, np.nan, 6]] * 2, np.float32))
    assert (answer.oldest_as_of, world.reader.block("household", (1,))) == (None, None)


@pytest.mark.covers("F4", "O1")
def test_a_new_publication_is_seen_by_the_next_request(ready: Any) -> None:
    names = ("product.value", "household_product.lines", "category_product.lines")
    other = FeatureReader(ready.online, ready.views, {})

    def ask(moment: datetime) -> Any:
        query = {"household_id": 1, "category": "BEEF"}
        return [reader.matrix(names, query, np.array([4]), "product_id", moment) for reader in (ready.reader, other)]

    before = ask(START + DAY)
    assert {answer.oldest_as_of for answer in before} == {START}
    ready.materialise(START + DAY)
    ready.publish(START + DAY)
    after = ask(START + DAY)
    assert {answer.oldest_as_of for answer in after} == {START + DAY}
    assert after[0].values[0, 0] > before[0].values[0, 0]
    assert after[0].values.tolist() == after[1].values.tolist()
    # The same instant published again with other values is noticed too.
    early = ready.lake.scan("lines").filter(pl.col("sold_at") < START + DAY).collect()
    ready.lake.append("lines", early, key="twice")
    ready.materialise(START + DAY, run="again")
    ready.publish(START + DAY, run="again")
    assert ask(START + DAY)[0].values.tolist() == (2 * after[0].values).tolist()


@pytest.mark.covers("F4")
def test_blocks_list_the_candidates_of_a_query(ready: Any) -> None:
    block = ready.reader.block("category_product", ("ÄPFEL",))
    snapshot = ready.features.snapshots("category_product", START, START + DAY)
    rows = ready.features.read(snapshot, ("lines",)).filter(pl.col("category") == "ÄPFEL").sort("product_id").collect()
    assert block.members.tolist() == rows["product_id"].to_list()
    assert block.columns["lines"].tolist() == rows["lines"].to_list()
    categories = ready.reader.block("household_category", (1,)).members
    assert categories.tolist() == sorted(categories.tolist())


@pytest.mark.covers("F4")
def test_text_candidates_are_found(ready: Any) -> None:
    block = ready.reader.block("household_category", (1,))
    asked = np.array(["no such", *block.members.tolist()[::-1]])
    names, query = ("household_category.value",), {"household_id": 1}
    answer = ready.reader.matrix(names, query, asked, "category", START)
    assert np.isnan(answer.values[0, 0])
    np.testing.assert_array_equal(answer.values[1:, 0], block.columns["value"][::-1])
    wrong_kind = ready.reader.matrix(
        ("household_category.value",), {"household_id": 1}, np.array([1]), "category", START
    )
    assert wrong_kind.statuses["missing"] == 1


def test_caches_stay_within_their_limits(ready: Any) -> None:
    small = FeatureReader(ready.online, ready.views, {}, max_cached_blocks=3)
    names = ("product.value", "household.lines")
    full, moment = ready.reader, START + timedelta(hours=1)
    for household in (1, 2, 3, 4, 5, 1):
        for candidates in (np.array([1, 2]), np.array([3, 4]), np.array([2, 3, 5])):
            arguments = (names, {"household_id": household}, candidates, "product_id", moment)
            np.testing.assert_array_equal(small.matrix(*arguments).values, full.matrix(*arguments).values)


def test_a_column_that_left_the_view_is_nan(ready: Any) -> None:
    names = ("household.gone", "household.lines")
    answer = ready.reader.matrix(names, {"household_id": 1}, None, None, START)
    assert np.isnan(answer.values).tolist() == [[True, False]]


@pytest.mark.covers("N3")
def test_requests_that_cannot_be_answered_are_refused(ready: Any) -> None:
    reader = ready.reader
    with pytest.raises(InputError, match="lacks 'household_id', which feature view household needs"):
        reader.matrix(("household.lines",), {"category": "BEEF"}, None, None, START)
    with pytest.raises(InputError, match="lacks 'product_id'"):
        reader.matrix(("household_product.lines",), {"household_id": 1}, None, None, START)
    with pytest.raises(InputError, match=r"1\.5 cannot name an entity"):
        reader.matrix(("household.lines",), {"household_id": 1.5}, None, None, START)
    with pytest.raises(DeclarationError, match="not the name of a feature"):
        reader.matrix(("household",), {"household_id": 1}, None, None, START)

    @feature_view(entity=("product_id", "shop"), lookback="1d", time_to_live="1d", owner="o")
    def backwards(lines: pl.LazyFrame) -> pl.LazyFrame:
        return lines

    with pytest.raises(DeclarationError, match="candidates are product_id"):
        FeatureReader(ready.online, {"backwards": backwards}, {}).matrix(
            ("backwards.x",), {"shop": 1}, np.array([1]), "product_id", START
        )


@pytest.mark.covers("F2", "F4")
def test_both_paths_agree_on_the_first_and_the_last_instant_of_a_snapshot(world: Any) -> None:
    tick = timedelta(microseconds=1)
    edges = [START - tick, START, START + DAY - tick, START + DAY]
    rows = world.lake.scan("lines").filter(pl.col("household_id") == 1).collect().head(4)
    world.lake.append("lines", rows.with_columns(pl.Series("sold_at", edges, rows.schema["sold_at"])), key="edges")
    world.materialise(START)
    world.publish(START)
    window = Window(START - DAY, START + 2 * DAY)
    made = world.build(columns=["household.lines"], window=window, known_at=window.end_at + DAY)
    trained = made.frame.filter((pl.col("household_id") == 1) & pl.col("asked_at").is_in(edges))
    known = [
        not np.isnan(world.reader.matrix(("household.lines",), {"household_id": 1}, None, None, edge).values[0, 0])
        for edge in edges
    ]
    assert known == [False, True, True, False]
    by_edge = trained.group_by("asked_at").agg(pl.col("household.lines").is_not_nan().all()).sort("asked_at")
    # At the first edge not even the candidates are known.
    assert dict(by_edge.iter_rows()) == dict(zip(edges[1:], known[1:], strict=True))
