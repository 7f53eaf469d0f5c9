"""Group commit: events that several threads record at once share one transaction.

A durable commit waits for the disk. The first thread that finds nobody leading takes everything that waits, writes it
in one transaction and hands each thread its part; what came meanwhile is led by the first of those who wait.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from steek.kernel.errors import ResourceError
from steek.ledger.events import Draft, Event

Write = Callable[[Sequence[Draft]], list[Event]]
# Bounds how long one transaction holds the write lock.
_MOST_DRAFTS = 500


@dataclass(slots=True)
class _Order:
    drafts: tuple[Draft, ...]
    written: list[Event] | None = None
    error: BaseException | None = None
    # Set when the order is written or failed, and when its thread has to lead.
    turn: threading.Event = field(default_factory=threading.Event)

    @property
    def is_done(self) -> bool:
        return self.written is not None or self.error is not None


class GroupCommit:
    """Writes drafts of many threads by few transactions; each caller's drafts stay together and in order.

    Args:
        write: Writes drafts in one durable transaction of its own and gives their events.
    """

    def __init__(self, write: Write) -> None:
        self._write = write
        self._waiting: deque[_Order] = deque()
        self._guard = threading.Lock()
        self._led = False

    def record(self, drafts: tuple[Draft, ...]) -> list[Event]:
        """The events of `drafts`, durable when this returns; raises what writing them alone would raise."""
        order = _Order(drafts)
        with self._guard:
            self._waiting.append(order)
            leads = not self._led
            self._led = True
        if not leads:
            order.turn.wait()
        if not order.is_done:
            try:
                self._lead()
            finally:
                self._pass_on()
        if order.error is not None:
            raise order.error
        assert order.written is not None
        return order.written

    def _pass_on(self) -> None:
        with self._guard:
            self._led = bool(self._waiting)
            if self._led:
                self._waiting[0].turn.set()

    def _take(self) -> list[_Order]:
        with self._guard:
            group = [self._waiting.popleft()]
            count = len(group[0].drafts)
            while self._waiting and count + len(self._waiting[0].drafts) <= _MOST_DRAFTS:
                group.append(self._waiting.popleft())
                count += len(group[-1].drafts)
        return group

    def _lead(self) -> None:
        group = self._take()
        try:
            events = iter(self._write([draft for order in group for draft in order.drafts]))
        except ResourceError as error:
            # The database itself: it would say the same to each.
            _fail(group, error)
        except Exception as error:  # noqa: BLE001 - handed to the thread whose draft it is
            if len(group) == 1:
                _fail(group, error)
            else:
                self._write_alone(group)
        except BaseException as error:
            # Somebody stops this thread; the others must not wait for it for ever.
            _fail(group, error)
            raise
        else:
            for order in group:
                order.written = [next(events) for _ in order.drafts]
                order.turn.set()

    def _write_alone(self, group: list[_Order]) -> None:
        """One bad draft must not take the others with it."""
        for order in group:
            try:
                order.written = self._write(order.drafts)
            except Exception as error:  # noqa: BLE001 - handed to the thread that waits for it
                order.error = error
            order.turn.set()


def _fail(group: list[_Order], error: BaseException) -> None:
    for order in group:
        order.error = error
        order.turn.set()
