"""Windows to compare with: the same weekdays before, so that a season is not blamed."""

import math
from datetime import datetime, timedelta

from steek.kernel.errors import InputError
from steek.kernel.windows import Window

WINDOWS = 4
_WEEK = timedelta(days=7)
_MOST_WINDOWS = 60


def comparable_windows(window: Window, *, before_at: datetime | None = None, count: int = WINDOWS) -> list[Window]:
    """The nearest windows of the same length on the same weekdays, newest first.

    Args:
        window: The window in question.
        before_at: They end by then; by default by the start of `window`. With an onset, its earliest instant.
        count: How many.

    >>> from datetime import UTC
    >>> day = Window(datetime(2017, 5, 9, tzinfo=UTC), datetime(2017, 5, 10, tzinfo=UTC))
    >>> [one.start_at.day for one in comparable_windows(day, count=2)]
    [2, 25]
    """
    limit = window.start_at if before_at is None else min(before_at, window.start_at)
    first = math.ceil((window.end_at - limit) / _WEEK)
    weeks = max(first, 1)
    step = max(math.ceil((window.end_at - window.start_at) / _WEEK), 1)
    backs = [(weeks + step * place) * _WEEK for place in range(count)]
    return [Window(window.start_at - back, window.end_at - back) for back in backs]


def cut(against: Window, window: Window) -> list[Window]:
    """A stretch of time to compare with, cut into windows as long as the one in question, newest first.

    Raises:
        InputError: it does not hold a whole number of them, or far too many, or it overlaps the window.
    """
    length = window.end_at - window.start_at
    whole, rest = divmod(against.end_at - against.start_at, length)
    if rest or not 1 <= whole <= _MOST_WINDOWS:
        message = f"what is compared with lasts {against.end_at - against.start_at}, the window {length}"
        raise InputError(
            message, next_step=f"Compare with 1 to {_MOST_WINDOWS} windows as long as the one in question."
        )
    if against.start_at < window.end_at and window.start_at < against.end_at:
        message = "what is compared with overlaps the window in question"
        raise InputError(message, next_step="Compare with time before it.")
    return [Window(against.end_at - length * (place + 1), against.end_at - length * place) for place in range(whole)]
