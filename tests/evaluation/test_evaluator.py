"""Evaluation on the real lake: held-out rows, rivals on the same rows, slices, golden sets, repeatability."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from steek.evaluation import Baseline, Evaluation, golden, held_out_by_time, sliced_by
from steek.kernel import Window
from steek.kernel.errors import DeclarationError, NotFoundError, UserCodeError
from steek.models import ModelDefinition

Define = Callable[..., ModelDefinition]
MakeWorld = Callable[..., Any]

POPULARITY = Baseline("popularity", lambda _: pl.col("aisle_product.lines"))


def figure(
    found: list[Evaluation], metric: str, distribution: str = "held-out 1d", slice: str | None = None
) -> Evaluation:
    return next(one for one in found if (one.metric, one.distribution, one.slice) == (metric, distribution, slice))


@pytest.mark.covers("Q1", "Q2")
def test_held_out_rows_are_those_after_training_and_figures_agree_with_a_plain_calculation(
    make_world: MakeWorld, define_ranking: Define
) -> None:
    world = make_world(define_ranking(evaluations=[held_out_by_time("1d")]))
    trained = world.add((1.0, 0.0))
    found = figure(world.evaluator.evaluate(trained, key="night-1"), "hit_rate_at_5")
    assert found.window == Window(trained.window.end_at, trained.window.end_at + timedelta(days=1))
    assert found.window.start_at >= trained.window.end_at
    sales = world.lake.scan("sales").collect()
    day = sales.filter(pl.col("sold_at").is_between(found.window.start_at, found.window.end_at, closed="left"))
    # Snapshots are of midnight; in each, the five products sold most by then are first.
    hits = 0
    for sold_at, aisle, product in day.select("sold_at", "aisle", "product_id").iter_rows():
        midnight = sold_at.replace(hour=0, minute=0, second=0, microsecond=0)
        seen = pl.col("sold_at").is_between(midnight - timedelta(days=7), midnight, closed="left")
        counts = sales.filter(seen & (pl.col("aisle") == aisle)).group_by("product_id").len()
        hits += product in counts.sort(["len", "product_id"], descending=[True, False])["product_id"].head(5).to_list()
    assert found.rows == day.height == 800
    assert found.value == pytest.approx(hits / day.height)
    assert found.low is not None
    assert found.high is not None
    assert found.low < hits / day.height < found.high


@pytest.mark.covers("Q8", "Q1")
def test_baselines_and_the_other_version_stand_on_the_same_rows(make_world: MakeWorld, define_ranking: Define) -> None:
    world = make_world(define_ranking(evaluations=[held_out_by_time("1d")], baselines=[POPULARITY]))
    popular, unpopular = world.add((1.0, 0.0)), world.add((-1.0, 0.0))
    world.evaluator.evaluate(unpopular, key="night-1", against=popular.version)
    found = {
        one.other: one for one in world.evaluator.comparisons("search_ranking", 2) if one.metric == "hit_rate_at_5"
    }
    assert set(found) == {"baseline:popularity", popular.urn}
    against = found[popular.urn]
    # Version 1 orders exactly as the baseline does, so both comparisons give the same numbers.
    assert found["baseline:popularity"] == replace(against, other="baseline:popularity")
    assert against.value is not None
    assert against.other_value is not None
    assert against.difference == pytest.approx(against.value - against.other_value)
    assert against.high is not None
    assert against.high < -0.3
    assert world.evaluator.compared_with("search_ranking", 2) == 1


@pytest.mark.covers("Q8")
def test_a_rival_that_learned_from_the_rows_is_not_compared(make_world: MakeWorld, define_ranking: Define) -> None:
    world = make_world(define_ranking(evaluations=[held_out_by_time("1d")]))
    later = world.add((1.0, 0.0))
    earlier_end = later.window.end_at - timedelta(hours=5)
    earlier = world.add((0.5, 0.0), window=Window(later.window.start_at, earlier_end))
    world.evaluator.evaluate(earlier, key="night-1", against=later.version)
    assert world.evaluator.comparisons("search_ranking", earlier.version) == []


@pytest.mark.covers("Q1", "Q3")
def test_slices_add_up_to_the_whole_and_too_fine_ones_say_so(make_world: MakeWorld, define_ranking: Define) -> None:
    world = make_world(
        define_ranking(evaluations=[held_out_by_time("1d", fraction=0.12), sliced_by("shop", "aisle", "half")])
    )
    found = world.evaluator.evaluate(world.add((1.0, 0.0)), key="night-1")
    whole = figure(found, "hit_rate_at_5")
    assert 60 < whole.rows < 130
    for column in ("shop", "aisle", "half"):
        slices = [one for one in found if (one.slice or "").startswith(column)]
        assert sum(one.rows for one in slices) == whole.rows
        hits = sum(round((one.value or 0) * one.rows) for one in slices)
        assert hits == round((whole.value or 0) * whole.rows)
    fine = [one.slice for one in found if "values with fewer than 30 rows" in (one.slice or "")]
    judged = [one for one in found if (one.slice or "").startswith("shop=")]
    assert fine
    assert all(one.rows >= 30 for one in judged)


@pytest.mark.covers("Q5", "Q1")
def test_a_golden_set_is_pinned_once_with_its_features_and_change_is_measured(
    make_world: MakeWorld, define_ranking: Define
) -> None:
    world = make_world(define_ranking(evaluations=[golden("2017-09-22", queries=50)]))
    first, same, reverse = world.add((1.0, 0.0)), world.add((2.0, 0.0)), world.add((-1.0, 0.0))
    name = "golden 2017-09-22"
    assert all(one.metric != "golden_change" for one in world.evaluator.evaluate(first, key="night-1"))
    unchanged = figure(world.evaluator.evaluate(same, key="night-2"), "golden_change", name)
    assert (unchanged.value, unchanged.rows, unchanged.reference) == (0.0, 50, first.urn)
    # Ten answers of at most ten candidates are always the same set, so only shorter answers can change.
    assert figure(world.evaluator.evaluations("search_ranking", 1), "hit_rate_at_5", name).rows == 50
    pinned = world.golden.pinned(world.definitions["search_ranking"], actor="test")[0].frame
    late = world.lake.scan("sales").collect().with_columns(pl.col("sold_at") - pl.duration(days=3))
    world.lake.append("sales", late, key="late rows")
    assert world.golden.pinned(world.definitions["search_ranking"], actor="test")[0].frame.equals(pinned)
    world.evaluator.evaluate(reverse, key="night-3", against=first.version)
    assert figure(world.evaluator.evaluations("search_ranking", 3), "golden_change", name).reference == first.urn
    assert len(world.ledger.events(kinds=["golden.pinned"])) == 1


@pytest.mark.covers("Q5")
def test_golden_answers_that_turn_round_are_a_large_change(make_world: MakeWorld, define_ranking: Define) -> None:
    definition = define_ranking(evaluations=[golden("2017-09-22", queries=50)])
    definition = replace(definition, serving=replace(definition.serving, top=5))
    world = make_world(definition)
    world.evaluator.evaluate(world.add((1.0, 0.0)), key="night-1")
    changed = figure(
        world.evaluator.evaluate(world.add((-1.0, 0.0)), key="night-2"), "golden_change", "golden 2017-09-22"
    )
    # The first five of ten and the last five of ten have nothing in common.
    assert changed.value == pytest.approx(1.0, abs=0.1)


@pytest.mark.covers("Q5")
def test_a_golden_set_of_the_future_waits(make_world: MakeWorld, define_ranking: Define) -> None:
    world = make_world(define_ranking(evaluations=[golden("2017-12-01")]))
    assert world.evaluator.evaluate(world.add((1.0, 0.0)), key="night-1") == []
    assert world.ledger.events(kinds=["golden.pinned"]) == []


@pytest.mark.covers("T8", "Q2")
def test_a_fleet_answers_with_each_members_own_model_and_counts_who_has_none(
    make_world: MakeWorld, define_fleet: Define
) -> None:
    world = make_world(define_fleet(evaluations=[held_out_by_time("1d"), sliced_by("partner_id")]))
    trained = world.add_fleet({"0": 1.0, "1": 2.0, "2": 3.0})
    found = world.evaluator.evaluate(trained, key="night-1")
    window = figure(found, "mae").window
    inside = pl.col("sold_at").is_between(window.start_at, window.end_at, closed="left")
    sales = world.lake.scan("sales").filter(inside).collect()
    missing = figure(found, "unanswered")
    assert missing.value == pytest.approx((sales["partner_id"] == 3).mean())
    known = sales.filter(pl.col("partner_id") < 3)
    errors = (known["units"] - known["partner_id"] - 1).abs()
    assert figure(found, "mae").value == pytest.approx(errors.mean())
    assert figure(found, "mae", slice="partner_id=1").value == pytest.approx(
        (known.filter(pl.col("partner_id") == 1)["units"] - 2).abs().mean()
    )
    assert figure(found, "expected_to_observed").value == pytest.approx(
        (known["partner_id"] + 1).sum() / known["units"].sum()
    )


@pytest.mark.covers("Q2")
def test_calibration_of_probabilities_is_kept_for_the_plot(make_world: MakeWorld, define_ranking: Define) -> None:
    world = make_world(define_ranking(evaluations=[held_out_by_time("1d")]))
    trained = world.add((0.0, 0.0), data=world.constant(0.1))
    world.evaluator.evaluate(trained, key="night-1")
    (row,) = world.evaluator.calibration("search_ranking", 1)
    # Ten candidates, one right: a constant 0.1 is calibrated.
    assert (row.predicted, row.rows) == (pytest.approx(0.1), 8000)
    assert row.observed == pytest.approx(0.1)


@pytest.mark.covers("N3", "T2")
def test_the_same_key_measures_nothing_twice_and_writes_no_second_event(
    make_world: MakeWorld, define_ranking: Define
) -> None:
    world = make_world(define_ranking(evaluations=[held_out_by_time("1d"), golden("2017-09-22", queries=20)]))
    trained = world.add((1.0, 0.0))
    first = world.evaluator.evaluate(trained, key="night-1")
    count = world.ledger.count()
    world.artifacts.rename(world.artifacts.with_name("gone"))
    assert world.evaluator.evaluate(trained, key="night-1") == first
    assert world.ledger.count() == count
    (event,) = world.ledger.events(kinds=["model.evaluated"])
    assert event.subject == trained.urn
    assert event.payload["figures"]["held-out 1d"]["hit_rate_at_5"] == figure(first, "hit_rate_at_5").value


@pytest.mark.covers("N3")
def test_what_does_not_exist_is_named(make_world: MakeWorld, define_ranking: Define) -> None:
    wrong = Baseline("wrong", lambda _: pl.col("aisle_product.line"))
    world = make_world(define_ranking(evaluations=[held_out_by_time("1d")], baselines=[wrong]))
    with pytest.raises(UserCodeError, match="baseline wrong of search_ranking"):
        world.evaluator.evaluate(world.add((1.0, 0.0)), key="night-1")
    world = make_world(define_ranking(evaluations=[held_out_by_time("1d"), sliced_by("shopp")]))
    with pytest.raises((DeclarationError, NotFoundError), match="shopp"):
        world.evaluator.evaluate(world.add((1.0, 0.0)), key="night-2")
