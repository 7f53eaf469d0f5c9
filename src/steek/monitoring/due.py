"""Which windows a monitor measures: a stretch of time cut to its own windows, and those that are due. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from steek.kernel.windows import Window

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Due:
    """Windows to measure, oldest first, and how many more were missed too long ago to be measured by themselves."""

    windows: tuple[Window, ...]
    left_out: int


def own_windows(window: Window, length: timedelta) -> tuple[Window, ...]:
    """A stretch of time as windows of a monitor, oldest first.

    Hours are cut from its start; of windows longer than a day one ends with each day of it; else its days.

    >>> from datetime import date
    >>> day = Window.of_day(date(2017, 9, 4), time(6))
    >>> len(own_windows(day, timedelta(hours=1))), own_windows(day, timedelta(days=1)) == (day,)
    (24, True)
    >>> own_windows(day, timedelta(days=7))[0].start_at.date()
    datetime.date(2017, 8, 29)
    """
    if length < _DAY:
        pieces: list[Window] = []
        start_at = window.start_at
        while start_at < window.end_at:
            pieces.append(Window(start_at, min(start_at + length, window.end_at)))
            start_at += length
        return tuple(pieces)
    if length == _DAY:
        return tuple(window.days())
    return tuple(Window.before(day.end_at, length) for day in window.days())


def latest_end(until: datetime, length: timedelta, day_starts_at: time) -> datetime:
    """End of the last window that was over at `until`.

    >>> latest_end(datetime(2017, 9, 4, 5, tzinfo=UTC), timedelta(days=1), time(6)).isoformat()
    '2017-09-03T06:00:00+00:00'
    """
    start = datetime.combine(until.astimezone(UTC).date(), day_starts_at, tzinfo=UTC)
    if length < _DAY:
        return start + ((until - start) // length) * length
    return start if start <= until else start - _DAY


def due_windows(
    until: datetime,
    length: timedelta,
    *,
    day_starts_at: time,
    since: datetime,
    done: Collection[datetime],
    most: int,
) -> Due:
    """Windows that were over at `until` and were not measured, of the last `most` of them.

    Args:
        until: Event time up to which windows count.
        length: Of a window.
        day_starts_at: When a business day begins, UTC.
        since: Windows that end at or before this are nobody's.
        done: Starts of the windows that were measured.
        most: How many windows back to look.
    """
    step = min(_DAY, length)
    end_at = latest_end(until, length, day_starts_at)
    found: list[Window] = []
    for back in range(most):
        window = Window.before(end_at - back * step, length)
        if window.end_at <= since:
            return Due(tuple(found[::-1]), 0)
        if window.start_at not in done:
            found.append(window)
    older_end = end_at - most * step
    left_out = max(0, -((since - older_end) // step)) if older_end > since else 0
    earlier = sum(start + length <= older_end for start in done)
    return Due(tuple(found[::-1]), max(0, left_out - earlier))
