"""The day in a name or a title: "2019-03-12-search.md", "Search outage of 12 March 2019", "March 12th, 2019"."""

import re
from datetime import UTC, datetime

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ISO = re.compile(r"(?<!\d)((?:19|20)\d\d)([-_./]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")
_NAMED = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_DAY, _YEAR = r"([0-3]?\d)(?:st|nd|rd|th)?", r"((?:19|20)\d\d)"
_DAY_FIRST = re.compile(rf"(?<!\d){_DAY}\.?\s+(?:of\s+)?{_NAMED},?\s+{_YEAR}(?!\d)", re.IGNORECASE)
_MONTH_FIRST = re.compile(rf"\b{_NAMED}\s+{_DAY},?\s+{_YEAR}(?!\d)", re.IGNORECASE)


def day_in(text: str) -> datetime | None:
    """The one day that a text names, at its beginning in UTC; None when it names none, or several.

    >>> day_in("2019-03-12-search.md").date().isoformat(), day_in("Outage of 12 March 2019").date().isoformat()
    ('2019-03-12', '2019-03-12')
    >>> day_in("from 2019-03-12 to 2019-03-14"), day_in("Version 2.0")
    (None, None)
    """
    said = [(year, month, day) for year, _, month, day in _ISO.findall(text)]
    said += [(year, _month(name), day) for day, name, year in _DAY_FIRST.findall(text)]
    said += [(year, _month(name), day) for name, day, year in _MONTH_FIRST.findall(text)]
    days = {day for one in said if (day := _real(*(int(part) for part in one))) is not None}
    return days.pop() if len(days) == 1 else None


def _month(name: str) -> str:
    return str(_MONTHS.index(name.lower()[:3]) + 1)


def _real(year: int, month: int, day: int) -> datetime | None:
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None
