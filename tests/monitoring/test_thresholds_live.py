"""Thresholds over many windows through the real tables: schedule, holds, drift, seasons, announced changes."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from tests.monitoring.conftest import DAY, FIRST, Bench, day, monitor_of

from steek.kernel import Verdict
from steek.ledger import Draft
from steek.monitoring import Alert, learned
from steek.monitoring.judgement import Measurement
from steek.monitoring.monitor import Monitor
from steek.monitoring.thresholds.calendar import take_in_expected
from steek.monitoring.thresholds.learnings import LearningNote, read_notes
from steek.monitoring.thresholds.tables import back_tests


def notes(bench: Bench) -> list[LearningNote]:
    with bench.database.reading() as connection:
        return read_notes(connection, bench.monitor.name)


def announce(bench: Bench, first: int, end: int, **more: object) -> None:
    expected = {"since_at": day(first).start_at, "until_at": day(end).start_at, "on": ["dataset:transactions"]}
    payload: dict[str, object] = {"summary": "campaign 18", "expected": expected | more}
    (event,) = bench.ledger.record(Draft("external.changed", "campaign:18", "ariel@grocer", payload))
    for _ in range(2):
        with bench.database.transaction() as connection:
            take_in_expected(connection, event)


@pytest.mark.covers("O6")
def test_bounds_are_learned_on_schedule_and_used_until_then(bench: Bench) -> None:
    bench.monitor = monitor_of(learned(recompute="7d"))
    bench.quiet(22, {None: 1000})
    known = notes(bench)
    assert [note.in_force_at for note in known] == [day(number).start_at for number in (21, 14, 7, 0)]
    assert [note.reason for note in known] == ["on schedule"] * 3 + ["the first time"]
    assert (known[0].first_window_at, known[0].last_window_at) == (day(0).start_at, day(20).start_at)
    bounds = {(point.lower, point.upper) for point in bench.points()[14:21]}
    assert len(bounds) == 1


@pytest.mark.covers("O6")
def test_a_window_that_is_measured_again_is_learned_again(bench: Bench) -> None:
    bench.quiet(10, {None: 1000})
    bench.play(8, {None: 1003}, key="mended")
    assert notes(bench)[0].stale
    bench.play(9, {None: 1000}, key="again")
    newest = notes(bench)[0]
    assert (newest.reason, newest.stale) == ("windows that it was learned from were measured again", False)


@pytest.mark.covers("O6")
def test_a_changed_rule_is_learned_at_once(bench: Bench) -> None:
    bench.monitor = monitor_of(learned(recompute="28d"))
    bench.quiet(9, {None: 1000})
    bench.monitor = monitor_of(learned(8, recompute="28d"))
    bench.play(9, {None: 1000})
    assert notes(bench)[0].reason == "the rule was changed"


@pytest.mark.covers("O6", "O8")
def test_a_slow_decay_is_a_second_verdict_with_its_own_reason(bench: Bench) -> None:
    bench.monitor = monitor_of(learned(8))
    bench.quiet(70, {None: 1000})
    fired: list[Alert] = []
    for number in range(70, 112):
        wave = 1 + (number * 7 % 5 - 2) / 50
        fired += bench.play(number, {None: round(wave * (1000 - 7 * (number - 70)))})
    first = fired[0]
    assert str(first.evidence["reason"]).startswith("slow drift: the last three weeks lie at")
    assert (first.evidence["check"], first.lower is not None) == ("drift", True)
    assert first.window.start_at < day(105).start_at
    assert day(66).start_at <= first.onset.start_at <= first.onset.end_at <= first.window.end_at
    point = next(point for point in bench.points() if point.window_start == first.window.start_at)
    assert (point.verdict, point.drift is None) == (Verdict.PASS, False)


@pytest.mark.covers("O6")
def test_a_holiday_is_not_judged_and_teaches_nothing(bench: Bench) -> None:
    christmas = {"Christmas": [date(2017, 9, 14)]}
    bench.monitor = monitor_of(learned(holidays=christmas))
    bench.quiet(10, {None: 1000})
    assert bench.play(10, {None: 0}) == []
    assert bench.points()[10].reason == "not judged on Christmas, which is like no ordinary day"
    bench.play(11, {None: 1000})
    assert notes(bench)[0].windows == 10


@pytest.mark.covers("O6", "O12")
def test_an_announced_change_gives_room_and_teaches_nothing(bench: Bench) -> None:
    bench.quiet(14, {None: 1000})
    announce(bench, 14, 16)
    assert bench.play(14, {None: 1500}) == []
    assert bench.points()[14].reason == "within its bounds, which have more room during campaign 18"
    assert [alert.value for alert in bench.play(15, {None: 9000})] == [9000.0]
    bench.play(16, {None: 1000})
    assert bench.open_alerts() == []
    assert notes(bench)[0].last_window_at == day(13).start_at


def test_an_announcement_that_makes_no_sense_is_left_alone(bench: Bench) -> None:
    announce(bench, 16, 14)
    announce(bench, 14, 16, until_at="soon")
    bench.quiet(14, {None: 1000})
    assert len(bench.play(14, {None: 2500})) == 1


@pytest.mark.covers("O8")
def test_the_onset_is_the_change_of_level_though_it_took_days_to_notice(bench: Bench) -> None:
    bursts = [12, 4, 30, 4, 9, 5, 22, 17, 3, 8, 0, 15, 6, 11, 7, 19]
    for number, rows in enumerate(bursts):
        bench.play(number, {"store_id=1": rows, "store_id=2": 400 + number % 3})
    fired: list[Alert] = []
    number = len(bursts)
    while not fired:
        fired = bench.play(number, {"store_id=2": 400})
        number += 1
    assert number - len(bursts) > 1
    assert fired[0].onset == day(len(bursts))
    assert fired[0].window == day(number - 1)


@pytest.mark.covers("O8")
def test_the_onset_of_a_level_that_left_its_bounds_late_is_where_it_changed(bench: Bench) -> None:
    for number in range(30):
        bench.play(number, {None: 1000 + 40 * (number * 7 % 5 - 2)})
    fired: list[Alert] = []
    for number in range(30, 36):
        fired += bench.play(number, {None: 250 if number == 35 else 760 + 10 * (number % 3)})
    (alert,) = fired
    assert alert.window == day(35)
    assert alert.onset == day(30)
    assert alert.evidence["change_point"]


@pytest.mark.covers("O6")
def test_constant_short_and_spiked_series_survive(bench: Bench) -> None:
    for number in range(30):
        spike = 90_000 if number in (12, 20) else 0
        values = {"store_id=1": 500, "store_id=2": 500 + spike, "store_id=3": 40 if number > 26 else 0}
        bench.play(number, {name: value for name, value in values.items() if value})
    fired = [(point.window_start, point.verdict) for point in bench.points("store_id=2") if point.value == 90_500]
    assert fired == [(day(12).start_at, Verdict.FAIL), (day(20).start_at, Verdict.FAIL)]
    assert {point.verdict for point in bench.points("store_id=1")[7:]} == {Verdict.PASS}
    assert {point.verdict for point in bench.points("store_id=3")} == {Verdict.UNDECIDED}
    assert bench.open_alerts() == []


@pytest.mark.covers("O6")
def test_windows_out_of_order_leave_the_same_bounds(bench: Bench) -> None:
    order = [*range(10), 12, 11, 10, 13, 10]
    for turn, number in enumerate(order):
        bench.play(number, {None: 1000 + number % 4}, key=f"turn {turn}")
    bench.play(14, {None: 1000})
    last = bench.points()[-1]
    bench.monitor = monitor_of(name="in order")
    for number in range(15):
        bench.play(number, {None: 1000 if number == 14 else 1000 + number % 4})
    assert bench.points()[-1] == last


@pytest.mark.covers("O6")
def test_hours_of_the_week_are_learned_and_kept(bench: Bench) -> None:
    """Four weeks by the hour: a quiet night is well, a quiet noon is not, and bounds are learned once a day."""
    hourly = Monitor(
        "hourly",
        indicator=bench.monitor.indicator,
        threshold=learned(season="hour of week"),
        on="transactions",
        owner="x",
    )
    bench.monitor = hourly
    hour = timedelta(hours=1)
    measured = [(at, 40.0 if at.hour < 6 else 400.0) for at in (FIRST + number * hour for number in range(24 * 28))]
    bench.store(hourly.name, measured, hour)
    at = FIRST + 28 * DAY
    assert at.hour == 6
    assert bench.judge_at(at, hour, 410.0).verdict is Verdict.PASS
    assert bench.judge_at(at + hour, hour, 40.0).verdict is Verdict.FAIL
    assert len(notes(bench)) == 1
    assert bench.judge_at(at + 20 * hour, hour, 41.0).verdict is Verdict.PASS


@pytest.mark.covers("O6")
def test_a_rule_that_is_too_narrow_says_so_before_it_matters(bench: Bench) -> None:
    bench.monitor = monitor_of(learned(0.4, budget_per_week=0.5))
    bench.quiet(21, {None: 1000})
    with bench.database.reading() as connection:
        row = connection.execute(select(back_tests)).one()
    assert not row.within_budget
    assert row.sentence.startswith("over the last 14 days this rule would have fired")
    assert bench.state().over_budget == row.sentence


def test_many_slices_of_an_amount_share_their_room() -> None:
    assert Measurement("s=1", 2.0, 3, {"standard_deviation": 4}).deviation == 4.0
    assert Measurement("s=1", 2.0, 3).deviation is None
