"""Changes in the world outside, told by people and systems that are not steek."""

from datetime import datetime

from sqlalchemy import insert, select

from steek.ledger.database import Database
from steek.ledger.events import Draft, Event
from steek.ledger.ledger import Ledger
from steek.ledger.tables import outside_changes


class Outside:
    """Takes in `external.changed` events; each key once."""

    def __init__(self, database: Database, ledger: Ledger) -> None:
        self._database = database
        self._ledger = ledger

    def note(self, subject: str, summary: str, *, at: datetime | None, key: str, actor: str) -> Event:
        """Write a change down; with a known key, the event that was written then.

        Args:
            subject: URN of what changed, e.g. "campaign:18".
            summary: One sentence for people.
            at: When it happened; None means now.
            key: The caller's own name for it.
            actor: Who tells.
        """
        with self._database.transaction() as connection:
            known = connection.execute(select(outside_changes.c.event_id).where(outside_changes.c.key == key)).scalar()
            if known is None:
                draft = Draft("external.changed", subject, actor, {"summary": summary}, at=at)
                event = self._ledger.append(connection, draft)[0]
                connection.execute(insert(outside_changes).values(key=key, event_id=event.id))
                return event
        event = self._ledger.event(known)
        assert event is not None, "an event is never removed"
        return event
