from tests.monitoring.conftest import day

from steek.kernel import Verdict, Window
from steek.monitoring.onset import onset_interval
from steek.monitoring.points import Point


def point(number: int, value: float | None, verdict: Verdict = Verdict.PASS) -> Point:
    return Point(day(number).start_at, value, 100, 80.0, 120.0, verdict, "")


def test_it_begins_where_the_last_calm_window_ended() -> None:
    assert onset_interval([point(0, 100), point(1, 103)], day(2)) == day(2)


def test_a_window_near_its_bound_may_already_have_been_touched() -> None:
    before = [point(0, 100), point(1, 83)]
    assert onset_interval(before, day(2)) == Window(day(1).start_at, day(2).end_at)


def test_windows_that_showed_nothing_widen_the_interval() -> None:
    before = [point(0, 101), point(1, None, Verdict.UNDECIDED), point(2, None, Verdict.UNDECIDED)]
    assert onset_interval(before, day(3)) == Window(day(1).start_at, day(3).end_at)


def test_without_any_calm_window_it_reaches_back_to_the_first_point() -> None:
    before = [point(0, 7, Verdict.UNDECIDED), point(1, 7, Verdict.UNDECIDED)]
    assert onset_interval(before, day(2)) == Window(day(0).start_at, day(2).end_at)
    assert onset_interval([], day(2)) == day(2)


def test_one_bound_has_no_middle_so_passing_is_calm() -> None:
    one_sided = Point(day(0).start_at, 0.31, 100, 0.30, None, Verdict.PASS, "")
    assert onset_interval([one_sided], day(1)) == day(1)
