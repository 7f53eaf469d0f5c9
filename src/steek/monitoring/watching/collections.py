"""What was collected from a dataset into the prediction log or into outcomes."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, func, insert, select

from steek.monitoring.watching.tables import watched_collections

# A collection that is planned, and not done.
_PLANNED_ROWS = -1


@dataclass(frozen=True, slots=True)
class Plan:
    """What is collected next: `source_version` of the dataset and, for outcomes, `log_version` of the answers.

    Written down before anything is read, so that two at once, or one after one that died, bring the same rows under
    the same key, which come in once.
    """

    model: str
    what: str
    source_version: int
    log_version: int | None = None

    @property
    def key(self) -> str:
        """Idempotency key."""
        log = "" if self.log_version is None else f":{self.log_version}"
        return f"watch:{self.model}:{self.what}:{self.source_version}{log}"


@dataclass(frozen=True, slots=True)
class Collected:
    """One collection.

    Args:
        key: Its idempotency key.
        model: The watched model.
        what: "predictions" or "outcomes".
        source_version: Version of the dataset up to which rows were considered.
        rows: Rows added.
        repeated: Answers left out because their id was there already; outcomes that came again with another value,
            after the first was taken.
        unusable: Rows without id, moment or a finite score.
        table_version: Version that holds the rows.
        at: Processing time.
    """

    key: str
    model: str
    what: str
    source_version: int
    rows: int
    repeated: int
    unusable: int
    table_version: int | None
    at: datetime


def plan_collection(connection: Connection, plan: Plan, at: datetime) -> Plan | None:
    """The collection to do now: one that was planned and not done, else this one; None when it is done."""
    table = watched_collections
    waiting = select(table).where(table.c.model == plan.model, table.c.what == plan.what, table.c.rows == _PLANNED_ROWS)
    for row in connection.execute(waiting.order_by(table.c.source_version)):
        log_version = int(row.key.rpartition(":")[2]) if plan.log_version is not None else None
        return Plan(row.model, row.what, row.source_version, log_version)
    if connection.execute(select(table.c.key).where(table.c.key == plan.key)).first() is not None:
        return None
    planned = Collected(plan.key, plan.model, plan.what, plan.source_version, _PLANNED_ROWS, 0, 0, None, at)
    _write(connection, planned)
    return plan


def drop_plan(connection: Connection, plan: Plan) -> None:
    """Take back a plan that brought nothing."""
    table = watched_collections
    connection.execute(delete(table).where(table.c.key == plan.key, table.c.rows == _PLANNED_ROWS))


def write_collection(connection: Connection, collected: Collected) -> None:
    """Store a collection in the place of its plan."""
    connection.execute(delete(watched_collections).where(watched_collections.c.key == collected.key))
    _write(connection, collected)


def collected_version(connection: Connection, model: str, what: str) -> int | None:
    """Version of the dataset up to which rows were considered; None before the first collection."""
    table = watched_collections
    query = select(func.max(table.c.source_version)).where(
        table.c.model == model, table.c.what == what, table.c.rows != _PLANNED_ROWS
    )
    return connection.execute(query).scalar_one()


def stored_collection(connection: Connection, key: str) -> Collected:
    """The collection of a key, which must be there."""
    query = select(watched_collections).where(watched_collections.c.key == key)
    return _collected(connection.execute(query).mappings().one())


def latest_collections(connection: Connection, model: str, limit: int) -> list[Collected]:
    """Collections of a model, latest first."""
    table = watched_collections
    query = select(table).where(table.c.model == model, table.c.rows != _PLANNED_ROWS)
    query = query.order_by(table.c.at.desc(), table.c.what).limit(limit)
    return [_collected(row) for row in connection.execute(query).mappings()]


def _write(connection: Connection, collected: Collected) -> None:
    values = {name: getattr(collected, name) for name in Collected.__slots__}
    connection.execute(insert(watched_collections).values(values))


def _collected(row: RowMapping) -> Collected:
    return Collected(**row)
