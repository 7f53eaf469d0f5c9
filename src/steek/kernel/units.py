"""Durations as people write them: a number and a unit."""

import re
from datetime import timedelta

from steek.kernel.errors import InputError

_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_PATTERN = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)")


def parse_duration(text: str | timedelta) -> timedelta:
    """A duration from text such as '48h', '50ms' or '26w'.

    Raises:
        InputError: no unit, an unknown unit, or not a number.

    >>> parse_duration("36h")
    datetime.timedelta(days=1, seconds=43200)
    """
    if isinstance(text, timedelta):
        return text
    match = _PATTERN.fullmatch(text.strip())
    if match is None:
        message = f"{text!r} is not a duration; write a number and one of {', '.join(_UNITS)}"
        raise InputError(message, next_step="For example '48h' or '50ms'.")
    try:
        return float(match.group(1)) * _UNITS[match.group(2)]
    except OverflowError as cause:
        message = f"{text[:40]!r} is longer than any duration"
        raise InputError(message, next_step="For example '48h' or '50ms'.") from cause


def format_duration(duration: timedelta) -> str:
    """The largest unit that keeps two significant digits: '48 h', '3.5 d', '50 ms'.

    >>> format_duration(timedelta(hours=30))
    '30 h'
    """
    seconds = duration.total_seconds()
    for name, size, least in (("d", 86400, 2), ("h", 3600, 1), ("min", 60, 1), ("s", 1, 1)):
        if abs(seconds) >= least * size:
            return f"{seconds / size:.1f}".removesuffix(".0") + f" {name}"
    return f"{seconds * 1000:.0f} ms"
