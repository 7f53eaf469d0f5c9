"""What default monitors rest on: outcomes that are known, slices too small to be missed, rules with a budget."""

import numpy as np
import pytest
from tests.monitoring.conftest import DAY, FIRST, day
from tests.monitoring.shop import MODEL, Shop

from steek.kernel import Verdict
from steek.kernel.errors import InputError
from steek.monitoring import learned
from steek.monitoring.defaults import model_monitors
from steek.monitoring.indicators.arrivals import (
    measure_new_value_share,
    measure_outcomes_known,
    new_value_share,
    outcomes_known,
)
from steek.monitoring.judgement import Measurement, Past, Rule, judge
from steek.monitoring.kinds import Kind
from steek.monitoring.thresholds.series_frame import SeriesFrame
from steek.monitoring.thresholds.usual_many import learn_many, shared_width


@pytest.mark.covers("O4")
def test_outcomes_known_are_a_share_of_the_answers(shop: Shop) -> None:
    assert measure_outcomes_known(shop.sources, outcomes_known(MODEL), day(0))[0].value is None
    shop.answer(day(0), [0.5] * 8)
    assert measure_outcomes_known(shop.sources, outcomes_known(MODEL), day(0))[0].value == 0.0
    shop.learn_outcomes(day(0), [(1, True, 0.5, 1.0)] * 6)
    (found,) = measure_outcomes_known(shop.sources, outcomes_known(MODEL), day(0))
    assert (found.value, found.rows, found.evidence) == (0.75, 8, {"outcomes": 6})


@pytest.mark.covers("O3")
def test_new_values_need_a_declared_dataset(shop: Shop) -> None:
    with pytest.raises(InputError, match="no declared dataset"):
        measure_new_value_share(shop.sources, new_value_share("nothing", "store_id"), day(0))


@pytest.mark.covers("O3", "O6")
def test_a_slice_below_the_least_volume_is_not_missed() -> None:
    past = [Past(FIRST + number * DAY, float(number % 2 + 1)) for number in range(40)]
    silent = [*past, *(Past(FIRST + number * DAY, 0.0) for number in range(40, 60))]

    def verdict(least: float) -> Verdict:
        rule = Rule(Kind.COUNT, learned(windows=60, min_volume=least), minimum_expected=10)
        return judge(Measurement(None, 0.0, 0), silent, rule, window_start_at=FIRST + 60 * DAY).verdict

    assert (verdict(0.0), verdict(3.0)) == (Verdict.FAIL, Verdict.UNDECIDED)


@pytest.mark.covers("O6")
def test_a_smaller_budget_gives_more_room() -> None:
    values = np.random.default_rng(3).normal(10, 1, (40, 28))
    frame = SeriesFrame(tuple(f"s={number}" for number in range(40)), tuple(FIRST + n * DAY for n in range(28)), values)

    def width(budget_per_week: float) -> float:
        rule = learned(4, budget_per_week=budget_per_week)
        return shared_width(frame, learn_many(frame, Kind.AMOUNT, rule, DAY), Kind.AMOUNT, rule, DAY)

    assert width(1.0) == width(0.1) < width(0.005) <= width(0.0) <= 12


@pytest.mark.covers("O4", "O10")
def test_each_default_monitor_of_a_model_has_its_own_name() -> None:
    found = [one.name for one in model_monitors(MODEL, owner="o", by=("store_id",), delay="1d")]
    assert len(found) == len(set(found)) == 13
