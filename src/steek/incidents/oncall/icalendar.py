"""Watches as an iCalendar file (RFC 5545), for the calendars that people carry."""

from collections.abc import Sequence
from datetime import UTC, datetime

from steek.incidents.oncall.watches import Watch

_LINE_BYTES = 75


def icalendar(watches: Sequence[Watch], *, made_at: datetime) -> str:
    """One event for each watch; times without anybody stand in it as such. Lines end in CRLF.

    Args:
        watches: Who is on call when.
        made_at: When the file was made.

    >>> icalendar([], made_at=datetime(2024, 1, 1, tzinfo=UTC)).splitlines()[0]
    'BEGIN:VCALENDAR'
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//steek//on-call//EN", "CALSCALE:GREGORIAN"]
    for watch in watches:
        who = watch.person or "NOBODY"
        lines += [
            "BEGIN:VEVENT",
            f"UID:{_escaped(watch.rotation)}-{_stamp(watch.start_at)}@steek",
            f"DTSTAMP:{_stamp(made_at)}",
            f"DTSTART:{_stamp(watch.start_at)}",
            f"DTEND:{_stamp(watch.end_at)}",
            f"SUMMARY:{_escaped(f'{who} on call for {watch.rotation}')}",
            f"DESCRIPTION:{_escaped(watch.because)}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    return "".join(f"{_folded(line)}\r\n" for line in [*lines, "END:VCALENDAR"])


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    """Text with what means something to a calendar told apart; control characters become spaces."""
    plain = "".join(character if character.isprintable() or character == "\n" else " " for character in text)
    for mark in ("\\", ";", ","):
        plain = plain.replace(mark, f"\\{mark}")
    return plain.replace("\n", "\\n")


def _folded(line: str) -> str:
    """At most 75 octets a line; what follows begins with a space (section 3.1)."""
    parts: list[str] = []
    part = ""
    for character in line:
        if len((part + character).encode()) > _LINE_BYTES - bool(parts):
            parts.append(part)
            part = ""
        part += character
    return "\r\n ".join([*parts, part])
