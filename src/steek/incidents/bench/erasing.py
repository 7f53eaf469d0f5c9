"""Results of the bench as a place that may hold traces of persons: a file that names one is let go of whole."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import polars as pl

from steek.data.erasure.matching import digest_of
from steek.data.erasure.ports import Finding
from steek.data.erasure.searching import files_below
from steek.data.erasure.subjects import Trace, wanted

_ENTITY = "entity"


class BenchResults:
    """A `Holder` over the files of results. What is left of a run is its question and its summary.

    Args:
        folder: Where the files lie.
    """

    name = "bench"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, traces: Sequence[Trace]) -> list[Finding]:
        return [
            Finding(digest, f"bench/{path.name}", rows)
            for path, counted in self._named(traces)
            for digest, rows in sorted(counted.items())
        ]

    def erase(self, traces: Sequence[Trace], *, cause: str) -> int:  # noqa: ARG002 - the seam's
        taken = 0
        for path, counted in self._named(traces):
            path.unlink(missing_ok=True)
            taken += sum(counted.values())
        return taken

    def clear(self, traces: Sequence[Trace], *, cause: str) -> int:  # noqa: ARG002 - the seam's
        return 0

    def _named(self, traces: Sequence[Trace]) -> Iterator[tuple[Path, Mapping[str, int]]]:
        """Files with rows of these persons, and how many of each."""
        for path in files_below(self._folder):
            frame = pl.read_parquet(path)
            digest = digest_of(frame.schema, wanted(traces), (_ENTITY,))
            named = [] if digest is None else frame.select(digest).drop_nulls().to_series().to_list()
            if named:
                yield path, Counter(named)
