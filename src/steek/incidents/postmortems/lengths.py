"""Lengths of time as people write them in postmortems: "10 min", "1 h 30 min", "10 to 15 minutes", "at least 2 d"."""

import re
from datetime import timedelta

from steek.incidents.types import Duration
from steek.kernel.errors import InputError
from steek.kernel.units import format_duration

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_UNITS = {
    "ms": "ms",
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("w", "week", "weeks"), "w"),
}
_PART = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s{0,3}([a-z]{1,8})(?:\s|,|and\b)*")
_CLOCK = re.compile(r"(\d{1,4}):([0-5]\d)(?::([0-5]\d))?")
_NEXT_STEP = "Write '45 min', '1 h 30 min', '10 to 15 min', 'at least 2 h', or nothing when it is not known."


def read_length(text: str) -> Duration:
    """A length of time that is known exactly, or only to lie between two; nothing is an unknown one.

    Raises:
        InputError: it is none.

    >>> read_length("1 h 30 min"), read_length("10 to 15 min").longest_s, read_length("at least 2 d").longest_s
    (Duration(shortest_s=5400.0, longest_s=5400.0), 900.0, None)
    """
    said = " ".join(text.lower().split())
    if said in {"", "-", "unknown", "not known"}:
        return Duration(None, None)
    if said.startswith("at least "):
        return Duration(_seconds(said.removeprefix("at least "), text), None)
    if said.startswith("at most "):
        return Duration(None, _seconds(said.removeprefix("at most "), text))
    first, _, second = said.partition(" to ")
    if not second:
        exactly = _seconds(first, text)
        return Duration(exactly, exactly)
    longest = _seconds(second, text)
    unit = re.search(r"[a-z]+$", second)
    shortest = _seconds(first + (f" {unit.group()}" if unit and first.replace(".", "", 1).isdecimal() else ""), text)
    return Duration(min(shortest, longest), max(shortest, longest))


def length_words(length: Duration) -> str | None:
    """A length of time as people write it, or None when nothing is known of it; `read_length` reads it again.

    >>> length_words(Duration(600.0, 900.0)), length_words(Duration(None, None))
    ('10 min to 15 min', None)
    """
    shortest, longest = (
        None if value is None else format_duration(timedelta(seconds=value))
        for value in (length.shortest_s, length.longest_s)
    )
    if shortest is None:
        return None if longest is None else f"at most {longest}"
    if longest is None:
        return f"at least {shortest}" if length.shortest_s else None
    return shortest if shortest == longest else f"{shortest} to {longest}"


def middle_s(length: Duration) -> float | None:
    """One number for a length that lies between two: the middle, or the one end that is known."""
    known = [value for value in (length.shortest_s, length.longest_s) if value is not None]
    return sum(known) / len(known) if known else None


def _seconds(said: str, whole: str) -> float:
    clock = _CLOCK.fullmatch(said.strip())
    if clock is not None:
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return float(hours * 3600 + minutes * 60 + seconds)
    total, at = 0.0, 0
    while at < len(said):
        part = _PART.match(said, at)
        if part is None or part.group(2) not in _UNITS:
            break
        total, at = total + float(part.group(1)) * _SECONDS[_UNITS[part.group(2)]], part.end()
    if at < len(said) or not said or total > 100 * 366 * 86400:
        message = f"{whole[:60]!r} is no length of time"
        raise InputError(message, next_step=_NEXT_STEP)
    return total
