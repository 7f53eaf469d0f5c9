"""Threads beside the event loop, and the bound on how much may wait for them."""

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

from steek.kernel.errors import BusyError

Result = TypeVar("Result")

_Job = tuple[Callable[[], Any], "asyncio.Future[Any]", asyncio.AbstractEventLoop]


class Worker:
    """One thread that does jobs in order; a job whose waiter gave up before its turn is skipped.

    The thread is a daemon: a job that hangs for ever does not keep the process from ending.
    """

    def __init__(self, name: str) -> None:
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    async def run(self, job: Callable[[], Result]) -> Result:
        """Do `job` in the thread and return what it returns or raise what it raises."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._jobs.put((job, future, loop))
        return cast("Result", await future)

    def stop(self) -> None:
        """Let the thread end after the jobs it has; does not wait for it."""
        self._jobs.put(None)

    def _work(self) -> None:
        while (item := self._jobs.get()) is not None:
            job, future, loop = item
            if future.cancelled():
                continue
            try:
                result, error = job(), None
            except BaseException as raised:  # noqa: BLE001 - it belongs to the waiter, not to this thread
                result, error = None, raised
            try:
                loop.call_soon_threadsafe(_settle, future, result, error)
            except RuntimeError:
                # The loop has ended and with it everybody who could have waited.
                return


def _settle(future: "asyncio.Future[Any]", result: object, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


class Admission:
    """Counts the requests inside and refuses more than the bound; used from the event loop only.

    Args:
        limit: Requests that may be inside at once, the one being worked on included.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.inside = 0
        self.refused = 0

    def __enter__(self) -> None:
        if self.inside >= self._limit:
            self.refused += 1
            message = f"{self.inside} requests are waiting, which is the limit of this server"
            raise BusyError(message, next_step="Try again in a second, or raise serving_queue.")
        self.inside += 1

    def __exit__(self, *_: object) -> None:
        self.inside -= 1
