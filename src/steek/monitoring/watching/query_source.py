"""A query as a source: rows whose cursor grew past the last one taken."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from steek.kernel.errors import InputError, UnreadableError
from steek.monitoring.watching.declared import QuerySource
from steek.monitoring.watching.spans import Span

_MOST_ROWS = 200_000
_FETCHED_ROWS = 20_000
_KNOWN = (type(None), bool, int, float, str, datetime, date)
# Beyond it a 64-bit float does not hold every whole number.
_EXACT = 1 << 53


def open_database(url: str) -> Engine:
    """The database of queries.

    Raises:
        InputError: no URL is set, or it is none.
    """
    if not url:
        message = "a watched model reads from a query, but watch_database_url is not set"
        raise InputError(message, next_step="Set STEEK_WATCH_DATABASE_URL; it is a secret, so keep it out of files.")
    try:
        return create_engine(url)
    except (SQLAlchemyError, ImportError, ValueError) as cause:
        message = f"watch_database_url cannot be opened: {type(cause).__name__}"
        raise InputError(message, next_step="Give a URL of SQLAlchemy, and install its driver.") from None


def plan_query(source: QuerySource, dataset: str, reached: Mapping[str, str], database: Engine) -> list[Span]:
    """The next stretches of the cursor, each of about 200,000 rows.

    Raises:
        UnreadableError: the query fails.
    """
    spans: list[Span] = []
    start = reached.get("", "")
    while (end := _next_end(source, start, database)) is not None:
        spans.append(Span(dataset, "", start, end))
        start = end
    return spans


def read_query(source: QuerySource, span: Span, columns: Sequence[str], database: Engine) -> Iterator[pl.DataFrame]:
    """Rows of a stretch, some at a time, with those of `columns` that they have."""
    condition = f"{_condition(source, span.start)} AND {source.cursor} <= :end"
    # In order, so that a second try after a failure half way offers the same rows in the same parts.
    rows = text(f"SELECT * FROM ({_inner(source)}) AS watched WHERE {condition} ORDER BY {source.cursor}")  # noqa: S608 - the project's own
    values = {"end": _value(span.end)} | ({"start": _value(span.start)} if span.start else {})
    try:
        # The result is closed at once when something fails: an open cursor is a lock in a database of others.
        with (
            database.connect().execution_options(stream_results=True) as connection,
            connection.execute(rows, values) as found,
        ):
            names = list(found.keys())
            places = {name: names.index(name) for name in columns if name in names}
            for some in found.partitions(_FETCHED_ROWS):
                yield pl.DataFrame({name: _series(name, [row[at] for row in some]) for name, at in places.items()})
    except SQLAlchemyError as cause:
        raise _unreadable(cause) from None


def _series(name: str, values: list[Any]) -> pl.Series:
    """Values of a column; what JSON does not know (numbers of the database, identifiers) as numbers and text, and
    what is of several kinds as text, for the contract to read.
    """
    plain = [_plain(value) for value in values]
    try:
        return pl.Series(name, plain, strict=True)
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
        mixed = [
            value if value is None or isinstance(value, str) else json.dumps(value, default=str) for value in plain
        ]
        return pl.Series(name, mixed, dtype=pl.String)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and abs(value) < _EXACT else float(value)
    return value if isinstance(value, _KNOWN) else str(value)


def _next_end(source: QuerySource, start: str, database: Engine) -> str | None:
    inner = f"SELECT {source.cursor} AS passed FROM ({_inner(source)}) AS watched WHERE {_condition(source, start)}"  # noqa: S608 - the project's own
    query = text(f"SELECT MAX(passed) FROM ({inner} ORDER BY {source.cursor} LIMIT {_MOST_ROWS}) AS bounded")  # noqa: S608 - the project's own
    try:
        with database.connect() as connection:
            found = connection.execute(query, {"start": _value(start)} if start else {}).scalar()
    except SQLAlchemyError as cause:
        raise _unreadable(cause) from None
    return None if found is None else _written(found)


def _inner(source: QuerySource) -> str:
    # A colon is not the name of a parameter here, and a comment at the end must not hide what follows.
    return source.statement.replace(":", "\\:") + "\n"


def _condition(source: QuerySource, start: str) -> str:
    return f"{source.cursor} > :start" if start else f"{source.cursor} IS NOT NULL"


def _unreadable(cause: SQLAlchemyError) -> UnreadableError:
    # The text of the error may hold the address and values; its kind is enough to go on.
    original = getattr(cause, "orig", None)
    message = f"the query of a watched model failed: {type(original or cause).__name__}"
    return UnreadableError(message, next_step="Run the query by hand on the database of watch_database_url.")


def _written(value: Any) -> str:
    if isinstance(value, datetime | date):
        return json.dumps({"moment": value.isoformat()})
    if isinstance(value, Decimal):
        return json.dumps({"number": str(value)})
    if isinstance(value, int | float | str):
        return json.dumps(value)
    message = f"the cursor of a watched model is {type(value).__name__}; a number, a moment or text is needed"
    raise InputError(message, next_step="Choose another column as cursor=, or cast it in the query.")


def _value(written: str) -> str | float | datetime | Decimal:
    value: str | float | dict[str, str] = json.loads(written)
    if not isinstance(value, dict):
        return value
    return Decimal(value["number"]) if "number" in value else datetime.fromisoformat(value["moment"])
