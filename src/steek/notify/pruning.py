"""Letting go of notices that are long over: the ledger keeps what was told, the outbox need not."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, delete, exists, func, select

from steek.kernel.clock import Clock
from steek.ledger import Database
from steek.notify.tables import deliveries, notice_members, notices, outside_alerts, requests

# So many in one transaction: whoever tells of something new waits no longer than that takes.
_AT_ONCE = 500


class NoticePruning:
    """Takes out notices and alerts of others that were over before some days, and keys of requests as old.

    What is open stays however old it is, and so does what still waits to be told. What was given up goes with its
    notice: `notice.given_up` in the ledger says that it was.

    Args:
        database: Holds the outbox.
        outbox_clock: The time that notices are dated by.
        clock: The time that alerts of others are dated by.
        days: How long what is over stays; at least 1.
    """

    def __init__(self, database: Database, outbox_clock: Clock, clock: Clock, *, days: int) -> None:
        self._database = database
        self._outbox_clock = outbox_clock
        self._clock = clock
        self._days = timedelta(days=max(days, 1))

    def count(self) -> int:
        """How many rows are old and over; nothing is written."""
        with self._database.reading() as connection:
            return sum(
                connection.execute(select(func.count()).select_from(table).where(old)).scalar_one()
                for table, old in self._old()
            )

    def prune(self) -> int:
        """Take them out, and return how many."""
        taken = 0
        while True:
            with self._database.transaction() as connection:
                found = sum(_take(connection, table, old) for table, old in self._old())
            taken += found
            if found == 0:
                return taken

    def _old(self) -> tuple[tuple[Table, ColumnElement[bool]], ...]:
        before_at, outside_before_at = (clock.now() - self._days for clock in (self._outbox_clock, self._clock))
        return (
            (notices, _is_over(before_at)),
            (requests, requests.c.at < before_at),
            (
                outside_alerts,
                and_(outside_alerts.c.state == "resolved", outside_alerts.c.received_at < outside_before_at),
            ),
        )


def _is_over(before_at: datetime) -> ColumnElement[bool]:
    waits = exists().where(deliveries.c.notice == notices.c.key, deliveries.c.state == "waiting")
    return and_(notices.c.state == "resolved", notices.c.changed_at < before_at, ~waits)


def _take(connection: Connection, table: Table, old: ColumnElement[bool]) -> int:
    (key,) = table.primary_key.columns
    found: Select[tuple[str]] = select(key).where(old).limit(_AT_ONCE)
    keys = list(connection.execute(found).scalars())
    if keys and table is notices:
        connection.execute(delete(deliveries).where(deliveries.c.notice.in_(keys)))
        connection.execute(delete(notice_members).where(notice_members.c.notice.in_(keys)))
    if keys:
        connection.execute(delete(table).where(key.in_(keys)))
    return len(keys)
