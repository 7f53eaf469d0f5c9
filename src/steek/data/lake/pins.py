"""Pins: versions that somebody needs, and that no vacuum may end."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, insert, select, update

from steek.data.lake.tables import lake_pins
from steek.ledger.tables import events, lineage_edges


@dataclass(frozen=True, slots=True)
class Pin:
    """A version that stays readable. `key` is the pin's own name, by which it is let go."""

    key: str
    name: str
    version: int
    reason: str
    holder: str
    pinned_at: datetime
    released_at: datetime | None = None
    released_by: str | None = None


def find_pin(connection: Connection, key: str) -> Pin | None:
    """The pin with a key, released or not."""
    row = connection.execute(select(lake_pins).where(lake_pins.c.key == key)).mappings().first()
    return None if row is None else _to_pin(row)


def read_pins(connection: Connection, name: str | None) -> list[Pin]:
    """Pins of one table or of all that hold now, oldest first."""
    query = select(lake_pins).where(lake_pins.c.released_at.is_(None)).order_by(lake_pins.c.sequence)
    if name is not None:
        query = query.where(lake_pins.c.name == name)
    return [_to_pin(row) for row in connection.execute(query).mappings()]


def write_pin(connection: Connection, pin: Pin) -> None:
    """Add a pin."""
    values = {field: getattr(pin, field) for field in Pin.__dataclass_fields__}
    connection.execute(insert(lake_pins).values(values))


def release_pin(connection: Connection, key: str, *, by: str, at: datetime) -> None:
    """Let a pin go."""
    connection.execute(update(lake_pins).where(lake_pins.c.key == key).values(released_at=at, released_by=by))


def pinned_by_runs(connection: Connection, name: str) -> dict[int, str]:
    """Versions that runs have read and promise to read again, with the URN of one such run each.

    Of a dataset, every version that features, a trained model or a golden set was made from; of a table of features,
    every version that a trained model learned from.
    """
    if name.startswith("features."):
        return _read_by_training(connection, name.removeprefix("features."))
    prefix = f"dataset:{name}@"
    query = select(lineage_edges.c.upstream, lineage_edges.c.downstream)
    query = query.where(lineage_edges.c.upstream.startswith(prefix, autoescape=True))
    query = query.where(lineage_edges.c.downstream.not_like("dataset:%"))
    rows = connection.execute(query.order_by(lineage_edges.c.event_sequence)).all()
    return {int(version): run for upstream, run in rows if (version := upstream.removeprefix(prefix)).isdigit()}


def _read_by_training(connection: Connection, view: str) -> dict[int, str]:
    learned = select(events.c.payload, lineage_edges.c.downstream)
    learned = learned.join(lineage_edges, lineage_edges.c.upstream == events.c.subject)
    learned = learned.where(
        events.c.kind == "features.materialised",
        events.c.subject.startswith(f"features:{view}@", autoescape=True),
        lineage_edges.c.downstream.not_like("features:%"),
    )
    rows = connection.execute(learned.order_by(events.c.sequence)).all()
    return {payload["table_version"]: run for payload, run in rows if payload.get("table_version") is not None}


def _to_pin(row: RowMapping) -> Pin:
    return Pin(**{field: row[field] for field in Pin.__dataclass_fields__})
