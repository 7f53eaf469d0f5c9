"""Durations, windows, clocks and waiting."""

import subprocess
import sys
import threading
from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steek.kernel import ReplayClock, SystemClock, Window, format_duration, parse_duration
from steek.kernel.errors import InputError, SettingsError
from steek.kernel.waiting import wait_until

START = datetime(2017, 10, 2, 6, tzinfo=UTC)
instants = st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("50ms", timedelta(milliseconds=50)),
        ("1.5 s", timedelta(seconds=1.5)),
        ("20m", timedelta(minutes=20)),
        ("48h", timedelta(hours=48)),
        (" 7d ", timedelta(days=7)),
        ("26w", timedelta(weeks=26)),
    ],
)
def test_durations_are_read_with_their_unit(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration
    assert parse_duration(duration) == duration


@pytest.mark.covers("N3")
@pytest.mark.parametrize("text", ["48", "h", "", "-3d", "3 years", "1e3s", "2d 3h"])
def test_a_duration_without_a_known_unit_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InputError, match="is not a duration; write a number and one of ms, s, m, h, d, w") as raised:
        parse_duration(text)
    assert raised.value.next_step == "For example '48h' or '50ms'."


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(milliseconds=50), "50 ms"),
        (timedelta(0), "0 ms"),
        (timedelta(seconds=90), "1.5 min"),
        (timedelta(minutes=90), "1.5 h"),
        (timedelta(hours=30), "30 h"),
        (timedelta(days=3, hours=12), "3.5 d"),
        (-timedelta(hours=2), "-2 h"),
    ],
)
def test_durations_are_shown_in_their_largest_fitting_unit(duration: timedelta, text: str) -> None:
    assert format_duration(duration) == text


@given(instants, st.timedeltas(timedelta(microseconds=1), timedelta(days=9)))
def test_the_days_of_a_window_are_the_window_cut_without_gap_or_overlap(start: datetime, length: timedelta) -> None:
    window = Window.before(start + length, length)
    days = window.days()
    assert days[0].start_at == window.start_at
    assert days[-1].end_at == window.end_at
    assert all(one.end_at == next_.start_at for one, next_ in pairwise(days))
    assert all(day.end_at - day.start_at == timedelta(days=1) for day in days[:-1])


def test_a_business_day_begins_at_its_hour_and_lasts_a_day() -> None:
    assert Window.of_day(date(2017, 10, 2), time(6)) == Window(START, START + timedelta(days=1))


@pytest.mark.covers("N3")
@pytest.mark.parametrize("length", [timedelta(0), timedelta(seconds=-1)])
def test_a_window_that_does_not_end_after_its_start_is_refused(length: timedelta) -> None:
    with pytest.raises(InputError, match="a window must end after it starts: 2017-10-02T06:00:00"):
        Window(START, START + length)


def test_the_replay_clock_stands_still_until_it_is_moved(tmp_path: Path) -> None:
    clock = ReplayClock(tmp_path / "new" / "clock")
    assert not clock.is_set()
    with pytest.raises(SettingsError, match="replay clock, but clock does not exist yet"):
        clock.now()
    clock.set(START.astimezone(timezone(timedelta(hours=2))))
    assert clock.is_set()
    assert (clock.now(), clock.now().tzinfo) == (START, UTC)
    assert ReplayClock(tmp_path / "new" / "clock").now() == START


def test_readers_of_the_replay_clock_see_the_old_or_the_new_instant(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    clock = ReplayClock(path)
    clock.set(START)
    program = (
        "import sys; from datetime import datetime, timedelta; from pathlib import Path;"
        "from steek.kernel import ReplayClock; clock = ReplayClock(Path(sys.argv[1])); start = clock.now()\n"
        "for hour in range(300): clock.set(start + timedelta(hours=hour))\n"
    )
    writer = subprocess.Popen([sys.executable, "-c", program, str(path)])
    seen: list[datetime] = []
    while writer.poll() is None:
        seen.append(clock.now())
    assert writer.returncode == 0
    assert all((at - START) % timedelta(hours=1) == timedelta(0) for at in seen)
    assert seen == sorted(seen)
    assert clock.now() == START + timedelta(hours=299)


def test_the_system_clock_is_aware_and_its_seconds_only_grow() -> None:
    clock = SystemClock()
    before, started_s = clock.now(), clock.monotonic_s()
    assert before.tzinfo is UTC
    assert clock.now() >= before
    assert clock.monotonic_s() >= started_s


def test_waiting_ends_when_the_condition_holds_or_the_time_is_over() -> None:
    ready = threading.Event()
    threading.Timer(0.05, ready.set).start()
    assert wait_until(ready.is_set, SystemClock(), timeout_s=20, interval_s=0.01)
    asked: list[int] = []
    assert not wait_until(lambda: bool(asked.append(1)), SystemClock(), timeout_s=0, interval_s=0.01)
    assert asked == [1]
