"""Numbers, instants and durations as people read them; every helper returns text or escaped markup."""

import math
import re
from datetime import datetime, timedelta
from urllib.parse import quote

from markupsafe import Markup

from steek.kernel.units import format_duration

_LONG_LIST = re.compile(r"[^\s,()=:]+(?:,[^\s,()=:]+){9,}")
_INSTANT = re.compile(r"\b(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(?:\+00:00|Z)?")
_TOO_SHORT = re.compile(r"only (\d+) of the (\d+) earlier windows it needs")
_THIS_WEEK = timedelta(days=6)


def count(number: float) -> str:
    """A count or amount with thousands separated.

    >>> count(1469307), count(12.345)
    ('1,469,307', '12.3')
    """
    return f"{number:,.0f}" if abs(number) >= 100 or number == int(number) else f"{number:,.1f}"


def percent(fraction: float) -> str:
    """A fraction in percent, with a digit more where it is near 0 or 1.

    >>> percent(0.5), percent(0.998), percent(0.0), percent(1.0)
    ('50%', '99.8%', '0%', '100%')
    """
    if fraction in {0.0, 1.0}:
        return f"{fraction * 100:.0f}%"
    exact = abs(fraction) < 0.1 or 0.9 < abs(fraction) < 1.1
    shown = f"{fraction * 100:.1f}".removesuffix(".0") if exact else f"{fraction * 100:.0f}"
    return f"{'0' if shown == '-0' else shown}%"


def quantity(value: float | None, unit: str) -> str:
    """A value with its unit; "nothing measured" when there is none.

    >>> quantity(0.461, "fraction"), quantity(26.0, "h"), quantity(None, "rows")
    ('46%', '26 h', 'nothing measured')
    """
    if value is None or math.isnan(value):
        return "nothing measured"
    if unit == "fraction":
        return percent(value)
    if unit == "rows" and value == 1:
        return "1 row"
    number = count(value) if abs(value) >= 10 or value == int(value) else f"{value:.3g}"
    return number if unit in {"", "ratio"} else f"{number} {unit}"


def shorten_lists(text: str) -> str:
    """Lists of ten names and more, counted, with the first three.

    >>> shorten_lists("members=69,2,764,1208,544,317,103,1251,194,673: done")
    'members=10 in all, 69, 2, 764 …: done'
    """

    def counted(found: re.Match[str]) -> str:
        names = found.group().split(",")
        return f"{len(names)} in all, {', '.join(names[:3])} \N{HORIZONTAL ELLIPSIS}"

    return _LONG_LIST.sub(counted, text)


def plain_instants(text: str) -> str:
    """ISO instants inside a text without the T, the seconds and the zone, which is UTC on all pages.

    >>> plain_instants("until 2017-10-06T06:00:00+00:00")
    'until 2017-10-06 06:00'
    """
    return _INSTANT.sub(r"\1 \2", text)


def plain_reason(reason: str) -> str:
    """Why there is no verdict yet, as a person waits for it.

    >>> plain_reason("only 4 of the 7 earlier windows it needs")
    'bounds after 7 windows, 4 so far'
    """
    return _TOO_SHORT.sub(r"bounds after \2 windows, \1 so far", reason)


def size(size_bytes: int) -> str:
    """Bytes in the unit that keeps the number short.

    >>> size(900), size(1_250_000)
    ('900 B', '1.2 MB')
    """
    amount = float(size_bytes)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


def short_time(at: datetime, now: datetime) -> str:
    """An instant, as short as `now` allows: the hour today, the weekday this week, the date otherwise.

    >>> from datetime import UTC
    >>> short_time(datetime(2017, 9, 14, 22, 5, tzinfo=UTC), datetime(2017, 9, 16, 3, 40, tzinfo=UTC))
    'Thu 22:05'
    """
    if at.date() == now.date():
        return f"{at:%H:%M}"
    if abs(now - at) < _THIS_WEEK:
        return f"{at:%a %H:%M}"
    return f"{at:%d %b %H:%M}" if at.year == now.year else f"{at:%d %b %Y %H:%M}"


def ago(at: datetime, now: datetime) -> str:
    """How long ago, or how soon.

    >>> from datetime import UTC
    >>> ago(datetime(2017, 9, 16, 1, tzinfo=UTC), datetime(2017, 9, 16, 4, tzinfo=UTC))
    '3 h ago'
    """
    distance = now - at
    if abs(distance) < timedelta(minutes=1):
        return "just now"
    rounded = timedelta(seconds=round(abs(distance).total_seconds() / 60) * 60)
    if rounded >= timedelta(hours=10):
        rounded = timedelta(hours=round(rounded.total_seconds() / 3600))
    words = format_duration(rounded)
    return f"{words} ago" if distance > timedelta() else f"in {words}"


def time_tag(at: datetime | None, now: datetime, *, relative: bool = False) -> Markup:
    """A `time` element: short in sight, the whole instant in UTC behind it; with `relative`, "3 h ago" beside it."""
    if at is None:
        return Markup('<span class="soft">\N{EN DASH}</span>')
    tag = Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.isoformat(), f"{at:%Y-%m-%d %H:%M:%S} UTC", short_time(at, now)
    )
    return tag + Markup(' <span class="soft">{}</span>').format(ago(at, now)) if relative else tag


def interval_words(start: datetime | None, end: datetime | None, now: datetime) -> str:
    """A fuzzy instant: both ends, or one when they are the same or only one is known; "" for neither."""
    if start is None or end is None or start == end:
        known = start or end
        return short_time(known, now) if known else ""
    if start.date() == end.date():
        return f"{short_time(start, now)}\N{EN DASH}{end:%H:%M}"
    # Two days: the hour alone would not say which.
    days = "%a %H:%M" if abs(now - start) < _THIS_WEEK else "%d %b %H:%M"
    return "\N{EN DASH}".join(format(at, days) for at in (start, end))


def urn_path(urn: str) -> str:
    """The page about a URN: lineage for what has one, the incident for an incident."""
    if urn.startswith("incident:"):
        return f"/incidents/{quote(urn.removeprefix('incident:'), safe='')}"
    if urn.startswith("postmortem:"):
        return f"/postmortems/{quote(urn.removeprefix('postmortem:'), safe='')}"
    if urn.startswith("model:"):
        return f"/models/{quote(urn.removeprefix('model:'), safe='')}"
    return f"/lineage?of={quote(urn, safe='')}"
