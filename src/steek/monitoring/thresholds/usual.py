"""What was learned of one slice, and the bounds that follow from it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from steek.measures.robust import MEDIAN_VARIANCE, median, spread, to_scale
from steek.measures.seasons import season_of_one
from steek.monitoring.kinds import Kind, Limits, chance_spread, reachable, with_own_error
from steek.monitoring.thresholds.declared import Season
from steek.monitoring.thresholds.phases import parts_of


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual for a slice in windows of one part of its season.

    Args:
        windows: How many past windows it was learned from; 0 leaves the other fields NaN and 0.
        expected: Median of all of them, in the unit of the values.
        centre: Of this part of the season, on the kind's scale.
        known: How many windows the centre was taken from.
        spread: About the centres of their parts, on the kind's scale.
    """

    windows: int
    expected: float
    centre: float
    known: int
    spread: float


NOTHING_KNOWN = Usual(0, math.nan, math.nan, 0, math.nan)


def learn_one(
    values: Sequence[float], starts: Sequence[datetime], kind: Kind, season: Season | None, at: datetime
) -> Usual:
    """What is usual at `at`, from finite values of past windows; the plain form of `learn_many`.

    Raises:
        InputError: a count below 0.
    """
    if not values:
        return NOTHING_KNOWN
    scaled: list[float] = to_scale(np.asarray(values, dtype=np.float64), kind.scale).tolist()
    levels = [list(level) for level in zip(*(parts_of(season, start) for start in starts), strict=True)]
    centre, known, deviations = season_of_one(scaled, levels, parts_of(season, at))
    return Usual(len(values), median(values), centre, known, spread(deviations, centre=0.0))


def usual_limits(usual: Usual, kind: Kind, *, width: float, rows: int, deviation: float | None = None) -> Limits:
    """Bounds for a value over `rows` rows: `width` spreads about the centre, never narrower than chance alone.

    Args:
        usual: What was learned.
        kind: Of the indicator.
        width: Half-width in spreads.
        rows: Rows behind the value that is judged.
        deviation: Standard deviation of one row, where the indicator measures it.
    """
    least = chance_spread(kind, centre=usual.expected, rows=max(rows, 1))
    room = with_own_error(max(usual.spread, least), rows, deviation)
    # The median itself is uncertain, so what the next value may do is wider than what the past ones did.
    half = width * room * math.sqrt(1 + MEDIAN_VARIANCE / usual.known)
    if kind.scale == "linear":
        return reachable(kind, usual.centre - half, usual.centre + half)
    return reachable(kind, max(usual.centre - half, 0.0) ** 2, (usual.centre + half) ** 2)
