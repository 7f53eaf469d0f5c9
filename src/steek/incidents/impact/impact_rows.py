"""Rows of impacts as records."""

from typing import Any

from sqlalchemy import Connection, insert, select, update

from steek.incidents.impact.tables import impacts
from steek.incidents.impact.types import Dimension, Impact
from steek.incidents.rows import family


def read_impacts(connection: Connection, incident_id: str) -> tuple[Impact, ...]:
    """The latest word on every dimension, in the order of `Dimension`; where there is none, an unknown one.

    Where the incident itself has none, the latest of its duplicates counts.
    """
    query = select(impacts).where(impacts.c.incident_id.in_(family(connection, incident_id)))
    rows = connection.execute(query.order_by(impacts.c.assessed_at)).mappings().all()
    own = [row for row in rows if row["incident_id"] == incident_id]
    said: dict[str, Any] = {row["dimension"]: row for row in (*rows, *own)}
    return tuple(_to_impact(said[each.value]) if each.value in said else Impact.unknown(each) for each in Dimension)


def write_impact(connection: Connection, incident_id: str, impact: Impact) -> None:
    """Put down the latest word on one dimension in place of the one before."""
    values: dict[str, object] = {name: getattr(impact, name) for name in Impact.__dataclass_fields__}
    values |= {"dimension": impact.dimension.value, "names": list(impact.names)}
    mine = (impacts.c.incident_id == incident_id) & (impacts.c.dimension == impact.dimension.value)
    if connection.execute(update(impacts).where(mine).values(values)).rowcount == 0:
        connection.execute(insert(impacts).values({**values, "incident_id": incident_id}))


def _to_impact(row: Any) -> Impact:
    values: dict[str, Any] = {name: row[name] for name in Impact.__dataclass_fields__}
    values["dimension"], values["names"] = Dimension(row["dimension"]), tuple(row["names"])
    return Impact(**values)
