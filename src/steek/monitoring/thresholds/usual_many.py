"""What was learned of many slices at once, equal to what `learn_one` gives for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from steek.measures.robust import MEDIAN_VARIANCE
from steek.measures.robust_rows import Floats, last_values, row_counts, row_medians
from steek.measures.seasons import Seasons, learn_seasons, residuals
from steek.measures.tails import far_quantile
from steek.monitoring.kinds import Kind, chance_spreads
from steek.monitoring.silence import FALSE_ALARM_FRACTION
from steek.monitoring.thresholds.declared import DAY, LearnedThreshold
from steek.monitoring.thresholds.phases import COARSER, levels_of
from steek.monitoring.thresholds.series_frame import SeriesFrame
from steek.monitoring.thresholds.usual import NOTHING_KNOWN, Usual

# However heavy the tail: a rule is not widened so far that it sees nothing any more.
_MOST_WIDENING = 3.0
# Nor so far as a budget of no alert at all would ask for.
_LEAST_FRACTION = 1e-6


@dataclass(frozen=True, slots=True)
class UsualMany:
    """As `Usual`, with one entry for each slice, for all parts of the season."""

    slices: tuple[str | None, ...]
    windows: NDArray[np.int64]
    expected: Floats
    seasons: Seasons
    shared_width: float = 0.0

    def of(self, index: int, part: int) -> Usual:
        """One slice in one part of the finest level; nothing for an index below 0."""
        if index < 0 or not self.windows[index]:
            return NOTHING_KNOWN
        seasons = self.seasons
        return Usual(
            int(self.windows[index]),
            float(self.expected[index]),
            float(seasons.centres[index, part]),
            int(seasons.known[index, part]),
            float(seasons.spreads[index]),
        )

    def lined_up(self, slices: Sequence[str | None]) -> "UsualMany":
        """In the order of `slices`, with nothing known of those that were not learned."""
        if tuple(slices) == self.slices:
            return self
        places = {name: index for index, name in enumerate(self.slices)}
        order = np.array([places.get(name, -1) for name in slices], dtype=np.int64)
        unknown = order < 0
        parts = self.seasons.centres.shape[1]

        def picked(values: Floats, nothing: float) -> Floats:
            if not len(self.slices):
                return np.full((len(order), *values.shape[1:]), nothing)
            found = values[order].astype(np.float64)
            found[unknown] = nothing
            return found

        seasons = self.seasons
        known = picked(seasons.known.astype(np.float64), 0.0).reshape(len(order), parts)
        lined = Seasons(picked(seasons.centres, np.nan), known.astype(np.int64), picked(seasons.spreads, np.nan))
        windows = picked(self.windows.astype(np.float64), 0.0).astype(np.int64)
        return UsualMany(tuple(slices), windows, picked(self.expected, np.nan), lined, self.shared_width)


def learn_many(history: SeriesFrame, kind: Kind, threshold: LearnedThreshold, window: timedelta) -> UsualMany:
    """What is usual for each slice, from the last windows with a value that the threshold reaches back to."""
    values = last_values(history.values, threshold.sized(window).windows)
    scaled = on_scale(values, kind)
    levels = levels_of(threshold.season, history.starts)
    seasons = learn_seasons(scaled, levels, COARSER[threshold.season])
    return UsualMany(history.slices, row_counts(values), row_medians(values), seasons)


def on_scale(values: Floats, kind: Kind) -> Floats:
    """Values on the kind's scale; what cannot be there, such as a count below 0, counts as 0."""
    return np.sqrt(np.maximum(values, 0.0)) if kind.scale == "sqrt" else values


def shared_width(
    history: SeriesFrame, usual: UsualMany, kind: Kind, threshold: LearnedThreshold, window: timedelta,
    minimum_expected: float = 0.0,
) -> float:  # fmt: skip
    """Half-width in spreads that lets one false alarm through in a hundred days, over all slices together.

    From the pooled tail of the past deviations, in spreads, of the slices that are judged by size: heavy tails and
    many slices both ask for more room than a width that suits one normal series. 0 where the pool has no tail to
    speak of; at most three times the declared width.
    """
    values = last_values(history.values, threshold.sized(window).windows)
    judged = usual.windows >= threshold.sized(window).min_history
    if kind is Kind.COUNT:
        judged &= usual.expected >= max(minimum_expected, threshold.min_volume)
    if not judged.any():
        return 0.0
    levels = levels_of(threshold.season, history.starts)
    seasons = usual.seasons
    centres, known = seasons.centres[judged], seasons.known[judged]
    deviations = np.abs(residuals(on_scale(values[judged], kind), centres, levels))
    behind = known[:, levels[0]] if levels else known
    rows = np.ones_like(deviations) if history.rows is None else np.fmax(history.rows[judged], 1.0)
    least = chance_spreads(kind, centres=usual.expected[judged][:, None], rows=rows)
    if history.rows is None and kind is not Kind.COUNT:
        least = np.zeros_like(deviations)
    spreads = np.maximum(seasons.spreads[judged][:, None], least)
    usable = np.isfinite(deviations) & (spreads > 0)
    usable &= (values[judged] > 0) if kind is Kind.COUNT else True
    room = spreads * np.sqrt(1 + MEDIAN_VARIANCE / np.maximum(behind, 1))
    relative = deviations / np.where(room > 0, room, np.nan)
    # A budget below one alert in a hundred days asks for more room than that.
    fraction = min(FALSE_ALARM_FRACTION, max(threshold.budget_per_week / 7, _LEAST_FRACTION))
    allowed = fraction * min(1.0, window / DAY) / int(judged.sum())
    found = far_quantile(relative[usable], allowed)
    return 0.0 if found is None else float(min(found, _MOST_WIDENING * threshold.width))
