"""Routes and their history as rows."""

from typing import Any

from sqlalchemy import Connection, RowMapping, Select, insert, select, update

from steek.kernel.errors import StaleWriteError
from steek.serving.tables import route_changes, routes
from steek.serving.types import Route, RouteChange


def read_route(connection: Connection, model: str) -> Route:
    """The route of a model; an empty one of epoch 0 when nothing was ever deployed."""
    row = connection.execute(select(routes).where(routes.c.model == model)).mappings().first()
    return Route(model) if row is None else _to_route(row, row["updated_at"])


def read_routes(connection: Connection) -> dict[str, Route]:
    """All routes by model, sorted."""
    rows = connection.execute(select(routes).order_by(routes.c.model)).mappings()
    return {row["model"]: _to_route(row, row["updated_at"]) for row in rows}


def change_of_key(connection: Connection, key: str) -> RouteChange | None:
    """The change that was made with an idempotency key, or None."""
    row = connection.execute(select(route_changes).where(route_changes.c.key == key)).mappings().first()
    return None if row is None else _to_change(row)


def read_changes(connection: Connection, model: str, limit: int) -> list[RouteChange]:
    """Changes of a model's route, newest first."""
    query: Select[Any] = select(route_changes).where(route_changes.c.model == model)
    rows = connection.execute(query.order_by(route_changes.c.epoch.desc()).limit(limit)).mappings()
    return [_to_change(row) for row in rows]


def was_primary(connection: Connection, model: str, version: int) -> bool:
    """Whether a version ever had all the traffic of a model."""
    query = select(route_changes.c.epoch).where(route_changes.c.model == model, route_changes.c.primary == version)
    return connection.execute(query.limit(1)).first() is not None


def write_change(connection: Connection, change: RouteChange) -> None:
    """Replace the route by the next epoch of it and add the line of history.

    Raises:
        StaleWriteError: the stored route is not the epoch before; somebody else was first.
    """
    route = change.route
    values = {
        "model": route.model,
        "primary": route.primary,
        "candidate": route.candidate,
        "fraction": route.fraction,
        "members": route.members,
        "previous": list(route.previous),
        "epoch": route.epoch,
    }
    if route.epoch == 1:
        connection.execute(insert(routes).values(**values, updated_at=change.at))
    else:
        current = (routes.c.model == route.model) & (routes.c.epoch == route.epoch - 1)
        changed = connection.execute(update(routes).where(current).values(**values, updated_at=change.at))
        if changed.rowcount != 1:
            message = f"the route of {route.model} is no longer at epoch {route.epoch - 1}"
            raise StaleWriteError(message, next_step="Read the route again and decide anew.")
    line = {"key": change.key, "action": change.action, "actor": change.actor, "reason": change.reason, "at": change.at}
    connection.execute(insert(route_changes).values(**values, **line))


def _to_route(row: RowMapping, updated_at: Any) -> Route:
    return Route(
        model=row["model"],
        primary=row["primary"],
        candidate=row["candidate"],
        fraction=row["fraction"],
        members=dict(row["members"]),
        previous=tuple(row["previous"]),
        epoch=row["epoch"],
        updated_at=updated_at,
    )


def _to_change(row: RowMapping) -> RouteChange:
    route = _to_route(row, row["at"])
    return RouteChange(row["key"], row["action"], route, row["actor"], row["reason"], row["at"])
