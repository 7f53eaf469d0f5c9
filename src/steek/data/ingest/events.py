"""Single events: those that arrive within a few milliseconds share one spool file, one flush and one receipt."""

import contextlib
import threading
from collections.abc import Callable, Sequence

from steek.data.ingest.event_batches import EventBatches
from steek.data.ingest.event_requests import EventRequest
from steek.kernel.errors import BusyError

MOST_TOGETHER = 4_096
_MOST_WAITING = 50_000


class EventQueue:
    """Collects events of one dataset; whoever finds nobody at work writes all that wait. Safe between threads."""

    def __init__(self, batches: EventBatches, start: Callable[[Callable[[], None]], object]) -> None:
        self._batches = batches
        self._start = start
        self._lock = threading.Lock()
        self._waiting: list[EventRequest] = []
        self._working = False

    def add(self, request: EventRequest) -> None:
        """Have a request written soon; it is told once it is durable.

        Raises:
            BusyError: too many wait.
        """
        with self._lock:
            if len(self._waiting) >= _MOST_WAITING:
                message = f"{len(self._waiting)} requests with events wait already"
                raise BusyError(message, next_step="Send it again a little later.")
            self._waiting.append(request)
            if self._working:
                return
            self._working = True
        self._start(self._work)

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._working = False
                    return
                together, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
            try:
                self._batches.write(together)
            except BaseException as cause:  # noqa: BLE001 - told to whoever waits; those who come next are served
                _tell(together, cause)


def _tell(requests: Sequence[EventRequest], cause: BaseException) -> None:
    error = cause if isinstance(cause, Exception) else RuntimeError(type(cause).__name__)
    for request in requests:
        # Some may have been told already, or wait no more.
        with contextlib.suppress(Exception):
            request.done(error)
