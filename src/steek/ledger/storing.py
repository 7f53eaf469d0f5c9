"""Rows of events and edges in the database's own words.

The ledger's few statements are run for every change of the platform, so their text is made once and not for each.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection

from steek.ledger.events import GENESIS, Draft, Event

_COLUMNS = tuple(Event.__dataclass_fields__)
_JSON = ("causes", "payload")
_TIP = "SELECT sequence, hash FROM events ORDER BY sequence DESC LIMIT 1"


# Parameters of one statement: PostgreSQL takes 65,535.
_ROWS_AT_ONCE = 1000


def _marks(mark: str, json_mark: str) -> str:
    return ", ".join(json_mark if name in _JSON else mark for name in _COLUMNS)


_ADD_EVENTS = "INSERT INTO events (" + ", ".join(_COLUMNS) + ") VALUES "  # noqa: S608 - names of this module
_ADD_EDGES = "INSERT INTO lineage_edges (upstream, downstream, event_sequence, at) VALUES "
_ONCE = " ON CONFLICT DO NOTHING"


def tip(connection: Connection) -> tuple[int, str]:
    """Sequence and hash of the newest event; 0 and the genesis hash before the first."""
    row = connection.exec_driver_sql(_TIP).first()
    return (0, GENESIS) if row is None else (row[0], row[1])


def write(connection: Connection, drawn: Sequence[tuple[Draft, Event]]) -> None:
    """Insert sealed events and the edges that their drafts draw; an edge drawn before stays as it was."""
    is_text = connection.dialect.name != "postgresql"
    events = [_event_row(event, is_text) for _, event in drawn]
    edges: list[tuple[object, ...]] = [
        (upstream, downstream, event.sequence, _instant(event.at, is_text))
        for draft, event in drawn
        for upstream, downstream in draft.edges
    ]
    if is_text:
        _insert(connection, f"{_ADD_EVENTS}({_marks('?', '?')})", events)
        _insert(connection, f"{_ADD_EDGES}(?, ?, ?, ?){_ONCE}", edges)
    else:
        _insert_by_one_statement(connection, _ADD_EVENTS, f"({_marks('%s', '%s::json')})", "", events)
        _insert_by_one_statement(connection, _ADD_EDGES, "(%s, %s, %s, %s)", _ONCE, edges)


def _insert(connection: Connection, statement: str, rows: list[tuple[object, ...]]) -> None:
    if rows:
        connection.exec_driver_sql(statement, rows[0] if len(rows) == 1 else rows)


def _insert_by_one_statement(
    connection: Connection, head: str, marks: str, tail: str, rows: list[tuple[object, ...]]
) -> None:
    """A server is asked once for many rows: every question costs a way there and back under the writers' lock."""
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        chunk = rows[start : start + _ROWS_AT_ONCE]
        values = tuple(value for row in chunk for value in row)
        connection.exec_driver_sql(head + ", ".join([marks] * len(chunk)) + tail, values)


def _event_row(event: Event, is_text: bool) -> tuple[object, ...]:
    return (
        event.sequence,
        event.id,
        _instant(event.at, is_text),
        _instant(event.recorded_at, is_text),
        event.kind,
        event.subject,
        event.actor,
        json.dumps(event.causes),
        json.dumps(event.payload),
        event.payload_version,
        event.previous_hash,
        event.hash,
    )


def _instant(at: datetime, is_text: bool) -> object:
    """As `ledger.database.Instant` stores it: SQLite knows text without an offset."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds") if is_text else at
