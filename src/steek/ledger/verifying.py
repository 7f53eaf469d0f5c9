"""Recomputing the hash chain, a page of raw columns at a time: a million events in well under half a minute."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from steek.kernel.errors import BrokenChainError
from steek.ledger.database import Database
from steek.ledger.events import GENESIS, body_hash

_PAGE = 10_000
# Instants as text in UTC with six digits after the second, JSON as the text that was written.
_SQLITE = """
SELECT sequence, id, at, recorded_at, kind, subject, actor, causes, payload, payload_version, previous_hash, hash
FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?
"""
_POSTGRESQL = """
SELECT sequence, id, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),
    to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), kind, subject, actor,
    causes::text, payload::text, payload_version, previous_hash, hash
FROM events WHERE sequence > %s ORDER BY sequence LIMIT %s
"""
_RESTORE = "Restore the database from a backup and compare."
_parse: Callable[[str], tuple[object, int]] = json.JSONDecoder().raw_decode


def verify(database: Database, known: tuple[int, str] | None) -> int:
    """How many events the chain holds, each of them hashed again; see `Ledger.verify`."""
    sequence, previous_hash = 0, GENESIS
    met = known is None or known == (0, GENESIS)
    for page in _pages(database):
        sequence, previous_hash = _verify_page(page, sequence, previous_hash)
        if known is not None and page[0][0] <= known[0] <= sequence:
            met = page[known[0] - page[0][0]][-1] == known[1]
            if not met:
                break
    if not met and known is not None:
        message = f"the ledger does not hold event {known[0]} with the hash {known[1]}; it ends at event {sequence}"
        raise BrokenChainError(message, next_step=_RESTORE)
    return sequence


def _pages(database: Database) -> Iterator[Sequence[Any]]:
    query = _POSTGRESQL if database.engine.dialect.name == "postgresql" else _SQLITE
    # Before any number there is: an event put in before the first one must be seen too.
    after = -(2**62)
    while True:
        # A connection for each page: a check of a large ledger must not hold back the writers' clean-up.
        with database.reading() as connection:
            page = connection.exec_driver_sql(query, (after, _PAGE)).all()
        if not page:
            return
        yield page
        after = page[-1][0]


def _verify_page(page: Sequence[Any], sequence: int, previous_hash: str) -> tuple[int, str]:
    for found, id, at, recorded_at, kind, subject, actor, causes, payload, version, previous, told in page:
        sequence += 1
        if found != sequence:
            message = f"the ledger has a gap: event {sequence} is missing before {found}"
            raise BrokenChainError(message, next_step=_RESTORE)
        try:
            body = [previous_hash, id, _iso(at), _iso(recorded_at), kind, subject, actor]
            holds = previous == previous_hash and told == body_hash([*body, _json(causes), _json(payload), version])
        except (ValueError, TypeError):
            # Not even readable, as nothing that was ever written here is.
            holds = False
        if not holds:
            message = f"event {sequence} ({kind}, {subject}) is not what was written"
            raise BrokenChainError(message, next_step=_RESTORE)
        previous_hash = told
    return sequence, previous_hash


def _iso(text: str) -> str:
    """An instant as `datetime.isoformat` tells it, from "2017-10-02 06:00:00.000000"."""
    if len(text) != 26:
        message = f"{text!r} is no instant"
        raise ValueError(message)
    end = 19 if text.endswith(".000000") else 26
    return f"{text[:10]}T{text[11:end]}+00:00"


def _json(text: str) -> object:
    value, end = _parse(text)
    if end != len(text):
        message = "more than one JSON value"
        raise ValueError(message)
    return value
