"""The good batches before one, with the sums that checks ask for at every batch carried on from batch to batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import repeat
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from steek.data.validation.feed.delays import Ages
from steek.data.validation.feed.profiles import ColumnKind, ColumnProfile, Counts, FeedProfile

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ColumnSums:
    """One column over all batches in which it has values and was counted in the same way.

    Args:
        past: Its profiles, oldest first.
        counts: Values by bin or category, all batches together.
        times: In how many of the batches each bin or category was.
        means: Mean per batch where the sum is known.
    """

    past: tuple[ColumnProfile, ...]
    counts: Mapping[Any, int]
    times: Mapping[Any, int]
    means: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class SliceSums:
    """Rows of each slice in each batch.

    Args:
        places: Slice to its column in `rows`; every one has rows in some batch.
        rows: Batches x slices, 0 where a slice has none.
        counted: Whether each batch was counted by slice; its row is 0 where it was not.
    """

    places: Mapping[str, int]
    rows: Rows
    counted: tuple[bool, ...]

    def of(self, counts: Counts) -> Rows:
        """Rows of a batch in the order of `places`."""
        return np.fromiter(map(counts.get, self.places, repeat(0)), np.int64, len(self.places))


class FeedHistory(Sequence[FeedProfile]):
    """Profiles of good batches, oldest first. Safe to share between threads.

    >>> len(FeedHistory([]).followed_by([]))
    0
    """

    def __init__(self, profiles: Sequence[FeedProfile]) -> None:
        self._profiles = tuple(profiles)
        self._columns: dict[tuple[str, ColumnKind], ColumnSums] = {}
        self._slices: dict[str, SliceSums] = {}
        self._ages: tuple[Ages, ...] | None = None
        self._weekdays: list[int] | None = None

    def __len__(self) -> int:
        return len(self._profiles)

    @overload
    def __getitem__(self, index: int) -> FeedProfile: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[FeedProfile, ...]: ...
    def __getitem__(self, index: int | slice) -> FeedProfile | tuple[FeedProfile, ...]:
        return self._profiles[index]

    def followed_by(self, profiles: Sequence[FeedProfile]) -> "FeedHistory":
        """The history of a later moment; where it only is one batch further, sums are changed and not made anew."""
        if _are(self._profiles, profiles):
            return self
        after = FeedHistory(profiles)
        kept = self._profiles[len(self) + 1 - len(profiles) :] if profiles else ()
        if len(kept) + 1 == len(profiles) and len(self) - len(kept) <= 1 and _are(kept, profiles[:-1]):
            gone, come = self._profiles[: len(self) - len(kept)], profiles[-1:]
            after._columns = {key: _moved(sums, key, gone, come) for key, sums in list(self._columns.items())}
            after._ages = (*self.ages[len(gone) :], Ages.of(come[0].delays))
            after._weekdays = [*self.weekdays[len(gone) :], weekday(come[0], after._ages[-1])]
            after._slices = {name: _slid(sums, name, len(gone), come[0]) for name, sums in list(self._slices.items())}
        return after

    @property
    def ages(self) -> tuple[Ages, ...]:
        """How old the rows of each batch were on arrival."""
        if self._ages is None:
            self._ages = tuple(Ages.of(one.delays) for one in self._profiles)
        return self._ages

    @property
    def weekdays(self) -> list[int]:
        """The day of the week of each batch."""
        if self._weekdays is None:
            self._weekdays = [weekday(one, ages) for one, ages in zip(self._profiles, self.ages, strict=True)]
        return self._weekdays

    def column(self, name: str, kind: ColumnKind) -> ColumnSums:
        """Sums of a column that is counted as `kind`."""
        known = self._columns.get((name, kind))
        if known is None:
            known = _moved(ColumnSums((), {}, {}, ()), (name, kind), (), self._profiles)
            self._columns[name, kind] = known
        return known

    def slices(self, name: str) -> SliceSums:
        """Rows by slice of a watched column."""
        known = self._slices.get(name)
        if known is None:
            every = [one.slices.get(name) or {} for one in self._profiles]
            places = {value: at for at, value in enumerate(dict.fromkeys(value for one in every for value in one))}
            counted = tuple(one.slices.get(name) is not None for one in self._profiles)
            empty = SliceSums(places, np.zeros((0, len(places)), np.int64), ())
            rows = np.vstack([empty.rows, *(empty.of(one) for one in every)])
            known = self._slices[name] = SliceSums(places, rows, counted)
        return known


def weekday(one: FeedProfile, ages: Ages) -> int:
    """The day of the week, 0 (Monday) to 6, on which half of its rows had happened, or on which it arrived."""
    return (one.arrived_at - timedelta(hours=ages.typical_hours() or 0)).weekday()


def _are(some: Sequence[FeedProfile], others: Sequence[FeedProfile]) -> bool:
    return len(some) == len(others) and all(one is other for one, other in zip(some, others, strict=True))


def _alike(batches: Sequence[FeedProfile], key: tuple[str, ColumnKind]) -> list[ColumnProfile]:
    name, kind = key
    found = [one.columns[name] for one in batches if name in one.columns]
    return [one for one in found if one.kind == kind and (any(one.bins.values()) or any(one.categories.values()))]


def _moved(
    sums: ColumnSums, key: tuple[str, ColumnKind], gone: Sequence[FeedProfile], come: Sequence[FeedProfile]
) -> ColumnSums:
    left, joined = _alike(gone, key), _alike(come, key)
    if not left and not joined:
        return sums
    counts, times = dict(sums.counts), dict(sums.times)
    for some, sign in ((left, -1), (joined, 1)):
        for one in some:
            for value, rows in (one.bins or one.categories).items():
                counts[value] = counts.get(value, 0) + sign * rows
                times[value] = times.get(value, 0) + sign
    for value in [value for value, batches in times.items() if not batches]:
        del counts[value], times[value]
    lost = sum(one.total is not None for one in left)
    means = (*sums.means[lost:], *(mean for one in joined if (mean := _mean(one)) is not None))
    return ColumnSums((*sums.past[len(left) :], *joined), counts, times, means)


def _mean(one: ColumnProfile) -> float | None:
    return None if one.total is None else one.total / sum((one.bins or one.categories).values())


def _slid(sums: SliceSums, name: str, gone: int, come: FeedProfile) -> SliceSums:
    counts, before = come.slices.get(name), sums.rows[gone:]
    new = [value for value in counts or {} if value not in sums.places]
    places = [*sums.places, *new]
    wider = np.hstack([before, np.zeros((len(before), len(new)), np.int64)])
    row = np.fromiter(map((counts or {}).get, places, repeat(0)), np.int64, len(places))
    rows = np.vstack([wider, row])
    # What no batch has any more is forgotten.
    kept = np.flatnonzero(rows.sum(axis=0))
    left = [places[at] for at in kept.tolist()]
    counted = (*sums.counted[gone:], counts is not None)
    return SliceSums({value: at for at, value in enumerate(left)}, rows[:, kept], counted)
