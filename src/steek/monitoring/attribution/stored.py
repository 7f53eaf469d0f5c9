"""Attributions as rows of the database."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from steek.kernel.windows import Window
from steek.measures.attribution.explanation import Attribution, Explanation
from steek.monitoring.attribution.questions import Question
from steek.monitoring.attribution.tables import attributions


@dataclass(frozen=True, slots=True)
class Attributed:
    """An attribution that was made, of what and when.

    `window` is in question, `against` the windows it was compared with; `left_out` are columns that were not sliced
    by, with the reason; `monitor` and `alert` are set where one asked.
    """

    id: str
    question: Question
    window: Window
    against: tuple[Window, ...]
    left_out: Mapping[str, str]
    result: Attribution
    actor: str
    made_at: datetime
    monitor: str | None = None
    alert: str | None = None


def write_attributed(connection: Connection, made: Attributed, key: str) -> None:
    """Store one."""
    values = {
        "key": key,
        "id": made.id,
        "dataset": made.question.table,
        "monitor": made.monitor,
        "alert": made.alert,
        "window_start_at": made.window.start_at,
        "window_end_at": made.window.end_at,
        "question": {"metric": made.question.metric, "where": dict(made.question.where)},
        "against": [[one.start_at.isoformat(), one.end_at.isoformat()] for one in made.against],
        "left_out": dict(made.left_out),
        "result": asdict(made.result),
        "actor": made.actor,
        "made_at": made.made_at,
    }
    connection.execute(insert(attributions).values(values))


def read_attributed(
    connection: Connection,
    *,
    key: str | None = None,
    id: str | None = None,
    dataset: str | None = None,
    monitor: str | None = None,
    alert: str | None = None,
    limit: int = 100,
) -> list[Attributed]:
    """Attributions that fit all the given conditions, newest first."""
    query = select(attributions)
    conditions = {"key": key, "id": id, "dataset": dataset, "monitor": monitor, "alert": alert}
    for column, value in conditions.items():
        if value is not None:
            query = query.where(attributions.c[column] == value)
    ordered = query.order_by(attributions.c.made_at.desc(), attributions.c.id).limit(limit)
    return [_attributed(row) for row in connection.execute(ordered)]


def _attributed(row: Row[tuple[object, ...]]) -> Attributed:
    return Attributed(
        id=row.id,
        question=Question(row.dataset, row.question["metric"], row.question["where"]),
        window=Window(row.window_start_at, row.window_end_at),
        against=tuple(Window(*(datetime.fromisoformat(instant) for instant in pair)) for pair in row.against),
        left_out=row.left_out,
        result=_result(row.result),
        actor=row.actor,
        made_at=row.made_at,
        monitor=row.monitor,
        alert=row.alert,
    )


def _result(plain: dict[str, Any]) -> Attribution:
    explained = tuple(_explanation(one) for one in plain["explained"])
    also = tuple(_explanation(one) for one in plain["also"])
    dimensions = tuple(plain["dimensions"])
    parts: dict[str, Any] = {**plain, "dimensions": dimensions, "explained": explained, "also": also}
    return Attribution(**parts)


def _explanation(plain: dict[str, Any]) -> Explanation:
    parts: dict[str, Any] = {**plain, "dimensions": tuple(plain["dimensions"]), "values": tuple(plain["values"])}
    return Explanation(**parts)
