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
        first = keys.to_series().is_first_distinct() if keys.width == 1 else keys.to_struct().is_first_distinct()
        numbers = _numbers(keys)
        seen = np.zeros(len(numbers), dtype=np.bool_)
        for run in self._runs:
            places = np.searchsorted(run, numbers)
            seen |= run[np.minimum(places, len(run) - 1)] == numbers
        repeated = ~first | pl.Series(seen)
        self._remember(numbers[~repeated.to_numpy()])
        return repeated.alias("repeated")

    def _remember(self, numbers: Numbers) -> None:
        if not len(numbers):
            return
        self._runs.append(np.sort(numbers))
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
