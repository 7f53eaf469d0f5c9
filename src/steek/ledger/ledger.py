"""Writing and reading events."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from steek.kernel.clock import Clock
from steek.kernel.errors import BrokenChainError
from steek.kernel.ids import new_id
from steek.kernel.records import to_plain
from steek.ledger.database import Database
from steek.ledger.events import GENESIS, PAYLOAD_VERSION, Draft, Event, event_hash
from steek.ledger.tables import events, lineage_edges

_PAGE = 10_000


class Ledger:
    """The append-only record of everything that changes. It has no update and no delete."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self._clock = clock

    def append(self, connection: Connection, *drafts: Draft) -> list[Event]:
        """Write events inside the caller's `Database.transaction`, so state and event stand or fall together."""
        sequence, previous_hash = self._tip(connection)
        now = self._clock.now()
        written: list[Event] = []
        for draft in drafts:
            event = _seal(draft, sequence=sequence + 1, previous_hash=previous_hash, now=now)
            sequence, previous_hash = event.sequence, event.hash
            written.append(event)
        if written:
            connection.execute(insert(events), [_row(event) for event in written])
            _draw(connection, [(draft, event) for draft, event in zip(drafts, written, strict=True) if draft.edges])
        return written

    def record(self, *drafts: Draft) -> list[Event]:
        """Write events that have no state of their own, in a transaction of their own."""
        with self.database.transaction() as connection:
            return self.append(connection, *drafts)

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

    def verify(self) -> int:
        """Recompute the whole chain; returns how many events it holds.

        Raises:
            BrokenChainError: the first event that was changed, removed or put in later.
        """
        expected_sequence, previous_hash = 1, GENESIS
        for event in self._all():
            if event.sequence != expected_sequence:
                message = f"the ledger has a gap: event {expected_sequence} is missing before {event.sequence}"
                raise BrokenChainError(message, next_step="Restore the database from a backup and compare.")
            if event.previous_hash != previous_hash or event.hash != _hash_of(event):
                message = f"event {event.sequence} ({event.kind}, {event.subject}) is not what was written"
                raise BrokenChainError(message, next_step="Restore the database from a backup and compare.")
            expected_sequence, previous_hash = event.sequence + 1, event.hash
        return expected_sequence - 1

    def _all(self) -> Iterator[Event]:
        after = 0
        while page := self.events(after_sequence=after, limit=_PAGE):
            yield from page
            after = page[-1].sequence

    def _tip(self, connection: Connection) -> tuple[int, str]:
        query = select(events.c.sequence, events.c.hash).order_by(events.c.sequence.desc()).limit(1)
        row = connection.execute(query).first()
        return (0, GENESIS) if row is None else (row.sequence, row.hash)


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


def _hash_of(event: Event) -> str:
    return event_hash(
        previous_hash=event.previous_hash,
        id=event.id,
        at=event.at,
        recorded_at=event.recorded_at,
        kind=event.kind,
        subject=event.subject,
        actor=event.actor,
        causes=event.causes,
        payload=event.payload,
        payload_version=event.payload_version,
    )


def _row(event: Event) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(event, name) for name in Event.__dataclass_fields__}
    return values | {"causes": list(event.causes)}


def _draw(connection: Connection, drawn: list[tuple[Draft, Event]]) -> None:
    rows = [
        {"upstream": upstream, "downstream": downstream, "event_sequence": event.sequence, "at": event.at}
        for draft, event in drawn
        for upstream, downstream in draft.edges
    ]
    if not rows:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(dialect.insert(lineage_edges).on_conflict_do_nothing(), rows)
