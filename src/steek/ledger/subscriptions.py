"""Delivery of events to the rooms that react to them: at least once, in order, across crashes."""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import insert, select, update

from steek.ledger.events import Event
from steek.ledger.ledger import Ledger
from steek.ledger.tables import cursors

Handler = Callable[[Event], object]


class Subscriptions:
    """Feeds each subscriber the events it asked for, from where it stopped.

    A handler must be idempotent by event id: it is called again when the process died after its work and
    before the cursor moved, or when two processes deliver at once.

    Args:
        ledger: Where events come from.
        table: Subscriber name to its event kinds and handler.
    """

    def __init__(self, ledger: Ledger, table: Mapping[str, tuple[Sequence[str], Handler]]) -> None:
        self._ledger = ledger
        self._table = table

    def deliver(self) -> int:
        """Hand over everything new; returns the number of events handled. Handlers' own events are delivered too."""
        handled = 0
        while round_ := sum(self._deliver_to(subscriber) for subscriber in self._table):
            handled += round_
        return handled

    def _deliver_to(self, subscriber: str) -> int:
        kinds, handler = self._table[subscriber]
        position = self._position(subscriber)
        waiting = self._ledger.events(kinds=kinds, after_sequence=position or 0, limit=500)
        for event in waiting:
            handler(event)
        if waiting:
            self._move(subscriber, position, waiting[-1].sequence)
        return len(waiting)

    def _position(self, subscriber: str) -> int | None:
        query = select(cursors.c.sequence).where(cursors.c.subscriber == subscriber)
        with self._ledger.database.reading() as connection:
            return connection.execute(query).scalar_one_or_none()

    def _move(self, subscriber: str, before: int | None, after: int) -> None:
        with self._ledger.database.transaction() as connection:
            if before is None:
                query = select(cursors.c.sequence).where(cursors.c.subscriber == subscriber)
                if connection.execute(query).first() is None:
                    connection.execute(insert(cursors).values(subscriber=subscriber, sequence=after))
                    return
            # Where another process got further with the same events, the cursor stays where that one put it.
            behind = update(cursors).where(cursors.c.subscriber == subscriber, cursors.c.sequence < after)
            connection.execute(behind.values(sequence=after))
