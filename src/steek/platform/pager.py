"""Attends to pages while a worker runs: calls who is on call, escalates, reminds of updates."""

import logging
import threading
from collections.abc import Generator
from contextlib import contextmanager

from steek.incidents.oncall.paging import Paging
from steek.incidents.updates.telling import Telling
from steek.kernel.errors import SteekError
from steek.ledger import Subscriptions

_logger = logging.getLogger(__name__)
# Reminders look at every open incident; minutes matter to them, not seconds.
_REMIND_EVERY = 30


class Pager:
    """One thread beside the senders of notices; several processes may run one, each call is made once.

    Whoever declares an incident delivers its event themselves; where they died before that, or do not deliver at all,
    this does, so that a page never waits for the next night.

    Args:
        deliveries: The subscriptions of pages and updates alone: nothing slow stands before them.
        paging: Calls people.
        telling: Reminds them.
    """

    def __init__(self, deliveries: Subscriptions, paging: Paging, telling: Telling) -> None:
        self._deliveries = deliveries
        self._paging = paging
        self._telling = telling

    def attend(self, *, remind: bool = True) -> int:
        """Do what is due now, and return how many calls and reminders were made."""
        self._deliveries.deliver()
        return self._paging.tick() + (self._telling.tick() if remind else 0)

    @contextmanager
    def running(self, every_s: float = 0.5) -> Generator[None]:
        """Attend in a thread during the block."""
        stopping = threading.Event()
        thread = threading.Thread(target=self._run, args=(every_s, stopping), name="steek-pager", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stopping.set()
            thread.join(10)

    def _run(self, every_s: float, stopping: threading.Event) -> None:
        turn = 0
        while not stopping.wait(every_s):
            turn += 1
            try:
                self.attend(remind=turn % _REMIND_EVERY == 1)
            except SteekError as cause:
                _logger.warning("pages could not be attended to: %s", cause.message)
            except Exception:
                _logger.exception("pages could not be attended to")
