"""Default rules on a quiet half year of a real grocery chain: how often do they cry wolf, and what do they catch?"""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from tests.monitoring.conftest import Bench, monitor_of
from tests.real_year import real_year

from steek.kernel import Verdict, Window
from steek.monitoring.judgement import Judgement, Measurement, Past, Rule, judge
from steek.monitoring.kinds import Kind
from steek.monitoring.thresholds.declared import LearnedThreshold, learned

START, DAYS = datetime(2017, 6, 1, 6, tzinfo=UTC), 152
RUNS = (0, 28, 56, 84, 112)
Days = dict[str, list[int]]


@pytest.fixture(scope="module")
def stores() -> Days:
    """Lines per business day of every store, largest store first."""
    path = str(real_year() / "transactions.parquet")
    moment = pl.col("transaction_timestamp").dt.replace_time_zone("UTC")
    lines = (
        pl.scan_parquet(path)
        .filter(moment.is_between(START, START + timedelta(days=DAYS), closed="left"))
        .select("store_id", day=(moment - START).dt.total_days())
        .group_by("store_id", "day")
        .len()
        .collect()
    )
    largest = lines.group_by("store_id").agg(pl.col("len").sum()).sort("len", "store_id", descending=True)
    counts: Days = {f"store_id={store}": [0] * DAYS for store in largest["store_id"]}
    for store, number, rows in lines.iter_rows():
        counts[f"store_id={store}"][number] = rows
    return counts


def top(stores: Days, number: int) -> Days:
    return dict(list(stores.items())[:number])


def false_alarms(stores: Days, first: int, threshold: LearnedThreshold | None = None) -> int:
    """Alerts of a monitor that begins with nothing and watches 28 windows, less those of stores that really closed.

    A slice is known once it has been seen; an alert stays one until a window passes.
    """
    firing: set[str] = set()
    alerts = 0
    for number in range(first, first + 28):
        known = {name: days for name, days in stores.items() if any(days[first : number + 1])}
        rule = Rule(Kind.COUNT, threshold or learned(), minimum_expected=10, slices=len(known))
        for name, days in known.items():
            verdict = decide(days, first, number, rule).verdict
            if verdict is Verdict.FAIL and name not in firing:
                firing.add(name)
                alerts += sum(days[number : number + 8]) > 0
            elif verdict is Verdict.PASS:
                firing.discard(name)
    return alerts


def decide(days: list[int], first: int, number: int, rule: Rule) -> Judgement:
    seen = next(index for index in range(first, number + 1) if days[index] or index == number)
    past = [Past(START + index * timedelta(days=1), days[index]) for index in range(max(seen, number - 28), number)]
    at = START + number * timedelta(days=1)
    return judge(Measurement(None, days[number], days[number]), past, rule, window_start_at=at)


@pytest.mark.covers("O3", "O6")
@pytest.mark.parametrize(("number", "most"), [(1, 0), (20, 0), (40, 0), (80, 1)])
def test_at_most_one_false_alarm_in_28_windows_of_the_top_stores(stores: Days, number: int, most: int) -> None:
    assert max(false_alarms(top(stores, number), first) for first in RUNS) == most


@pytest.mark.covers("O3", "O6")
def test_the_total_never_cries_wolf_with_or_without_a_season(stores: Days) -> None:
    total = {"all": [sum(day) for day in zip(*stores.values(), strict=True)]}
    assert [false_alarms(total, first) for first in RUNS] == [0] * len(RUNS)
    assert [false_alarms(total, first, learned(season="week")) for first in RUNS] == [0] * len(RUNS)


@pytest.mark.covers("O3")
def test_all_457_stores_together_stay_near_it(stores: Days) -> None:
    assert max(false_alarms(top(stores, 457), first) for first in RUNS[:3]) <= 3


@pytest.mark.covers("O3")
def test_a_vanished_store_is_noticed_as_fast_as_its_own_habit_allows(stores: Days) -> None:
    rule = Rule(Kind.COUNT, learned(), minimum_expected=10, slices=20)
    windows: list[int | None] = []
    for days in list(stores.values())[:20]:
        gone = [*days[:100], *[0] * 20]
        fails = [number for number in range(100, 120) if decide(gone, 72, number, rule).verdict is Verdict.FAIL]
        windows.append(fails[0] - 99 if fails else None)
    assert windows[0] == 1
    assert all(needed is not None and needed <= 4 for needed in windows)


@pytest.mark.covers("O3", "O8")
def test_a_store_that_stops_on_a_quiet_day_is_the_only_alert(bench: Bench, stores: Days) -> None:
    bench.monitor = monitor_of()
    largest = top(stores, 12)
    for number in range(28):
        bench.play(number, {name: days[number] for name, days in largest.items() if days[number]})
    assert bench.open_alerts() == []
    gone = next(iter(largest))
    fired = bench.play(28, {name: days[28] for name, days in largest.items() if name != gone and days[28]})
    assert [(alert.slice, alert.value) for alert in fired] == [(gone, 0.0)]
    assert fired[0].window == Window(fired[0].onset.end_at - timedelta(days=1), fired[0].onset.end_at)
