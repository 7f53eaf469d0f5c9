"""Which part of a season a window lies in: the hour of the day, the day of the week, or both."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

import numpy as np

from steek.measures.seasons import Parts
from steek.monitoring.thresholds.declared import Season

_WEEK_HOURS = np.arange(168)
# For each level, finest first: the part of it in which each part of the finest level lies.
COARSER: Mapping[Season | None, tuple[Parts, ...]] = MappingProxyType(
    {
        None: (),
        "day": (np.arange(24),),
        "week": (np.arange(7),),
        "hour of week": (_WEEK_HOURS, _WEEK_HOURS % 24),
    }
)


def parts_of(season: Season | None, at: datetime) -> tuple[int, ...]:
    """Part of each level, finest first, in which a window that starts at `at` lies.

    >>> from datetime import UTC
    >>> parts_of("hour of week", datetime(2017, 11, 21, 6, 30, tzinfo=UTC))
    (30, 6)
    """
    if season is None:
        return ()
    if season == "day":
        return (at.hour,)
    return (at.weekday(),) if season == "week" else (at.weekday() * 24 + at.hour, at.hour)


def levels_of(season: Season | None, starts: Sequence[datetime]) -> tuple[Parts, ...]:
    """Levels of a season for `learn_seasons`: for each level, finest first, the part of each window."""
    if season is None:
        return ()
    parts = np.array([parts_of(season, at) for at in starts], dtype=np.int64).reshape(len(starts), len(COARSER[season]))
    return tuple(np.ascontiguousarray(parts[:, level]) for level in range(parts.shape[1]))


def finest_part(season: Season | None, at: datetime) -> int:
    """Part of the finest level; 0 without a season."""
    return (*parts_of(season, at), 0)[0]
