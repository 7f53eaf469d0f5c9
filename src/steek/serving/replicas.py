"""What each serving process has in memory, as it says itself: a heartbeat that tells freshness per replica."""

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from steek.ledger import Database
from steek.serving.served import ServedModel
from steek.serving.tables import serving_replicas

# A process says what it has this often; one that was silent for longer than the second has ended.
REPORT_EVERY_S = 30.0
_GONE_AFTER = timedelta(minutes=5)
_FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Replica:
    """One model in one serving process.

    Args:
        replica: Host and process.
        model: Name of the model.
        version: The version that answers as its primary; None when none is in memory.
        trained_at: When that version was trained.
        data_until: The newest data it learned from.
        epoch: Epoch of the route it knows.
        seen_at: When it last said so.
    """

    replica: str
    model: str
    version: int | None
    trained_at: datetime | None
    data_until: datetime | None
    epoch: int
    seen_at: datetime


def this_replica() -> str:
    """Name of this process among the replicas.

    >>> ":" in this_replica()
    True
    """
    return f"{socket.gethostname()[:60]}:{os.getpid()}"


def report(database: Database, replica: str, models: Sequence[ServedModel], *, now: datetime) -> None:
    """Write down what a process serves, in place of what it said before; forgets processes that ended long ago."""
    rows = [_row(replica, model, now) for model in models]
    c = serving_replicas.c
    with database.transaction() as connection:
        connection.execute(
            delete(serving_replicas).where((c.replica == replica) | (c.seen_at < now - _FORGOTTEN_AFTER))
        )
        if rows:
            connection.execute(insert(serving_replicas), rows)


def withdraw(database: Database, replica: str) -> None:
    """A process that ends says so."""
    with database.transaction() as connection:
        connection.execute(delete(serving_replicas).where(serving_replicas.c.replica == replica))


def live_replicas(connection: Connection, model: str | None = None, *, now: datetime) -> list[Replica]:
    """Processes that are alive, by model and name."""
    c = serving_replicas.c
    query = select(serving_replicas).where(c.seen_at >= now - _GONE_AFTER).order_by(c.model, c.replica)
    if model is not None:
        query = query.where(c.model == model)
    return [Replica(**row) for row in connection.execute(query).mappings()]


def _row(replica: str, model: ServedModel, now: datetime) -> dict[str, object]:
    primary = None if model.route.primary is None else model.versions.get(model.route.primary)
    return {
        "replica": replica,
        "model": model.name,
        "version": None if primary is None else primary.trained.version,
        "trained_at": None if primary is None else primary.trained.trained_at,
        "data_until": None if primary is None else primary.trained.data_until,
        "epoch": model.route.epoch,
        "seen_at": now,
    }
