"""Keys that were seen in earlier chunks of a batch."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Numbers = NDArray[Any]
# A run is merged into its neighbour until each is at least twice as long as the next: few runs, each merged rarely.
_GROWTH = 2


class SeenKeys:
    """The keys of the rows so far, as 64-bit numbers: 8 bytes a row, and a search of a few sorted runs a chunk.

    A key of one integer is its own number. Others are hashed; within a chunk keys are compared themselves, across
    chunks by the hash, so that of n rows one is mistaken for a repeat with probability n squared / 2**65 (0.01% for
    60 million rows). Such a row lies in quarantine with its reason, and can be replayed.
    """

    def __init__(self) -> None:
        self._runs: list[Numbers] = []

    @property
    def run_count(self) -> int:
        """Sorted runs that a search goes through: about the logarithm of the number of keys."""
        return len(self._runs)

    def repeats(self, keys: pl.DataFrame) -> pl.Series:
        """For each row whether its key stood in an earlier row; the keys of the others are remembered.

        Args:
            keys: The key columns of a chunk, without nulls.
        """
        numbers = _numbers(keys)
        ordered = _in_order(numbers)
        # Most batches repeat nothing, which costs one sort and searches that walk through each run once.
        if _is_distinct(ordered) and not any(_meet(ordered, run) for run in self._runs):
            self._remember(ordered)
            return pl.repeat(value=False, n=keys.height, eager=True).alias("repeated")
        first = keys.to_series().is_first_distinct() if keys.width == 1 else keys.to_struct().is_first_distinct()
        seen = np.zeros(len(numbers), dtype=np.bool_)
        for run in self._runs:
            places = np.searchsorted(run, numbers)
            seen |= run[np.minimum(places, len(run) - 1)] == numbers
        repeated = ~first | pl.Series(seen)
        self._remember(_in_order(numbers[~repeated.to_numpy()]))
        return repeated.alias("repeated")

    def _remember(self, ordered: Numbers) -> None:
        if not len(ordered):
            return
        self._runs.append(ordered)
        while len(self._runs) > 1 and len(self._runs[-2]) < _GROWTH * len(self._runs[-1]):
            last = self._runs.pop()
            merged = np.concatenate([self._runs.pop(), last])
            # A stable sort merges two sorted runs in one pass.
            merged.sort(kind="stable")
            self._runs.append(merged)


def _numbers(keys: pl.DataFrame) -> Numbers:
    if keys.width == 1 and keys.dtypes[0] == pl.Int64:
        return keys.to_series().to_numpy()
    return keys.hash_rows(seed=0).to_numpy()


def _in_order(numbers: Numbers) -> Numbers:
    rising = bool((numbers[1:] >= numbers[:-1]).all())
    # A copy even so: what is remembered must not hold on to the memory of a whole chunk.
    return numbers.copy() if rising else pl.Series(numbers).sort().to_numpy()


def _is_distinct(ordered: Numbers) -> bool:
    return bool((ordered[1:] != ordered[:-1]).all())


def _meet(ordered: Numbers, run: Numbers) -> bool:
    """Whether a number is in both; both are sorted, and the run has at least one."""
    if not len(ordered) or ordered[0] > run[-1] or ordered[-1] < run[0]:
        return False
    places = np.searchsorted(run, ordered)
    return bool((run[np.minimum(places, len(run) - 1)] == ordered).any())
