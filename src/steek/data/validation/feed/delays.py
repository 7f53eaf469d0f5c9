"""How old rows were on arrival, in buckets that never change."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

import numpy as np
import polars as pl

# Two weeks hour by hour, then day by day: what is a year old does not need hours.
_FINE_HOURS = 14 * 24
_HOUR_US = 3_600_000_000
_DAY_HOURS = 24


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


@dataclass(frozen=True, slots=True)
class Ages:
    """The ages of the rows of a batch, ready to be asked; empty without moments.

    Args:
        hours: The age that each bucket begins with, rising.
        so_far: Rows up to and in each bucket.
    """

    hours: tuple[int, ...]
    so_far: tuple[int, ...]

    @classmethod
    def of(cls, delays: Mapping[int, int]) -> "Ages":
        """Of rows by bucket."""
        buckets = sorted(delays)
        rows = accumulate(delays[bucket] for bucket in buckets)
        return cls(tuple(hours_of(bucket) for bucket in buckets), tuple(rows))

    @property
    def rows(self) -> int:
        """Rows that have a moment."""
        return self.so_far[-1] if self.so_far else 0

    def typical_hours(self, fraction: float = 0.5) -> int | None:
        """The age that `fraction` of the rows do not exceed; None without rows.

        >>> Ages.of({0: 1, 5: 3}).typical_hours()
        5
        """
        return self.hours[bisect_left(self.so_far, fraction * self.rows)] if self.rows else None

    def older_fraction(self, hours: float) -> float | None:
        """The share of the rows older than so many hours; None without rows."""
        at = bisect_right(self.hours, hours)
        return (self.rows - (self.so_far[at - 1] if at else 0)) / self.rows if self.rows else None

    def future_fraction(self) -> float | None:
        """The share of the rows that happen after they arrived; None without rows."""
        at = bisect_left(self.hours, 0)
        return (self.so_far[at - 1] if at else 0) / self.rows if self.rows else None
