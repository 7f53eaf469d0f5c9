from datetime import timedelta
from math import isclose

import pytest
from tests.monitoring.conftest import day
from tests.monitoring.shop import MODEL, Shop

from steek.kernel import Window
from steek.kernel.errors import InputError
from steek.monitoring import (
    IndicatorSpec,
    data_age,
    expected_vs_observed,
    fallback_share,
    golden_change,
    join_matched,
    model_age,
    outcome_hit_rate,
    prediction_mean,
    volume,
)
from steek.monitoring.indicators import INDICATORS
from steek.monitoring.judgement import Measurement


def measure(shop: Shop, spec: IndicatorSpec, window: Window) -> list[Measurement]:
    return INDICATORS[spec.name].measure(shop.sources, spec, window)


def only(shop: Shop, spec: IndicatorSpec, window: Window) -> Measurement:
    (measurement,) = measure(shop, spec, window)
    return measurement


@pytest.mark.covers("O3")
def test_volume_counts_the_window_by_event_time_in_all_and_by_slice(shop: Shop) -> None:
    shop.sell(day(0), {1: 30, 2: 12})
    shop.sell(day(1), {1: 7})
    assert only(shop, volume("lines"), day(0)).value == 42
    assert only(shop, volume("lines"), day(2)).value == 0
    sliced = measure(shop, volume("lines", by="store_id"), day(0))
    assert [(one.slice, one.value, one.rows) for one in sliced] == [("store_id=1", 30, 30), ("store_id=2", 12, 12)]
    assert measure(shop, volume("lines", by="store_id"), day(2)) == []


@pytest.mark.covers("D8", "O10")
def test_joins_give_the_matched_share_of_the_latest_run_and_say_when_nothing_matched(shop: Shop) -> None:
    shop.stock(0, count=8)
    shop.sell(day(0), {1: 100})
    assert measure(shop, join_matched("maker_lines"), day(0)) == []
    assert shop.derive(day(0), key="first")
    matched = only(shop, join_matched("maker_lines"), day(0))
    assert (matched.slice, matched.value, matched.rows) == ("join=lines x products", 0.8, 100)
    shop.stock(5000)
    assert not shop.derive(day(0), key="after the keys changed")
    nothing = only(shop, join_matched("maker_lines"), day(0))
    assert (nothing.value, nothing.broken_because) == (0.0, "none of 100 rows matched")
    assert nothing.evidence["unmatched_rows"] == 100


@pytest.mark.covers("O1")
def test_ages_are_two_numbers_of_the_model_in_use(shop: Shop) -> None:
    assert only(shop, model_age(MODEL), day(0)).value is None
    shop.clock.set(day(0).end_at + timedelta(hours=3))
    shop.deploy(shop.train(day(0)))
    shop.clock.set(day(1).end_at + timedelta(hours=3))
    shop.train(day(1))
    assert only(shop, model_age(MODEL), day(1)).value == 24
    assert only(shop, data_age(MODEL), day(1)).value == 27
    assert only(shop, data_age(MODEL), day(1)).evidence["trained"] == f"trained:{MODEL}@1"


@pytest.mark.covers("O4", "S5")
def test_predictions_give_their_mean_without_fallbacks_and_the_share_of_these(shop: Shop) -> None:
    assert only(shop, prediction_mean(MODEL), day(0)).value is None
    assert only(shop, fallback_share(MODEL), day(0)).value is None
    shop.answer(day(0), [100.0, 2.0, 4.0, 6.0], fallbacks=1)
    mean = only(shop, prediction_mean(MODEL), day(0))
    assert (mean.value, mean.rows) == (4.0, 3)
    assert mean.evidence["standard_deviation"] == 2.0
    share = only(shop, fallback_share(MODEL), day(0))
    assert (share.value, share.rows) == (0.25, 4)
    assert only(shop, fallback_share(MODEL), day(1)).value is None


@pytest.mark.covers("O4", "Q8")
def test_outcomes_give_hit_rate_beside_its_baseline_and_observed_over_expected(shop: Shop) -> None:
    assert only(shop, outcome_hit_rate(MODEL), day(0)).value is None
    assert measure(shop, outcome_hit_rate(MODEL, by="store_id"), day(0)) == []
    shop.learn_outcomes(day(0), [(1, True, 2.0, 1.0), (1, False, 2.0, 0.0), (2, True, 1.0, 1.0), (2, True, 3.0, 4.0)])
    rate = only(shop, outcome_hit_rate(MODEL), day(0))
    assert (rate.value, rate.rows, rate.evidence) == (0.75, 4, {"baseline_popularity": 0.5})
    by_store = measure(shop, outcome_hit_rate(MODEL, by="store_id"), day(0))
    assert [(one.slice, one.value) for one in by_store] == [("store_id=1", 0.5), ("store_id=2", 1.0)]
    ratio = only(shop, expected_vs_observed(MODEL), day(0))
    assert (ratio.value, ratio.evidence) == (0.75, {"expected": 8.0, "observed": 6.0})
    assert only(shop, outcome_hit_rate(MODEL), day(1)).value is None
    with pytest.raises(InputError, match="outcomes have no column shop_id"):
        measure(shop, outcome_hit_rate(MODEL, by="shop_id"), day(0))


@pytest.mark.covers("Q5")
def test_golden_change_is_that_of_the_newest_trained_model(shop: Shop) -> None:
    assert only(shop, golden_change(MODEL), day(0)).value is None
    first, second = shop.train(day(0)), shop.train(day(1))
    shop.measure_golden(first, 0.9, key="first")
    assert only(shop, golden_change(MODEL), day(1)).value is None
    shop.measure_golden(second, 0.12, key="second")
    change = only(shop, golden_change(MODEL), day(1))
    assert change.value is not None
    assert isclose(change.value, 0.12)
    assert (change.rows, change.evidence["trained"]) == (400, second.urn)
