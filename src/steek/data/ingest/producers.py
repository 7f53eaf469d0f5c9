"""How far the producers of single events are, so that what they repeat is written once."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from steek.data.ingest.tables import event_producers
from steek.kernel.errors import ConflictError


def last_sequences(connection: Connection, dataset: str, producers: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Per producer that ever sent something, its last sequence and the receipt of it."""
    query = select(event_producers).where(event_producers.c.dataset == dataset)
    query = query.where(event_producers.c.producer.in_(list(producers)))
    return {row.producer: (row.sequence, row.receipt_id) for row in connection.execute(query)}


def advance(connection: Connection, dataset: str, to: Mapping[str, int], receipt_id: str, at: datetime) -> None:
    """Note how far producers are now."""
    gone = delete(event_producers).where(event_producers.c.dataset == dataset, event_producers.c.producer.in_(list(to)))
    connection.execute(gone)
    rows = [
        {"dataset": dataset, "producer": producer, "sequence": sequence, "receipt_id": receipt_id, "at": at}
        for producer, sequence in to.items()
    ]
    connection.execute(insert(event_producers), rows)


def is_repeated(producer: str, sequence: int, last: int | None) -> bool:
    """Whether an event was written already. Sequences of a producer begin at 0 and leave nothing out.

    Raises:
        ConflictError: events before this one are missing; taking it would make them look repeated.

    >>> is_repeated("till 4", 7, 7), is_repeated("till 4", 8, 7), is_repeated("till 5", 0, None)
    (True, False, False)
    """
    expected = 0 if last is None else last + 1
    if sequence > expected:
        message = f"producer {producer!r} sends sequence {sequence}, but {expected} is missing before it"
        raise ConflictError(
            message,
            next_step=f"Send from {expected} on, in order; one request at a time for each producer.",
            details={"expected_sequence": expected},
        )
    return sequence < expected
