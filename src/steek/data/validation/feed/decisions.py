"""What people decide of held batches."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, insert, select

from steek.data.validation.feed.tables import feed_decisions
from steek.kernel.errors import ConflictError

FeedAction = Literal["release", "reject"]


@dataclass(frozen=True, slots=True)
class FeedDecision:
    """A held batch was let in or turned away.

    Args:
        key: The decision's own name; the same key again is the same decision.
        receipt_id: Of the batch.
        dataset: Of the batch.
        action: release or reject.
        actor: Who decided.
        reason: Why.
        at: When.
    """

    key: str
    receipt_id: str
    dataset: str
    action: FeedAction
    actor: str
    reason: str
    at: datetime


def find(connection: Connection, key: str, receipt_id: str, action: FeedAction) -> FeedDecision | None:
    """The decision that was taken under a key.

    Raises:
        ConflictError: the key was used for another decision.
    """
    row = connection.execute(select(feed_decisions).where(feed_decisions.c.key == key)).mappings().first()
    if row is None:
        return None
    found = FeedDecision(**{name: row[name] for name in FeedDecision.__dataclass_fields__})
    if (found.receipt_id, found.action) != (receipt_id, action):
        message = f"key {key!r} was used to {found.action} receipt {found.receipt_id}"
        raise ConflictError(message, next_step="Give each decision its own key; repeat a key only to repeat it.")
    return found


def of_receipt(connection: Connection, receipt_id: str) -> FeedDecision | None:
    """The decision on a batch, None while there is none."""
    query = select(feed_decisions).where(feed_decisions.c.receipt_id == receipt_id)
    row = connection.execute(query.order_by(feed_decisions.c.sequence.desc()).limit(1)).mappings().first()
    return None if row is None else FeedDecision(**{name: row[name] for name in FeedDecision.__dataclass_fields__})


def write(connection: Connection, decision: FeedDecision) -> None:
    """Store a decision; its key must be new."""
    connection.execute(insert(feed_decisions).values(asdict(decision)))
