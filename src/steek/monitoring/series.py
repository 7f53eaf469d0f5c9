"""A series as a chart needs it: points, present bounds, unit, threshold in words."""

from dataclasses import dataclass

from steek.monitoring.points import Point


@dataclass(frozen=True, slots=True)
class Series:
    """Points of one monitor and slice, oldest first.

    `lower` and `upper` are the bounds of the newest point, None where there is none; each point carries its own.
    A value of None is a gap.
    """

    monitor: str
    slice: str | None
    points: tuple[Point, ...]
    lower: float | None
    upper: float | None
    unit: str
    threshold: str
