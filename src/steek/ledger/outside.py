"""Changes in the world outside, told by people and systems that are not steek."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from steek.kernel.errors import InputError, describe_unknown
from steek.kernel.urn import Urn
from steek.ledger.database import Database
from steek.ledger.events import Draft, Event
from steek.ledger.ledger import Ledger
from steek.ledger.tables import outside_changes

_SUMMARY_CHARACTERS = 1_000
_KIND = "external.changed"
OUTSIDE_KINDS = ("data", "schema", "config", "feature code", "model", "binary", "infrastructure", "world")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideNote:
    """One change as somebody tells of it.

    Args:
        key: The caller's own name for it.
        subject: URN of what changed, e.g. "campaign:18".
        summary: One sentence for people.
        at: When it happened or will; None means now.
        until: When it is over; None where that is not known, or it stays.
        expected: Whether its effect is wanted, as that of a promotion: what it moves until its end is no fault.
        on: URNs that it moves; empty for its own subject.
        source: The system that tells; None for a person.
        kind: What kind of thing changed, one of `OUTSIDE_KINDS`; None for the world at large.

    Raises:
        InputError: no summary or a very long one, a subject that is no URN, an end that is not after the beginning,
            or an expected change without beginning or end, an unknown kind.
    """

    key: str
    subject: str
    summary: str
    at: datetime | None = None
    until: datetime | None = None
    expected: bool = False
    on: tuple[str, ...] = ()
    source: str | None = None
    kind: str | None = None

    def __post_init__(self) -> None:
        if self.kind is not None and self.kind not in OUTSIDE_KINDS:
            message, hint = describe_unknown("kind of change", self.kind, OUTSIDE_KINDS)
            raise InputError(message, next_step=hint or f"Known: {', '.join(OUTSIDE_KINDS)}.")
        for subject in (self.subject, *self.on):
            Urn.parse(subject)
        if not 0 < len(self.summary) <= _SUMMARY_CHARACTERS:
            message = f"a change needs a summary of 1 to {_SUMMARY_CHARACTERS:,} characters, not {len(self.summary):,}"
            raise InputError(message)
        if self.at is not None and self.until is not None and self.until <= self.at:
            message = f"a change ends after it begins: {self.at.isoformat()} to {self.until.isoformat()}"
            raise InputError(message)
        if self.expected and (self.at is None or self.until is None):
            message = "a change whose effect is expected must say from when until when"
            raise InputError(message, next_step="Give at and until, e.g. the days of the promotion.")


@dataclass(frozen=True, slots=True)
class OutsideChange:
    """A change of the world outside as it is on record."""

    at: datetime
    until: datetime | None
    subject: str
    summary: str
    expected: bool
    source: str | None
    actor: str
    event: str


class Outside:
    """Takes in `external.changed` events; each key once."""

    def __init__(self, database: Database, ledger: Ledger) -> None:
        self._database = database
        self._ledger = ledger

    def note(self, subject: str, summary: str, *, at: datetime | None, key: str, actor: str) -> Event:
        """Write a change down; with a known key, the event that was written then. See `OutsideNote`."""
        return self.take([OutsideNote(key=key, subject=subject, summary=summary, at=at)], actor=actor)[0]

    def take(self, notes: Sequence[OutsideNote], *, actor: str) -> list[Event]:
        """Write changes down, all or none; for known keys, the events that were written then."""
        with self._database.transaction() as connection:
            ids = [self._take(connection, note, actor) for note in notes]
        events = [self._ledger.event(event_id) for event_id in ids]
        return [event for event in events if event is not None]

    def changes(self, since: datetime, until: datetime, *, about: str = "", limit: int = 1000) -> list[OutsideChange]:
        """Changes that began in [since, until), latest first.

        Args:
            since: Aware UTC.
            until: Aware UTC.
            about: How the URN of their subject begins; empty for all.
            limit: At most so many.
        """
        found = self._ledger.events(
            kinds=[_KIND], subject_prefix=about or None, since=since, until=until, limit=100_000
        )
        ordered = sorted(found, key=lambda event: (event.at, event.sequence), reverse=True)
        return [_change(event) for event in ordered[:limit]]

    def _take(self, connection: Connection, note: OutsideNote, actor: str) -> str:
        known = connection.execute(select(outside_changes.c.event_id).where(outside_changes.c.key == note.key)).scalar()
        if known is not None:
            return known
        draft = Draft(_KIND, note.subject, actor, _payload(note), at=note.at)
        event = self._ledger.append(connection, draft)[0]
        connection.execute(insert(outside_changes).values(key=note.key, event_id=event.id))
        return event.id


def _payload(note: OutsideNote) -> dict[str, object]:
    payload: dict[str, object] = {"summary": note.summary}
    if note.until is not None:
        payload["until"] = note.until
    if note.expected:
        on = list(note.on) or [note.subject]
        payload["expected"] = {"since_at": note.at, "until_at": note.until, "on": on}
    if note.source is not None:
        payload["source"] = note.source
    if note.kind is not None:
        payload["kind"] = note.kind
    if note.on and not note.expected:
        payload["on"] = list(note.on)
    return payload


def _change(event: Event) -> OutsideChange:
    until, source = event.payload.get("until"), event.payload.get("source")
    return OutsideChange(
        at=event.at,
        until=None if until is None else datetime.fromisoformat(str(until)),
        subject=event.subject,
        summary=str(event.payload.get("summary", "")),
        expected=bool(event.payload.get("expected")),
        source=None if source is None else str(source),
        actor=event.actor,
        event=event.id,
    )
