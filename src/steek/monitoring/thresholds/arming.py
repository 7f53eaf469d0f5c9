"""Before a rule alerts: what it would have done on the points there are, kept beside the monitor."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from steek.kernel.records import to_plain
from steek.kernel.windows import Window
from steek.measures.robust_rows import known_windows
from steek.monitoring.points import read_frame
from steek.monitoring.thresholds.back_test import BackTest, Play, back_test
from steek.monitoring.thresholds.learning import Lesson
from steek.monitoring.thresholds.tables import back_tests

ARMING_DAYS = 90
_AGAIN_AFTER = timedelta(days=7)
_LEAST_WINDOWS = 7
_FIRINGS_KEPT = 200


@dataclass(frozen=True, slots=True)
class KeptBackTest:
    """The last back-test of a monitor; `fired_on` counts the alerts that would have been by day."""

    monitor: str
    rule: str
    until_at: datetime
    days: int
    windows: int
    fired: int
    per_week: float
    budget_per_week: float
    within_budget: bool
    sentence: str
    fired_on: Mapping[date, int]
    made_at: datetime


def arm(connection: Connection, lesson: Lesson, *, missing_is_zero: bool, now: datetime) -> None:
    """Test a learned rule on the points there are, when it is new, was changed, or was last tested a week ago."""
    c = back_tests.c
    found = connection.execute(select(c.rule, c.until_at).where(c.monitor == lesson.monitor)).first()
    until = lesson.window.start_at
    if found is not None and found.rule == lesson.rule and until - found.until_at < _AGAIN_AFTER:
        return
    reach = lesson.threshold.sized(lesson.length)
    since = until - timedelta(days=ARMING_DAYS) - reach.windows * lesson.length
    frame = read_frame(connection, lesson.monitor, since=since, until=until, window=lesson.length)
    known = int(known_windows(frame.values).sum())
    if known < reach.min_history + _LEAST_WINDOWS:
        return
    days = max(1, min(ARMING_DAYS, round(len(frame.starts) * lesson.length / timedelta(days=1))))
    play = Play(_ending(lesson, until), lesson.threshold, missing_is_zero)
    keep_back_test(connection, back_test(frame, play, days=days), lesson.rule, now)


def keep_back_test(connection: Connection, test: BackTest, rule: str, now: datetime) -> None:
    """Keep a back-test in place of the one before."""
    connection.execute(delete(back_tests).where(back_tests.c.monitor == test.monitor))
    values = {
        "monitor": test.monitor,
        "rule": rule,
        "until_at": test.until_at,
        "days": test.days,
        "windows": test.windows,
        "fired": len(test.fired),
        "per_week": test.per_week,
        "budget_per_week": test.budget_per_week or 0.0,
        "within_budget": test.within_budget,
        "sentence": test.sentence[:500],
        "firings": to_plain([(one.day, one.slice) for one in test.fired[:_FIRINGS_KEPT]]),
        "made_at": now,
    }
    connection.execute(insert(back_tests).values(values))


def read_back_tests(connection: Connection, monitor: str | None = None) -> dict[str, KeptBackTest]:
    """The last back-test of each monitor, or of one."""
    query = select(back_tests)
    if monitor is not None:
        query = query.where(back_tests.c.monitor == monitor)
    found: dict[str, KeptBackTest] = {}
    for row in connection.execute(query):
        days: dict[date, int] = {}
        for day, _ in row.firings:
            days[date.fromisoformat(day)] = days.get(date.fromisoformat(day), 0) + 1
        found[row.monitor] = KeptBackTest(
            row.monitor, row.rule, row.until_at, row.days, row.windows, row.fired, row.per_week,
            row.budget_per_week, row.within_budget, row.sentence, days, row.made_at,
        )  # fmt: skip
    return found


def _ending(lesson: Lesson, until: datetime) -> Lesson:
    return replace(lesson, window=Window(until - lesson.length, until))
