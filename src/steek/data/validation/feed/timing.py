"""Event time against arrival: rows in the wrong bucket, from the future, or late."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from steek.data.validation.feed.checks import FeedChecks, Finding, Undecided
from steek.data.validation.feed.profiles import FeedProfile
from steek.measures.robust import mad_bounds, median

# Two weeks hour by hour, then day by day: what is a year old does not need hours.
_FINE_HOURS = 14 * 24
_HOUR_US = 3_600_000_000
_DAY_HOURS = 24
# Between half a day and a day and a half off is "a day off".
_OFF_BY_A_DAY_HOURS = 12
# A share of rows below this is never news by itself.
_LEAST_FRACTION = 0.02
_USUAL_FRACTION = 0.99


def delay_buckets(moments: pl.Series, arrived_at: datetime) -> dict[int, int]:
    """Rows per bucket of age on arrival: whole hours, rounded down, to two weeks; whole days beyond; without nulls.

    Args:
        moments: Event times, timestamps.
        arrived_at: When the batch arrived.
    """
    present = moments.drop_nulls()
    if present.is_empty():
        return {}
    arrived_us = int((arrived_at - datetime.fromisoformat("1970-01-01T00:00:00+00:00")) / timedelta(microseconds=1))
    hours = np.floor_divide(arrived_us - present.dt.epoch("us").to_numpy(), _HOUR_US)
    beyond = np.maximum(np.abs(hours) - _FINE_HOURS, 0) // _DAY_HOURS
    buckets = np.sign(hours) * (np.minimum(np.abs(hours), _FINE_HOURS) + beyond)
    first = int(buckets.min())
    counts = np.bincount(buckets - first)
    return {int(at) + first: int(counts[at]) for at in np.flatnonzero(counts)}


def hours_of(bucket: int) -> int:
    """The age in hours that a bucket begins with.

    >>> hours_of(12), hours_of(14 * 24 + 3) == 17 * 24
    (12, True)
    """
    beyond = max(abs(bucket) - _FINE_HOURS, 0)
    size = abs(bucket) - beyond + beyond * _DAY_HOURS
    return size if bucket >= 0 else -size


def typical_delay_hours(delays: Mapping[int, int], fraction: float = 0.5) -> int | None:
    """The age on arrival that `fraction` of the rows do not exceed; None without rows."""
    total = sum(delays.values())
    so_far = 0
    for bucket in sorted(delays):
        so_far += delays[bucket]
        if so_far >= fraction * total:
            return hours_of(bucket)
    return None


def check_time_bucket(batch: FeedProfile, history: Sequence[FeedProfile], checks: FeedChecks) -> Finding | Undecided:
    """Whether the rows lie as long before their arrival as those of other batches."""
    now = typical_delay_hours(batch.delays)
    past = [hours for one in history if (hours := typical_delay_hours(one.delays)) is not None]
    silent = _silent(now, past, checks)
    if silent is not None or now is None:
        return silent or Undecided("no row has a moment")
    bounds = mad_bounds(past, width=checks.width, least_spread=1.0)
    off = now - bounds.centre
    unusual = not bounds.lower <= now <= bounds.upper and abs(off) >= _OFF_BY_A_DAY_HOURS
    told = f"half of the rows were {now} h old or less on arrival; usual are {bounds.centre:.0f} h"
    if unusual:
        days = round(abs(off) / _DAY_HOURS)
        where = "early" if off > 0 else "late"
        told += (
            f": they lie {abs(off):.0f} h too {where}, about {days} day{'s' if days != 1 else ''} in the wrong bucket"
        )
    return Finding(unusual, float(now), bounds.centre, told)


def check_future(batch: FeedProfile, history: Sequence[FeedProfile], checks: FeedChecks) -> Finding | Undecided:
    """Whether more rows than usual happen after they arrived."""
    return _check_share(
        batch, history, checks, lambda hours: hours < 0, "of the rows say that they happen after they arrived"
    )


def check_late(batch: FeedProfile, history: Sequence[FeedProfile], checks: FeedChecks) -> Finding | Undecided:
    """Whether more rows than usual are older than 99% of the rows of earlier batches were."""
    # Median over batches: one load of a whole history must not decide what late means.
    ages = [age for one in history if (age := typical_delay_hours(one.delays, _USUAL_FRACTION)) is not None]
    if not ages:
        return Undecided("no earlier batch has rows with a moment")
    usual = median(ages)
    return _check_share(
        batch,
        history,
        checks,
        lambda hours: hours > usual,
        f"of the rows are older than {usual:.0f} h, the usual delay",
    )


def _check_share(
    batch: FeedProfile, history: Sequence[FeedProfile], checks: FeedChecks, among: Callable[[float], bool], told: str
) -> Finding | Undecided:
    def share(one: FeedProfile) -> float | None:
        total = sum(one.delays.values())
        return sum(rows for bucket, rows in one.delays.items() if among(hours_of(bucket))) / total if total else None

    now = share(batch)
    past = [value for one in history if (value := share(one)) is not None]
    silent = _silent(now, past, checks)
    if silent is not None or now is None:
        return silent or Undecided("no row has a moment")
    bounds = mad_bounds(past, width=checks.width)
    unusual = now > max(bounds.upper, bounds.centre + _LEAST_FRACTION)
    return Finding(unusual, now, bounds.centre, f"{now:.1%} {told}; usual are {bounds.centre:.1%}")


def _silent(now: float | None, past: Sequence[float], checks: FeedChecks) -> Undecided | None:
    if now is None:
        return Undecided("no row has a moment")
    if len(past) < checks.least_history:
        return Undecided(f"{len(past)} good batches so far; {checks.least_history} are needed")
    return None
