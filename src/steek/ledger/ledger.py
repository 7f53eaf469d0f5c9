"""Writing and reading events."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select

from steek.kernel.clock import Clock
from steek.kernel.ids import new_id
from steek.kernel.records import to_plain
from steek.ledger import storing, verifying
from steek.ledger.database import Database
from steek.ledger.events import PAYLOAD_VERSION, Draft, Event, event_hash
from steek.ledger.grouping import GroupCommit
from steek.ledger.tables import events


class Ledger:
    """The append-only record of everything that changes. It has no update and no delete."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self._clock = clock
        self._together = GroupCommit(self._write)

    def append(self, connection: Connection, *drafts: Draft) -> list[Event]:
        """Write events inside the caller's `Database.transaction`, so state and event stand or fall together."""
        if not drafts:
            return []
        sequence, previous_hash = storing.tip(connection)
        now = self._clock.now()
        written: list[Event] = []
        for draft in drafts:
            event = _seal(draft, sequence=sequence + 1, previous_hash=previous_hash, now=now)
            sequence, previous_hash = event.sequence, event.hash
            written.append(event)
        storing.write(connection, list(zip(drafts, written, strict=True)))
        return written

    def record(self, *drafts: Draft) -> list[Event]:
        """Write events that have no state of their own, durable when this returns.

        Threads that record at once share a transaction; the drafts of one call stay together and stand or fall
        together.
        """
        return self._together.record(drafts) if drafts else []

    def events(
        self,
        *,
        kinds: Sequence[str] | None = None,
        subject: str | None = None,
        subject_prefix: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        after_sequence: int | None = None,
        before_sequence: int | None = None,
        newest_first: bool = False,
        limit: int = 1000,
    ) -> list[Event]:
        """Events that fit all the given conditions, in order of writing (or the reverse), at most `limit`.

        `since` and `until` are about event time, [since, until). `subject` names one URN exactly;
        `subject_prefix` all that begin so, e.g. "trained:partner_demand".
        """
        query = select(events)
        if kinds is not None:
            query = query.where(events.c.kind.in_(kinds))
        if subject is not None:
            query = query.where(events.c.subject == subject)
        if subject_prefix is not None:
            query = query.where(events.c.subject.startswith(subject_prefix, autoescape=True))
        if since is not None:
            query = query.where(events.c.at >= since)
        if until is not None:
            query = query.where(events.c.at < until)
        if after_sequence is not None:
            query = query.where(events.c.sequence > after_sequence)
        if before_sequence is not None:
            query = query.where(events.c.sequence < before_sequence)
        order = events.c.sequence.desc() if newest_first else events.c.sequence
        with self.database.reading() as connection:
            return [to_event(row) for row in connection.execute(query.order_by(order).limit(limit)).mappings()]

    def event(self, event_id: str) -> Event | None:
        """One event by its id, or None."""
        with self.database.reading() as connection:
            row = connection.execute(select(events).where(events.c.id == event_id)).mappings().first()
        return None if row is None else to_event(row)

    def count(self) -> int:
        """Number of events written so far."""
        with self.database.reading() as connection:
            return connection.execute(select(func.count()).select_from(events)).scalar_one()

    def tip(self) -> tuple[int, str]:
        """Sequence and hash of the newest event. Noted elsewhere, they show later that nothing was cut off the end."""
        with self.database.reading() as connection:
            return storing.tip(connection)

    def verify(self, *, known: tuple[int, str] | None = None) -> int:
        """Recompute the whole chain; returns how many events it holds.

        Args:
            known: Sequence and hash of an event, as `tip` gave them once and as they were noted outside of this
                database; without it, events missing at the end cannot be noticed by anybody.

        Raises:
            BrokenChainError: the first event that was changed, removed or put in later, or `known` is not there.
        """
        return verifying.verify(self.database, known)

    def _write(self, drafts: Sequence[Draft]) -> list[Event]:
        with self.database.transaction() as connection:
            return self.append(connection, *drafts)


def to_event(row: RowMapping) -> Event:
    """An event from a row of the `events` table."""
    values: dict[str, Any] = {**row, "causes": tuple(row["causes"])}
    return Event(**values)


def _seal(draft: Draft, *, sequence: int, previous_hash: str, now: datetime) -> Event:
    payload: Any = to_plain(draft.payload)
    fields: dict[str, Any] = {
        "id": new_id(now),
        # In UTC, because that is how it will be read back: the hash covers the text of the instant.
        "at": (draft.at or now).astimezone(UTC),
        "recorded_at": now,
        "kind": draft.kind,
        "subject": draft.subject,
        "actor": draft.actor,
        "causes": draft.causes,
        "payload": payload,
        "payload_version": PAYLOAD_VERSION,
        "previous_hash": previous_hash,
    }
    return Event(sequence=sequence, hash=event_hash(**fields), **fields)
