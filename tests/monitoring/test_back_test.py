"""What a rule would have done, on kept points and on windows that are measured for the test."""

import pytest
from tests.monitoring.conftest import DAY, Bench, day, monitor_of
from tests.monitoring.shop import Shop

from steek.kernel.errors import InputError, NotFoundError
from steek.monitoring import Monitor, explicit, learned, volume
from steek.monitoring.kinds import Kind
from steek.monitoring.points import read_frame
from steek.monitoring.thresholds.back_test import BackTest, Play, back_test
from steek.monitoring.thresholds.learning import Lesson


def played(bench: Bench, end: int, *, days: int = 14, width: float = 6.0, **rule: object) -> BackTest:
    threshold = learned(width, **rule)  # pyright: ignore[reportArgumentType]
    lesson = Lesson(bench.monitor.name, Kind.COUNT, threshold, day(end), 10.0, [], [])
    with bench.database.reading() as connection:
        until = day(end).end_at
        frame = read_frame(connection, bench.monitor.name, since=day(0).start_at, until=until, window=DAY)
    return back_test(frame, Play(lesson, threshold, missing_is_zero=True), days=days)


@pytest.mark.covers("O6")
def test_it_fires_where_the_evaluation_did_and_names_the_days(bench: Bench) -> None:
    bench.quiet(20, {"store_id=1": 1000, "store_id=2": 400})
    bench.play(20, {"store_id=1": 200, "store_id=2": 400})
    bench.play(21, {"store_id=1": 150, "store_id=2": 404})
    bench.quiet(4, {"store_id=1": 1000, "store_id=2": 400}, first=22)
    bench.play(26, {"store_id=1": 1000})
    stores = ("store_id=1", "store_id=2")
    lived = [(point.window_start, name) for name in stores for point in bench.points(name) if point.verdict == "fail"]
    found = played(bench, 26)
    assert [(one.slice, one.window) for one in found.fired] == [("store_id=1", day(20)), ("store_id=2", day(26))]
    failed = [(20, "store_id=1"), (21, "store_id=1"), (26, "store_id=2")]
    assert lived == [(day(number).start_at, name) for number, name in failed]
    assert (found.windows, found.per_week, found.within_budget) == (14, 1.0, True)
    assert found.sentence == (
        "over the last 14 days this rule would have fired 2 times, on 2017-09-24, 2017-09-30; 1 a week, within the 1"
        " that are bearable"
    )


@pytest.mark.covers("O6")
def test_a_narrow_rule_breaks_its_budget_and_a_young_series_tests_nothing(bench: Bench) -> None:
    bench.quiet(24, {None: 1000})
    narrow = played(bench, 23, width=0.3, budget_per_week=1.0)
    assert not narrow.within_budget
    assert "more than the 1 that are bearable" in narrow.sentence
    assert played(bench, 23, width=6.0).fired == ()
    young = played(bench, 23, min_history=26)
    assert young.sentence == "nothing to test on: no window of the last 14 days had enough history before it"


@pytest.mark.covers("O6")
def test_a_monitor_that_was_never_evaluated_is_tested_on_what_lies_in_the_lake(shop: Shop) -> None:
    for number in range(12):
        shop.sell(day(number), {1: 20 + number % 3, 2: 0 if number == 10 else 30})
    monitor = Monitor("lines", indicator=volume("lines", by="store_id"), threshold=learned(), on="lines", owner="x")
    service = shop.monitoring(monitor).thresholds
    found = service.back_test("lines", 4, until=day(11).end_at)
    assert found.windows == 4
    assert [(one.slice, one.window) for one in found.fired] == [("store_id=2", day(10))]
    assert found.measured == 32
    assert shop.monitoring(monitor).slices("lines") == []
    assert service.kept("lines") is None
    service.back_test("lines", 4, until=day(11).end_at, keep=True)
    kept = service.kept("lines")
    assert kept is not None
    assert (kept.sentence, kept.fired_on) == (found.sentence, {day(10).start_at.date(): 1})


def test_what_cannot_be_tested_is_refused(shop: Shop) -> None:
    service = shop.monitoring(monitor_of(explicit(upper=3), name="fixed")).thresholds
    with pytest.raises(NotFoundError):
        service.back_test("nothing")
    with pytest.raises(InputError, match="allowed: 1 to 730"):
        service.back_test("fixed", 0)
    with pytest.raises(InputError, match="has an explicit threshold, which has no width"):
        service.back_test("fixed", 5, width=3)
    assert service.back_test("fixed", 5, until=day(3).end_at).budget_per_week is None
    assert service.learned("fixed") == []
