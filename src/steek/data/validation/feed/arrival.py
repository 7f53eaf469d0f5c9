"""Whether a feed came in time, by the cadence that its contract promises."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from steek.kernel.units import parse_duration

# A nightly feed comes at two one night and at half past the next: a quarter of the cadence is nobody's fault.
_GRACE = 0.25
ArrivalState = Literal["in time", "due", "late", "nothing yet"]


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a feed stands to its cadence.

    Args:
        state: "in time"; "due" where the next batch may come any moment; "late"; or "nothing yet".
        cadence: How often data are promised, e.g. "1d".
        last_at: Processing time of the newest batch; None before the first.
        due_at: When the next one is promised; None before the first.
        evidence: A sentence with the moments.
    """

    state: ArrivalState
    cadence: str
    last_at: datetime | None
    due_at: datetime | None
    evidence: str


def judge_arrival(cadence: str | None, last_at: datetime | None, now: datetime) -> Arrival | None:
    """How a feed stands at `now`; None where no cadence is promised.

    >>> from datetime import UTC
    >>> judge_arrival("1d", datetime(2017, 10, 2, 6, tzinfo=UTC), datetime(2017, 10, 4, 6, tzinfo=UTC)).evidence
    'the last batch came at 2017-10-02 06:00, one is promised every 1d: late by 1 day, 0:00:00'
    """
    if cadence is None:
        return None
    if last_at is None:
        return Arrival("nothing yet", cadence, None, None, f"nothing has come yet; a batch is promised every {cadence}")
    length = parse_duration(cadence)
    due_at = last_at + length
    told = f"the last batch came at {last_at:%Y-%m-%d %H:%M}, one is promised every {cadence}"
    if now <= due_at:
        return Arrival("in time", cadence, last_at, due_at, told)
    by = timedelta(seconds=int((now - due_at).total_seconds()))
    if now <= due_at + _GRACE * length:
        return Arrival("due", cadence, last_at, due_at, f"{told}: the next is due since {by}")
    return Arrival("late", cadence, last_at, due_at, f"{told}: late by {by}")
