"""Many series as one matrix, and the values of one window of all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from steek.measures.robust_rows import Floats
from steek.monitoring.judgement import Measurement


@dataclass(frozen=True, slots=True)
class SeriesFrame:
    """History of many slices.

    Args:
        slices: Names, None for the whole.
        starts: Starts of the windows, oldest first, evenly apart.
        values: Slices x windows; NaN where nothing was measured, or where it must not be learned from.
        rows: Rows behind each value; None when unknown.
    """

    slices: tuple[str | None, ...]
    starts: tuple[datetime, ...]
    values: Floats
    rows: Floats | None = None

    def window(self, index: int) -> "Now":
        """The values of one window as if it were now; unknown rows count as 0."""
        rows = np.zeros(len(self.slices)) if self.rows is None else np.nan_to_num(self.rows[:, index])
        return Now(self.starts[index], self.slices, self.values[:, index], rows)

    def between(self, first: int, end: int) -> "SeriesFrame":
        """Windows `first` to before `end`."""
        rows = None if self.rows is None else self.rows[:, first:end]
        return SeriesFrame(self.slices, self.starts[first:end], self.values[:, first:end], rows)

    def without(self, windows: NDArray[np.bool_]) -> "SeriesFrame":
        """With the values of the marked windows taken out, so that nothing is learned from them."""
        if not windows.any():
            return self
        return SeriesFrame(self.slices, self.starts, np.where(windows[None, :], np.nan, self.values), self.rows)


@dataclass(frozen=True, slots=True)
class Now:
    """Values of all slices in the window that is judged; NaN where there was nothing to measure.

    `deviations` are standard deviations of one row, NaN where unknown; `broken` and `unreadable` give the reasons of
    slices that need no threshold, or had no measurement, by index.
    """

    start_at: datetime
    slices: tuple[str | None, ...]
    values: Floats
    rows: Floats
    deviations: Floats | None = None
    broken: Mapping[int, str] = field(default_factory=dict[int, str])
    unreadable: Mapping[int, str] = field(default_factory=dict[int, str])

    @classmethod
    def of(cls, measurements: Sequence[Measurement], start_at: datetime) -> "Now":
        """The arrays of measurements."""
        deviations = [one.deviation for one in measurements]
        return cls(
            start_at,
            tuple(one.slice for one in measurements),
            np.array([np.nan if one.value is None else one.value for one in measurements], dtype=np.float64),
            np.array([one.rows for one in measurements], dtype=np.float64),
            np.array([np.nan if one is None else one for one in deviations], dtype=np.float64),
            {index: one.broken_because for index, one in enumerate(measurements) if one.broken_because is not None},
            {index: one.unreadable for index, one in enumerate(measurements) if one.unreadable is not None},
        )


def even_starts(first_at: datetime, last_at: datetime, window: timedelta) -> tuple[datetime, ...]:
    """Starts of windows from the first to the last, both included; empty when the last is before the first."""
    return tuple(first_at + number * window for number in range(int((last_at - first_at) / window) + 1))
