"""What each indicator measures, on the rooms it reads."""

from datetime import timedelta
from math import isclose, nan

import msgspec
import polars as pl
import pytest
from sqlalchemy import insert
from tests.monitoring.conftest import day
from tests.monitoring.shop import MODEL, Shop

from steek.evaluation import OUTCOMES
from steek.kernel import Window
from steek.kernel.errors import ConflictError, DeclarationError, InputError, NotFoundError, UserCodeError
from steek.monitoring import (
    IndicatorSpec,
    Monitor,
    OutsideSeries,
    SeriesValue,
    calibration_error,
    canary_share,
    candidate_unavailable_share,
    expected_vs_observed,
    fallback_share,
    freshness,
    golden_age,
    golden_change,
    indicator,
    join_against_expected,
    join_matched,
    latency,
    learned,
    new_slices,
    outside_series,
    prediction_mean,
    prediction_statistic,
    queue_age,
    recommendations_per_page,
    training_backlog,
    training_rate,
    vanished_slices,
)
from steek.monitoring.indicators.registry import INDICATORS, indicator_of
from steek.monitoring.judgement import Measurement
from steek.serving import PREDICTIONS, PredictionRecord
from steek.serving.prediction_record import to_frame
from steek.serving.tables import serving_replicas


def measure(shop: Shop, spec: IndicatorSpec, window: Window) -> dict[str | None, Measurement]:
    return {one.slice: one for one in indicator_of(spec).measure(shop.readable, spec, window)}


def value(shop: Shop, spec: IndicatorSpec, window: Window) -> float | None:
    return measure(shop, spec, window)[None].value


def answered(shop: Shop, window: Window, rows: list[dict[str, object]]) -> None:
    """Log answers that differ from a plain one as said."""
    plain = PredictionRecord(
        request_id="",
        at=window.start_at,
        logged_at=window.end_at,
        model=MODEL,
        version=1,
        member=None,
        route="primary",
        fallback=None,
        fallback_reason=None,
        latency_ms=1.0,
        entity="{}",
        candidates=3,
        answers=[1, 2],
        scores=[0.5, 0.25],
        score_sum=0.75,
        score_mean=0.375,
        features=[1.0],
        feature_as_of=window.start_at,
    )
    records = [
        msgspec.structs.replace(plain, request_id=f"{window.start_at}/{at}", **row) for at, row in enumerate(rows)
    ]
    shop.sources.lake.append(PREDICTIONS, to_frame(records), key=f"told {window.start_at}")


@pytest.mark.covers("O4", "S5", "X1")
def test_answers_are_told_by_statistic_and_by_what_was_asked_about(shop: Shop) -> None:
    scores = [(1.0, "north"), (3.0, "north"), (0.0, "south"), (nan, "south")]
    rows: list[dict[str, object]] = [
        {"scores": [score], "score_mean": score, "entity": f'{{"shop": "{place}"}}', "latency_ms": 10.0 * (at + 1)}
        for at, (score, place) in enumerate(scores)
    ]
    answered(shop, day(0), [*rows, {"fallback": "heuristic", "route": "fallback", "latency_ms": 900.0}])
    told = {name: prediction_statistic(MODEL, name) for name in ("zero share", "non-finite share", "maximum")}
    assert {name: value(shop, spec, day(0)) for name, spec in told.items()} == {
        "zero share": 0.25,
        "non-finite share": 0.25,
        "maximum": 3.0,
    }
    assert indicator_of(told["zero share"]).unit_words == "fraction"
    means = measure(shop, prediction_statistic(MODEL, "mean", by="shop"), day(0))
    assert {name: one.value for name, one in means.items()} == {"shop=north": 2.0, "shop=south": 0.0, "shop=None": None}
    assert value(shop, latency(MODEL, 0.5), day(0)) == 30.0
    assert value(shop, latency(MODEL), day(0)) == 900.0
    assert measure(shop, fallback_share(MODEL, by="route"), day(0))["route=fallback"].value == 1.0
    with pytest.raises(InputError, match="are about no warehouse"):
        measure(shop, prediction_mean(MODEL, by="warehouse"), day(0))
    with pytest.raises(DeclarationError, match="is asked for 'median'; allowed: mean"):
        prediction_statistic(MODEL, "median")


@pytest.mark.covers("O4", "S3", "X3")
def test_pages_canaries_and_requests_without_candidates(shop: Shop) -> None:
    nothing: dict[str, object] = {"candidates": 0, "answers": [], "scores": [], "score_mean": None}
    answered(shop, day(0), [{}, {"route": "candidate"}, nothing, {"answers": [1, 2, 3, 4], "scores": [0.1] * 4}])
    assert value(shop, recommendations_per_page(MODEL), day(0)) == 2.0
    assert value(shop, candidate_unavailable_share(MODEL), day(0)) == 0.25
    assert value(shop, canary_share(MODEL), day(0)) == 0.25
    assert value(shop, prediction_statistic(MODEL, "spread within an answer"), day(0)) is not None
    assert value(shop, prediction_statistic(MODEL, "commonest share"), day(0)) == 1.0


