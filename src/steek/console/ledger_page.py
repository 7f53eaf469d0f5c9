"""The ledger explorer: every event, filtered and paged, each with a stable address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from steek.console.event_words import EventLine, describe
from steek.kernel.errors import InputError, NotFoundError
from steek.ledger import Event, Ledger

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Filters:
    """What the visitor asked for; empty text is no condition. `before` and `after` are sequence numbers."""

    kind: str = ""
    subject: str = ""
    since: str = ""
    until: str = ""
    before: int | None = None

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> "Filters":
        """Read a query string.

        Raises:
            InputError: a page mark that is no number.
        """
        before = query.get("before") or None
        if before is not None and not before.isdecimal():
            message = f"{before[:40]!r} is not the number of an event"
            raise InputError(message, next_step="Open the ledger without it: /ledger")
        words = {name: query.get(name, "").strip() for name in ("kind", "subject", "since", "until")}
        return cls(**words, before=None if before is None else int(before))

    def address(self, **changes: int) -> str:
        """The address of the ledger with these filters and `changes` to them."""
        texts = {name: getattr(self, name) for name in ("kind", "subject", "since", "until")}
        chosen = {name: value for name, value in {**texts, **changes}.items() if value}
        return f"/ledger?{urlencode(chosen)}" if chosen else "/ledger"


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One event in the list."""

    sequence: int
    line: EventLine
    subject: str
    hash: str


@dataclass(frozen=True, slots=True)
class LedgerView:
    """A page of events, newest first; `older` and `newest` are addresses, "" when there is no such page."""

    filters: Filters
    rows: tuple[LedgerRow, ...]
    total: int
    older: str
    newest: str


@dataclass(frozen=True, slots=True)
class EventView:
    """One event with what led to it and what it led to."""

    event: Event
    line: EventLine
    causes: tuple[EventLine, ...]
    effects: tuple[EventLine, ...]


def ledger_view(ledger: Ledger, filters: Filters) -> LedgerView:
    """The page of the ledger that fits the filters.

    Raises:
        InputError: a time that cannot be read.
    """
    found = ledger.events(
        kinds=[part.strip() for part in filters.kind.split(",")] if filters.kind else None,
        subject_prefix=filters.subject or None,
        since=_instant("since", filters.since),
        until=_instant("until", filters.until),
        before_sequence=filters.before,
        newest_first=True,
        limit=PAGE_SIZE + 1,
    )
    shown = found[:PAGE_SIZE]
    rows = tuple(LedgerRow(event.sequence, describe(event), event.subject, event.hash[:10]) for event in shown)
    older = filters.address(before=shown[-1].sequence) if len(found) > PAGE_SIZE else ""
    return LedgerView(filters, rows, ledger.count(), older, filters.address() if filters.before is not None else "")


def event_view(ledger: Ledger, event_id: str) -> EventView:
    """One event.

    Raises:
        NotFoundError: no event has this id.
    """
    event = ledger.event(event_id)
    if event is None:
        message = f"no event has the id {event_id[:60]!r}"
        raise NotFoundError(message, next_step="Look for it in the ledger: /ledger")
    causes = [ledger.event(cause) for cause in event.causes]
    later = ledger.events(after_sequence=event.sequence, limit=2000)
    effects = [describe(other) for other in later if event.id in other.causes]
    return EventView(event, describe(event), tuple(describe(cause) for cause in causes if cause), tuple(effects[:20]))


def _instant(name: str, text: str) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as cause:
        message = f"{name} is {text[:40]!r}, which is not a time"
        raise InputError(message, next_step="Write it like 2017-10-02 or 2017-10-02T06:00 (UTC).") from cause
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
