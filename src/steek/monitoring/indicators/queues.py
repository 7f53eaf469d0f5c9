"""How long things wait: acknowledged batches for the lake, held batches and quarantined rows for a person."""

from datetime import datetime

from sqlalchemy import select

from steek.data.tables import receipts
from steek.kernel.errors import DeclarationError, InputError
from steek.kernel.urn import Urn
from steek.kernel.windows import Window
from steek.monitoring.indicators.sources import Sources
from steek.monitoring.judgement import Measurement
from steek.monitoring.monitor import IndicatorSpec

QUEUE_AGE = "queue_age"
# Queue to the state of the receipts that wait in it.
QUEUES = {"commits": "spooled", "held batches": "held", "damaged batches": "damaged"}
_HOUR_S = 3600.0


def queue_age(queue: str) -> IndicatorSpec:
    """Hours that what is in a queue has waited, as a distribution: one slice each for the oldest, middle and newest.

    Args:
        queue: "commits" (acknowledged, not in the lake yet), "held batches" (a check asked for a person), or "damaged
            batches" (to be sent again).

    Raises:
        DeclarationError: there is no such queue.
    """
    if queue not in QUEUES:
        message = f"queue_age is asked of {queue!r}; allowed: {', '.join(QUEUES)}"
        raise DeclarationError(message)
    return IndicatorSpec(QUEUE_AGE, Urn("queue", queue))


def measure_queue_age(sources: Sources, spec: IndicatorSpec, _window: Window) -> list[Measurement]:
    """At the moment of measuring; an empty queue has waited 0 hours."""
    if sources.database is None:
        message = "queues are not known here"
        raise InputError(message)
    state = QUEUES[spec.target.name]
    with sources.database.reading() as connection:
        query = select(receipts.c.received_at).where(receipts.c.state == state).order_by(receipts.c.received_at)
        waiting = list(connection.execute(query).scalars())
    places = {"oldest": 0, "middle": len(waiting) // 2, "newest": len(waiting) - 1}
    return [
        Measurement(f"place={place}", _waited(sources, waiting[at]) if waiting else 0.0, len(waiting))
        for place, at in places.items()
    ]


def _waited(sources: Sources, since_at: datetime) -> float:
    return (sources.clock.now() - since_at).total_seconds() / _HOUR_S