@pytest.mark.covers("O3")
def test_slices_that_are_gone_and_that_are_new_are_named(shop: Shop) -> None:
    gone, new = vanished_slices("lines", "store_id"), new_slices("lines", "store_id")
    for number in range(4):
        shop.sell(day(number), {1: 5, 2: 5, 3: 5, 4: 1 if number == 0 else 0})
    assert value(shop, gone, day(1)) is None
    shop.sell(day(4), {1: 5, 9: 2})
    found = measure(shop, gone, day(4))[None]
    assert (found.value, found.evidence["gone"]) == (2 / 3, ["2", "3"])
    fresh = measure(shop, new, day(4))[None]
    assert (fresh.value, fresh.evidence["new"]) == (1.0, ["9"])


@pytest.mark.covers("D8", "O10", "X2")
def test_joins_are_told_against_what_is_usual_and_summed_over_days(shop: Shop) -> None:
    against = join_against_expected("maker_lines")
    shop.stock(0, count=8)
    for number in range(4):
        shop.sell(day(number), {1: 100})
        assert shop.derive(day(number), key=f"d{number}")
    shop.stock(0, count=4)
    shop.sell(day(4), {1: 100})
    assert shop.derive(day(4), key="d4")
    assert measure(shop, against, day(0))["join=lines x products"].value is None
    assert measure(shop, against, day(4))["join=lines x products"].value == 0.5
    week = Window(day(0).start_at, day(4).end_at)
    found = measure(shop, join_matched("maker_lines"), week)["join=lines x products"]
    assert (found.value, found.rows) == (3.6 / 5, 500)


@pytest.mark.covers("O1", "X1")
def test_freshness_is_wall_and_data_age_of_data_models_and_replicas(shop: Shop) -> None:
    assert value(shop, freshness("dataset:lines", "wall"), day(0)) is None
    shop.clock.set(day(0).end_at)
    shop.sell(day(0), {1: 4})
    shop.deploy(shop.train(day(0)))
    shop.clock.set(day(0).end_at + timedelta(hours=5))
    assert value(shop, freshness("dataset:lines", "wall"), day(0)) == 5.0
    assert value(shop, freshness("dataset:lines", "data"), day(0)) == 11.0
    assert value(shop, freshness(f"model:{MODEL}", "wall"), day(0)) == 5.0
    with shop.database.transaction() as connection:
        for at, (name, version, silent) in enumerate((("a:1", 1, 1), ("b:1", None, 1), ("c:1", 1, 600))):
            row = {"replica": name, "model": MODEL, "version": version, "epoch": at}
            times = {
                "trained_at": day(0).end_at if version else None,
                "data_until": day(0).start_at if version else None,
            }
            seen_at = shop.clock.now() - timedelta(seconds=silent)
            connection.execute(insert(serving_replicas).values(**row, **times, seen_at=seen_at))
    per = freshness(f"model:{MODEL}", "data", per_replica=True)
    assert {name: one.value for name, one in measure(shop, per, day(0)).items()} == {"replica=a:1": 29.0}
    with pytest.raises(DeclarationError, match=r"freshness\('dataset:lines', 'age'"):
        freshness("dataset:lines", "age")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    with pytest.raises(InputError, match="has no event time"):
        measure(shop, freshness("dataset:products", "data"), day(0))


@pytest.mark.covers("T5", "O10", "X1")
def test_training_has_a_rate_and_a_backlog_by_age(shop: Shop) -> None:
    trained = shop.train(day(0))
    assert value(shop, training_rate(MODEL), day(0)) is None
    assert trained.rows == 100
    for number in range(1, 10):
        shop.sell(day(number), {1: 10})
    found = measure(shop, training_backlog(MODEL, "lines"), day(9))
    assert found[None].value == 90
    by_age = {name: one.value for name, one in found.items() if name}
    assert by_age == {"age=under 1 day": 10, "age=1 to 2 days": 10, "age=2 to 7 days": 50, "age=over 7 days": 20}
    assert {one.value for one in measure(shop, queue_age("commits"), day(0)).values()} == {0.0}
    with pytest.raises(DeclarationError, match="queue_age is asked of 'lunch'"):
        queue_age("lunch")


@pytest.mark.covers("Q5", "X1")
def test_golden_change_is_told_per_age_of_the_set(shop: Shop) -> None:
    trained = shop.train(day(0))
    shop.measure_golden(trained, 0.12, key="g")
    # Pinned on 2017-09-25.
    shop.clock.set(day(31).start_at)
    found = measure(shop, golden_change(MODEL, per_age=True), day(30))
    assert {name: one.value for name, one in found.items()} == {"golden_age=7 to 30 days": 0.12}
    age = measure(shop, golden_age(MODEL), day(30))[None]
    assert age.value == (day(31).start_at - day(21).start_at).total_seconds() / 3600 + 6


