"""Acknowledgements that are asked for at the same time share one transaction."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from sqlalchemy import Connection

from steek.ledger import Database, Draft, Ledger

T = TypeVar("T")
Work = Callable[[Connection], tuple[T, list[Draft]]]


class Acknowledger:
    """Runs pieces of work in transactions shared by the threads that wait; whoever comes first leads the others.

    A piece gives its result and the events to append. When one piece fails, each is run again in a transaction of its
    own, so work must be repeatable; only the failing piece raises.
    """

    def __init__(self, database: Database, ledger: Ledger) -> None:
        self._database = database
        self._ledger = ledger
        self._lock = threading.Lock()
        self._leading = threading.Lock()
        self._waiting: list[_Entry[object]] = []

    def run(self, work: Work[T]) -> T:
        """The result of `work`, once its transaction is durable; raises what it raises."""
        mine = _Entry(work)
        with self._lock:
            self._waiting.append(mine)  # pyright: ignore[reportArgumentType]
        with self._leading:
            if not mine.done:
                with self._lock:
                    led, self._waiting = self._waiting, []
                self._lead(led)
        return mine.outcome()

    def _lead(self, led: "list[_Entry[object]]") -> None:
        try:
            self._together(led)
        except BaseException as cause:  # noqa: BLE001 - handed to whoever waits
            if len(led) == 1 or not isinstance(cause, Exception):
                for entry in led:
                    entry.fail(cause)
                return
            for entry in led:
                self._lead([entry])

    def _together(self, led: "list[_Entry[object]]") -> None:
        with self._database.transaction() as connection:
            results = [entry.work(connection) for entry in led]
            drafts = [draft for _, found in results for draft in found]
            if drafts:
                self._ledger.append(connection, *drafts)
        for entry, (result, _) in zip(led, results, strict=True):
            entry.succeed(result)


class _Entry(Generic[T]):
    """One piece of work and what became of it."""

    def __init__(self, work: Work[T]) -> None:
        self.work = work
        self.done = False
        self._results: list[T] = []
        self._error: BaseException | None = None

    def succeed(self, result: T) -> None:
        self._results = [result]
        self.done = True

    def fail(self, error: BaseException) -> None:
        self._error = error
        self.done = True

    def outcome(self) -> T:
        if self._error is not None:
            raise self._error
        return self._results[0]
