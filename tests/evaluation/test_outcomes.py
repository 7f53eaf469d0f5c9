"""Live quality: logged answers meet what was right."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from steek.evaluation import OUTCOMES, Baseline, sliced_by
from steek.kernel import Window
from steek.kernel.records import canonical_json
from steek.models import ModelDefinition

Define = Callable[..., ModelDefinition]
MakeWorld = Callable[..., Any]

POPULARITY = Baseline("popular, by lines", lambda _: pl.col("aisle_product.lines"))


def predictions(rows: list[dict[str, Any]], model: str) -> pl.DataFrame:
    full = [
        {
            "request_id": f"r{number}",
            "model": model,
            "version": 3,
            "member": None,
            "route": "primary",
            "fallback": None,
            "candidates": 10,
        }
        | row
        for number, row in enumerate(rows)
    ]
    schema = {
        "request_id": pl.String,
        "at": pl.Datetime("us", "UTC"),
        "model": pl.String,
        "version": pl.Int64,
        "member": pl.String,
        "route": pl.String,
        "fallback": pl.String,
        "entity": pl.String,
        "candidates": pl.Int64,
        "answers": pl.List(pl.Int64),
        "scores": pl.List(pl.Float64),
    }
    return pl.DataFrame(full, schema=schema)


def day_of(world: Any, start_at: datetime) -> tuple[Window, pl.DataFrame]:
    window = Window(start_at, start_at + timedelta(hours=1))
    inside = pl.col("sold_at").is_between(window.start_at, window.end_at, closed="left")
    return window, world.lake.scan("sales").filter(inside).sort("sold_at").collect()


@pytest.fixture
def start_at(make_world: MakeWorld) -> datetime:
    return make_world().clock.now() - timedelta(days=1)


@pytest.mark.covers("S7", "O4")
def test_answers_meet_what_was_bought_with_baselines_on_the_same_queries(
    make_world: MakeWorld, define_ranking: Define, start_at: datetime
) -> None:
    world = make_world(define_ranking(baselines=[POPULARITY], evaluations=[sliced_by("half")]))
    window, sales = day_of(world, start_at)
    asked: list[dict[str, Any]] = []
    for number, (shop, aisle, product, at) in enumerate(sales.select("shop", "aisle", "product_id", "sold_at").rows()):
        # Every third answer has the right one second, every third has it seventh, every third not at all.
        others = [other for other in range(1, 21) if other != product]
        place = (1, 6, None)[number % 3]
        answers = others[:9] if place is None else [*others[:place], product, *others[place : place + 3]]
        entity = canonical_json({"shop": shop, "aisle": aisle})
        asked.append({"at": at, "entity": entity, "answers": answers, "scores": [0.1] * len(answers)})
    unknown = {
        "at": start_at,
        "entity": canonical_json({"shop": 99, "aisle": "fruit"}),
        "answers": [1],
        "scores": [0.5],
    }
    by_feature = asked[0] | {"version": None, "route": "fallback", "fallback": "feature:x.y"}
    world.lake.append("predictions", predictions([*asked, unknown, by_feature], "search_ranking"), key="p")

    joined = world.outcomes.join("search_ranking", window, key="night-1")
    assert (joined.predictions, joined.matched) == (len(asked) + 2, len(asked) + 1)
    rows = world.lake.scan(OUTCOMES).collect().sort("moment", "request_id")
    first = rows.filter(pl.col("request_id").str.slice(1).cast(pl.Int64) < len(asked))
    number = first["request_id"].str.slice(1).cast(pl.Int64) % 3
    assert first["hit"].to_list() == [one == 0 for one in number]
    assert first["observed"].to_list() == [float(one < 2) for one in number]
    assert first.filter(number == 0)["expected"].to_list() == pytest.approx([0.5] * (number == 0).sum())
    assert first["half"].unique().to_list() == ["morning"]
    fallen = rows.filter(pl.col("fallback") == "feature:x.y")
    assert (fallen["hit"].item(), fallen["expected"].item()) == (True, None)
    midnight = start_at
    seen = world.lake.scan("sales").filter(pl.col("sold_at") < midnight).collect()
    popular = {
        aisle: part.group_by("product_id")
        .len()
        .sort(["len", "product_id"], descending=[True, False])["product_id"]
        .head(5)
        for (aisle,), part in seen.group_by("aisle")
    }
    expected = [product in popular[aisle] for aisle, product in sales.select("aisle", "product_id").iter_rows()]
    assert first.sort("moment")["baseline_popular_by_lines"].to_list() == expected
    (event,) = world.ledger.events(kinds=["outcomes.joined"])
    assert event.payload["matched"] == joined.matched


@pytest.mark.covers("S7", "T8")
def test_numbers_meet_numbers(make_world: MakeWorld, define_fleet: Define, start_at: datetime) -> None:
    world = make_world(define_fleet(baselines=[Baseline("two", lambda _: pl.lit(2.0))]))
    window, sales = day_of(world, start_at)
    asked = [
        {
            "at": at,
            "entity": canonical_json({"partner_id": partner}),
            "member": str(partner),
            "answers": [],
            "scores": [1.5],
        }
        for partner, at in sales.select("partner_id", "sold_at").iter_rows()
    ]
    world.lake.append("predictions", predictions(asked, "partner_demand"), key="p")
    world.outcomes.join("partner_demand", window, key="night-1")
    rows = world.lake.scan(OUTCOMES).sort("moment").collect()
    assert rows["observed"].to_list() == sales["units"].cast(pl.Float64).to_list()
    assert rows["expected"].to_list() == [1.5] * len(asked)
    assert rows["baseline_two_squared_error"].to_list() == ((sales["units"] - 2.0) ** 2).to_list()
    assert rows["hit"].null_count() == len(asked)


@pytest.mark.covers("T2", "S7")
def test_a_join_is_made_once_and_models_share_the_table(
    make_world: MakeWorld, define_ranking: Define, define_fleet: Define, start_at: datetime
) -> None:
    world = make_world(define_ranking(), define_fleet())
    window, sales = day_of(world, start_at)
    shop, aisle, partner, at = sales.select("shop", "aisle", "partner_id", "sold_at").row(0)
    entity = canonical_json({"shop": shop, "aisle": aisle})
    one = {"at": at, "entity": entity, "answers": [1], "scores": [0.5]}
    world.lake.append("predictions", predictions([one], "search_ranking"), key="p1")
    other = {"at": at, "entity": canonical_json({"partner_id": partner}), "answers": [], "scores": [2.0]}
    world.lake.append("predictions", predictions([other], "partner_demand"), key="p2")
    first = world.outcomes.join("search_ranking", window, key="night-1/search")
    world.outcomes.join("partner_demand", window, key="night-1/partner")
    count = world.ledger.count()
    assert world.outcomes.join("search_ranking", window, key="night-1/search") == first
    assert (world.lake.scan(OUTCOMES).collect().height, world.ledger.count()) == (2, count)


@pytest.mark.covers("N3")
def test_a_day_without_predictions_is_an_empty_join(
    make_world: MakeWorld, define_ranking: Define, start_at: datetime
) -> None:
    world = make_world(define_ranking())
    joined = world.outcomes.join("search_ranking", Window(start_at, start_at + timedelta(days=1)), key="night-1")
    assert (joined.predictions, joined.matched, joined.table_version) == (0, 0, None)