@pytest.mark.covers("O4", "Q2")
def test_calibration_sees_what_cancels_out_in_the_sums(shop: Shop) -> None:
    low, high = [(1, True, 1.0, 2.0)] * 20, [(1, True, 3.0, 2.0)] * 20
    shop.learn_outcomes(day(0), [*low, *high])
    assert value(shop, expected_vs_observed(MODEL), day(0)) == 1.0
    found = value(shop, calibration_error(MODEL), day(0))
    assert found is not None
    assert isclose(found, 0.5)
    assert measure(shop, calibration_error(MODEL, by="store_id"), day(0))["store_id=1"].rows == 40


@pytest.mark.covers("O5", "N3")
def test_an_indicator_of_ones_own_is_an_expression_with_its_cause_of_failure(shop: Shop) -> None:
    shop.sell(day(0), {1: 30, 2: 10})
    share = indicator("odd", of="lines", value=(pl.col("product_id") % 2 == 1).mean(), kind="share", by="store_id")
    found = measure(shop, share, day(0))
    assert {name: one.value for name, one in found.items()} == {"store_id=1": 0.5, "store_id=2": 0.5}
    counted = indicator(
        "two", of="lines", value=pl.col("store_id").count(), kind="count", where=pl.col("store_id") == 2
    )
    assert value(shop, counted, day(0)) == 10
    assert value(shop, counted, day(5)) == 0
    same = indicator("odd", of="lines", value=(pl.col("product_id") % 2 == 1).mean(), kind="share", by="store_id")
    assert share.parameters["hash"] == same.parameters["hash"] != counted.parameters["hash"]
    broken = indicator("b", of="lines", value=pl.col("store_id").str.to_datetime().max(), kind="hours")
    with pytest.raises(UserCodeError, match="indicator 'b' raised") as raised:
        measure(shop, broken, day(0))
    assert isinstance(raised.value.__cause__, pl.exceptions.PolarsError)
    with pytest.raises(InputError, match="lines have no column colour; there are: "):
        measure(shop, indicator("c", of="lines", value=pl.col("colour").max(), kind="amount"), day(0))
    with pytest.raises(InputError, match="gives a value for each row"):
        measure(shop, indicator("r", of="lines", value=pl.col("store_id"), kind="amount"), day(0))
    with pytest.raises(DeclarationError, match="is computed from no column"):
        indicator("n", of="lines", value=pl.lit(1), kind="amount")
    with pytest.raises(DeclarationError, match="allowed: count, share"):
        indicator("k", of="lines", value=pl.col("a"), kind="percent")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


REVENUE = outside_series("revenue", unit="USD", by="category")


def revenue(shop: Shop) -> OutsideSeries:
    monitor = Monitor("revenue", indicator=REVENUE, threshold=learned(), on="lines", owner="shop@grocer")
    return OutsideSeries(shop.database, shop.ledger, shop.clock, {"revenue": monitor})


def at_hour(hour: int, amount: float, category: str = "MILK") -> SeriesValue:
    return SeriesValue(day(0).start_at + timedelta(hours=hour), amount, {"category": category})


@pytest.mark.covers("O5", "D2", "N3")
def test_series_from_outside_are_fed_once_and_later_values_replace(shop: Shop) -> None:
    series = revenue(shop)
    first = series.feed("revenue", [at_hour(1, 10.0), at_hour(2, 5.0), at_hour(1, 7.0, "BREAD")], key="a", actor="till")
    assert (first.values, first.replaced) == (3, 0)
    assert (
        series.feed("revenue", [at_hour(1, 7.0, "BREAD"), at_hour(2, 5.0), at_hour(1, 10.0)], key="a", actor="t")
        == first
    )
    late = series.feed("revenue", [at_hour(1, 12.0), at_hour(0, 1.0)], key="b", actor="till")
    assert (late.values, late.replaced) == (2, 1)
    found = measure(shop, REVENUE, day(0))
    assert {name: one.value for name, one in found.items()} == {
        None: 25.0,
        "category=MILK": 18.0,
        "category=BREAD": 7.0,
    }
    assert indicator_of(REVENUE).unit_words == "USD"
    assert series.latest() == {"revenue": day(0).start_at + timedelta(hours=2)}
    assert [event.payload["replaced"] for event in shop.ledger.events(kinds=["series.fed"])] == [0, 1]
    with pytest.raises(ConflictError, match="key 'a' was used for other values"):
        series.feed("revenue", [at_hour(1, 1.0)], key="a", actor="till")
    with pytest.raises(NotFoundError, match="no series named 'revenu'"):
        series.feed("revenu", [], key="c", actor="till")
    with pytest.raises(InputError, match="told apart by nothing; declared is category"):
        series.feed("revenue", [SeriesValue(day(0).start_at, 1.0)], key="d", actor="till")
    with pytest.raises(InputError, match="value 1 of series 'revenue' is nan"):
        series.feed("revenue", [at_hour(1, nan)], key="e", actor="till")


def test_every_indicator_has_a_kind_a_unit_and_a_place_in_the_night() -> None:
    assert {one.side for one in INDICATORS.values()} == {"data", "models"}
    assert all(isinstance(one.unit_words, str) for one in INDICATORS.values())
    late = indicator("a", of=OUTCOMES, value=pl.col("hit").mean(), kind="share")
    assert indicator_of(late).side == "models"
