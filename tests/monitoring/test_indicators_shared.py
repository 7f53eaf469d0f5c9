"""Windows, shared scans, the bound on slices, and monitors that say that they do not measure."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.monitoring.conftest import DAY, FIRST, day
from tests.monitoring.shop import MODEL, Shop

from steek.kernel import Window
from steek.kernel.errors import DeclarationError
from steek.monitoring import (
    EvaluationOptions,
    Monitor,
    MonitorFilter,
    Monitoring,
    explicit,
    fallback_share,
    indicator,
    join_matched,
    latency,
    learned,
    model_age,
    prediction_mean,
    prediction_statistic,
    volume,
)
from steek.monitoring.due import due_windows, own_windows
from steek.monitoring.indicators.cardinality import OTHER, bounded
from steek.monitoring.indicators.invariants import broken_invariant
from steek.monitoring.indicators.registry import indicator_of
from steek.monitoring.indicators.scans import Scans
from steek.monitoring.judgement import Measurement
from steek.monitoring.kinds import Kind

SIX = time(6)
OWNER = "data@grocer"
LINES = Monitor("lines", indicator=volume("lines"), threshold=learned(), on="lines", owner=OWNER)
BY_STORE = Monitor("by store", indicator=volume("lines", by="store_id"), threshold=learned(), on="lines", owner=OWNER)
AGE = Monitor("age", indicator=model_age(MODEL), threshold=explicit(upper=48), on=MODEL, owner=OWNER)


def monitoring(shop: Shop, *monitors: Monitor, most: int = 5000, catch_up: int = 400) -> Monitoring:
    named = {monitor.name: monitor for monitor in monitors}
    options = EvaluationOptions(SIX, most, catch_up)
    return Monitoring(shop.readable, shop.database, shop.ledger, shop.clock, named, options)


@pytest.mark.covers("O3", "O10")
def test_hours_and_weeks_are_cut_from_days_and_measured_apart(shop: Shop) -> None:
    hourly = Monitor("hours", indicator=volume("lines"), threshold=learned(), on="lines", owner=OWNER, window="1h")
    weekly = Monitor("weeks", indicator=volume("lines"), threshold=learned(), on="lines", owner=OWNER, window="7d")
    watching = monitoring(shop, hourly, weekly, LINES)
    for number in range(8):
        shop.sell(day(number), {1: 24})
    shop.clock.set(day(7).end_at)
    watching.evaluate(day(7), key="night")
    assert [point.value for point in watching.series("hours").points] == [1.0] * 24
    (week,) = watching.series("weeks").points
    assert (week.window_start, week.value) == (day(1).start_at, 7 * 24)
    assert watching.series("lines").points[0].value == 24
    with pytest.raises(DeclarationError, match="window of monitor m is '1w'; allowed: 1h, 1d, 7d"):
        Monitor("m", indicator=volume("lines"), threshold=learned(), on="lines", owner=OWNER, window="1w")  # pyright: ignore[reportArgumentType]


@pytest.mark.covers("T2", "O6")
def test_windows_that_were_missed_are_made_up_for_in_order_and_once(shop: Shop) -> None:
    watching = monitoring(shop, LINES, AGE)
    for number in range(10):
        shop.sell(day(number), {1: 20 + number})
    shop.clock.set(day(9).end_at + timedelta(hours=2))
    watching.evaluate(day(4), key="a night", only=["lines"])
    watching.evaluate_due(shop.clock.now())
    starts = [point.window_start for point in watching.series("lines").points]
    assert starts == [day(number).start_at for number in range(10)]
    # An age of the past cannot be measured now.
    assert [point.window_start for point in watching.series("age").points] == [day(9).start_at]
    events = shop.ledger.count()
    assert watching.evaluate_due(shop.clock.now()) == []
    assert shop.ledger.count() == events
    assert watching.monitors_state()[1].window == day(9)


@pytest.mark.covers("T2", "N3")
def test_what_was_missed_too_long_ago_is_said_with_its_number(shop: Shop) -> None:
    watching = monitoring(shop, LINES, catch_up=3)
    for number in (0, 8, 9):
        shop.sell(day(number), {1: 20})
    shop.clock.set(day(9).end_at)
    watching.evaluate_due(shop.clock.now())
    assert [point.window_start for point in watching.series("lines").points] == [day(n).start_at for n in (7, 8, 9)]
    assert watching.health()[0].reason == (
        "7 windows before the last 3 are not measured: 'steek monitor check DAY' does"
    )


@given(missed=st.sets(st.integers(0, 11)), hours=st.integers(0, 23), most=st.integers(1, 20), hourly=st.booleans())
@settings(max_examples=60, deadline=None)
def test_due_windows_are_those_that_are_over_and_were_not_measured(
    missed: set[int], hours: int, most: int, hourly: bool
) -> None:
    length = timedelta(hours=1) if hourly else DAY
    starts = [FIRST + number * length for number in range(12)]
    done = {start for number, start in enumerate(starts) if number not in missed}
    until = starts[-1] + length + timedelta(minutes=2 * hours)
    due = due_windows(until, length, day_starts_at=SIX, since=FIRST, done=done, most=most)
    late = [number for number in sorted(missed) if number >= 12 - most]
    assert [window.start_at for window in due.windows] == [starts[number] for number in late]
    assert due.left_out == len(missed) - len(late)


def test_a_stretch_of_days_has_a_window_for_each() -> None:
    three = Window(day(0).start_at, day(2).end_at)
    assert own_windows(three, DAY) == (day(0), day(1), day(2))
    assert [window.end_at for window in own_windows(three, 7 * DAY)] == [day(n).end_at for n in range(3)]
    assert len(own_windows(three, timedelta(hours=1))) == 72


@pytest.mark.covers("O2")
def test_indicators_of_one_table_share_one_scan_and_give_what_they_give_alone(shop: Shop) -> None:
    shop.sell(day(0), {1: 30, 2: 12})
    shop.answer(day(0), [1.0, 2.0, 3.0])
    value = indicator("stores", of="lines", value=pl.col("store_id").n_unique(), kind="count")
    of_model = [prediction_mean(MODEL), fallback_share(MODEL), latency(MODEL), prediction_statistic(MODEL, "variance")]
    specs = [volume("lines"), volume("lines", by="store_id"), value, *of_model]
    monitors = [
        Monitor(f"m{at}", indicator=spec, threshold=learned(), on="lines", owner=OWNER) for at, spec in enumerate(specs)
    ]
    watching = monitoring(shop, *monitors)
    wanted = [(reads, day(0)) for spec in specs if (reads := indicator_of(spec).reads(shop.readable, spec)) is not None]
    scans = Scans(shop.sources.lake, wanted)
    shared = replace(shop.readable, scans=scans)
    for spec in specs:
        measure = indicator_of(spec).measure
        assert measure(shared, spec, day(0)) == measure(shop.readable, spec, day(0))
    assert scans.scanned == 2
    watching.evaluate(day(0), key="night")
    found = [one.value for one in watching.monitors_state()]
    assert found[0] == 42
    assert found[2:] == [2.0, 2.0, 0.0, 1.0, 1.0]


@pytest.mark.covers("O3", "N3")
def test_ten_times_as_many_slices_overnight_keep_the_known_ones_and_say_so(shop: Shop) -> None:
    watching = monitoring(shop, BY_STORE, most=3)
    shop.sell(day(0), {1: 5, 2: 30, 3: 20})
    watching.evaluate(day(0), key="night 0")
    shop.sell(day(1), {1: 5, 2: 30, 3: 20} | {store: 10 + store for store in range(10, 40)})
    shop.clock.set(day(1).end_at)
    watching.evaluate(day(1), key="night 1")
    slices = set(watching.slices("by store"))
    assert slices == {"store_id=1", "store_id=2", "store_id=3", OTHER}
    others = watching.series("by store", OTHER).points[-1]
    assert others.value == sum(10 + store for store in range(10, 40))
    (health,) = watching.health()
    assert (health.condition, health.folded) == ("measuring", 30)
    assert health.reason == "30 slices beyond the 3 kept are counted together as (other)"
    shop.sell(day(2), {1: 5, 2: 30, 3: 20})
    shop.clock.set(day(2).end_at)
    watching.evaluate(day(2), key="night 2")
    assert [point.value for point in watching.series("by store", OTHER).points] == [others.value]


@given(
    rows=st.lists(st.integers(0, 50), min_size=1, max_size=30),
    most=st.integers(1, 12),
    kind=st.sampled_from([Kind.COUNT, Kind.SHARE]),
)
@settings(max_examples=80, deadline=None)
def test_slices_that_are_put_together_lose_no_rows(rows: list[int], most: int, kind: Kind) -> None:
    measured = [
        Measurement(f"s={at}", float(count) if kind is Kind.COUNT else at / 100, count) for at, count in enumerate(rows)
    ]
    kept, folded = bounded(measured, {"s=0"}, most=most, kind=kind)
    assert folded == max(0, len(rows) - most)
    assert sum(one.rows for one in kept) == sum(rows)
    assert "s=0" in {one.slice for one in kept}
    assert broken_invariant(kind, kept) is None
    if kind is Kind.COUNT:
        assert sum(one.value or 0 for one in kept) == sum(rows)


@pytest.mark.parametrize(
    ("kind", "measured", "said"),
    [
        (Kind.SHARE, Measurement(None, 1.2, 10), "the whole: a share of 1.2 is outside 0 to 1"),
        (Kind.COUNT, Measurement("a=1", -1.0, 10), "a=1: a count of -1 is negative"),
        (Kind.HOURS, Measurement(None, -0.5, 1), "the whole: an age of -0.5 h lies in the future"),
        (Kind.AMOUNT, Measurement(None, float("inf"), 1), "the whole: a value of inf"),
        (Kind.COUNT, Measurement("a=1", 4.0, 4, {"whole": 5}), "slices add up to 4, the whole is 5"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(kind: Kind, measured: Measurement, said: str) -> None:
    assert broken_invariant(kind, [measured], is_additive=True) == said


@pytest.mark.covers("O7", "N3")
def test_a_monitor_that_does_not_measure_is_told_once_and_when_it_measures_again(shop: Shop) -> None:
    shares = Monitor("shares", indicator=fallback_share(MODEL), threshold=learned(), on=MODEL, owner=OWNER)
    watching = monitoring(shop, shares, LINES)
    assert [one.condition for one in watching.health()] == ["new", "new"]
    shop.answer(day(0), [1.0], fallbacks=0)
    for number in range(5):
        shop.sell(day(number), {1: 10})
        shop.clock.set(day(number).end_at)
        watching.evaluate(day(number), key=f"night {number}")
    empty = watching.health()[1]
    assert (empty.condition, empty.is_stalled) == ("empty", True)
    assert empty.reason == "measures nothing since 2017-09-05 06:00, 4 windows in a row"
    (stalled,) = shop.ledger.events(kinds=["monitor.stalled"])
    assert (stalled.subject, stalled.payload["condition"], stalled.payload["owner"]) == (
        "monitor:shares",
        "empty",
        OWNER,
    )
    shop.answer(day(5), [1.0])
    shop.clock.set(day(5).end_at)
    watching.evaluate(day(5), key="night 5", only=["shares"])
    assert [event.kind for event in shop.ledger.events(kinds=["monitor.recovered"])] == ["monitor.recovered"]
    shop.clock.set(day(7).end_at + timedelta(hours=7))
    late = {one.monitor: one.reason for one in watching.health()}
    assert late["lines"] == "not evaluated for any window since 2017-09-09 06:00, 3 days ago"
    watching.evaluate(day(7), key="night 7", only=["shares"])
    assert [one.health.monitor for one in watching.explore(MonitorFilter(state="stalled"), since=day(0).start_at)] == [
        "lines"
    ]


@pytest.mark.covers("N3")
def test_an_unreadable_and_a_redefined_monitor_say_so(shop: Shop) -> None:
    wrong = indicator("wrong", of="lines", value=pl.col("store_id").str.len_chars().mean(), kind="amount")
    right = indicator("right", of="lines", value=pl.col("store_id").mean(), kind="amount")
    shop.sell(day(0), {1: 10})
    first, second = (
        monitoring(shop, Monitor("stores", indicator=spec, threshold=learned(), on="lines", owner=OWNER))
        for spec in (wrong, right)
    )
    first.evaluate(day(0), key="night 0")
    (health,) = first.health()
    assert health.condition == "unreadable"
    assert "indicator 'wrong' raised" in health.reason
    second.evaluate(day(0), key="night 1")
    assert second.health()[0].condition == "measuring"
    (changed,) = shop.ledger.events(kinds=["monitor.redefined"])
    assert 'col("store_id").mean()' in str(changed.payload["text"])


@pytest.mark.covers("D8", "O10")
def test_data_monitors_can_be_evaluated_before_models_learn(shop: Shop) -> None:
    joined = Monitor("joins", indicator=join_matched("maker_lines"), threshold=learned(), on=MODEL, owner=OWNER)
    late = replace(joined, name="joins late", phase="models")
    watching = monitoring(shop, LINES, AGE, joined, late)
    assert watching.names("data") == ["joins", "lines"]
    assert watching.names("models") == ["age", "joins late"]


def test_moments_are_utc_whatever_the_hour() -> None:
    due = due_windows(
        datetime(2017, 10, 29, 2, 30, tzinfo=UTC),
        timedelta(hours=1),
        day_starts_at=SIX,
        since=datetime(2017, 10, 28, 22, tzinfo=UTC),
        done=(),
        most=48,
    )
    assert [window.start_at.hour for window in due.windows] == [22, 23, 0, 1]
