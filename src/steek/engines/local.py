"""Work on this machine: in this process while it is little, in spawned processes when it is much."""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from steek.kernel.errors import InputError, ResourceError

Item = TypeVar("Item")
Result = TypeVar("Result")

# A worker needs half a second to start and import; fewer pieces than this are done sooner here.
_FEWEST_ITEMS = 8


class LocalEngine:
    """The embedded default. Workers start when first needed and stay until `close`.

    Args:
        workers: Processes to use; 1 does everything in this process.
    """

    def __init__(self, workers: int) -> None:
        if workers < 1:
            message = f"an engine with {workers} workers cannot work; at least 1 is needed"
            raise InputError(message)
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        if self._workers == 1 or len(items) < _FEWEST_ITEMS:
            return [function(item) for item in items]
        try:
            return list(self._open().map(function, items, chunksize=1))
        except BrokenProcessPool as cause:
            self.close()
            message = f"a worker process died while {len(items)} pieces of work were under way"
            raise ResourceError(message, next_step="Most often memory ran out: use fewer engine_workers.") from cause

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def _open(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # Never fork: a forked child that uses Polars hangs.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(max_workers=self._workers, mp_context=context)
        return self._pool
