"""Stretches of time as people write them: a day, a month, or from a day to a day."""

import re
from datetime import date, datetime, time, timedelta

from steek.kernel.errors import InputError
from steek.kernel.windows import Window

_MONTH = re.compile(r"(\d{4})-(\d\d)")
_SEPARATOR = ".."


def parse_span(text: str, starts_at: time) -> Window:
    """The business days that a text names: "2017-10-02", "2017-10" or "2017-10-02..2017-10-08", both ends included;
    or two instants "2017-10-02T06:00Z..2017-10-02T07:00Z", the second excluded.

    Args:
        text: The stretch.
        starts_at: When business days begin, UTC.

    Raises:
        InputError: it is none of these.

    >>> parse_span("2017-10", time()).end_at.isoformat()
    '2017-11-01T00:00:00+00:00'
    """
    first, _, last = (one.strip() for one in text.partition(_SEPARATOR))
    try:
        if "T" in first:
            start, end = (datetime.fromisoformat(one) for one in (first, last))
            if start.tzinfo is None or end.tzinfo is None:
                raise _unreadable(text)
            return Window(start, end)
        return Window(_days(first, starts_at)[0], _days(last or first, starts_at)[1])
    except ValueError as cause:
        raise _unreadable(text) from cause


def span_text(window: Window) -> str:
    """A stretch as `parse_span` reads it."""
    days = (window.end_at - window.start_at) % timedelta(days=1)
    if days:
        return f"{window.start_at.isoformat()}{_SEPARATOR}{window.end_at.isoformat()}"
    first, last = window.start_at.date(), (window.end_at - timedelta(days=1)).date()
    return str(first) if first == last else f"{first}{_SEPARATOR}{last}"


def _days(text: str, starts_at: time) -> tuple[datetime, datetime]:
    """Start of the first business day that a text names, end of the last."""
    month = _MONTH.fullmatch(text)
    if month is None:
        day = Window.of_day(date.fromisoformat(text), starts_at)
        return day.start_at, day.end_at
    year, number = int(month[1]), int(month[2])
    first = date(year, number, 1)
    following = date(year + number // 12, number % 12 + 1, 1)
    return Window.of_day(first, starts_at).start_at, Window.of_day(following, starts_at).start_at


def _unreadable(text: str) -> InputError:
    message = f"{text[:80]!r} is no stretch of time"
    return InputError(message, next_step="Write 2017-10-02, 2017-10, or 2017-10-02..2017-10-08.")
