"""The record of every read: who, for what, which columns of which version, and which rule let it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, insert, select

from steek.governance.access.actors import attribution
from steek.governance.access.decision import Decision
from steek.governance.access.tables import reads
from steek.kernel.records import canonical_json
from steek.ledger import Database

_PAGE = 5_000
# Compiled once: a read waits for it.
_INSERT = insert(reads)


@dataclass(frozen=True, slots=True)
class Read:
    """One read, or the refusal of one.

    Args:
        sequence: Order of writing.
        at: When the frame was handed out or refused.
        principal: Who.
        kind: "person", "job" or "service".
        roles: Its roles then.
        purpose: What for; "" when it did not say.
        dataset: Table of the lake.
        version: Its version; None when it came to no version.
        columns: Columns that were handed out, each with its treatment.
        verdict: "allowed", "partly" or "refused".
        rule: The rules that decided, joined by "; ".
        token: Id of the token it came with, None without one.
        job: Work it was done for, None when nobody said.
        model: Model it was done for, None when nobody said.
    """

    sequence: int
    at: datetime
    principal: str
    kind: str
    roles: tuple[str, ...]
    purpose: str
    dataset: str
    version: int | None
    columns: Mapping[str, str]
    verdict: str
    rule: str
    token: str | None
    job: str | None
    model: str | None


@dataclass(frozen=True, slots=True)
class ReadQuery:
    """Which reads; None does not ask. Times are [since, until)."""

    principal: str | None = None
    dataset: str | None = None
    purpose: str | None = None
    verdict: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """As conditions of SQL."""
        exact = {
            reads.c.principal: self.principal,
            reads.c.dataset: self.dataset,
            reads.c.purpose: self.purpose,
            reads.c.verdict: self.verdict,
        }
        found = [column == value for column, value in exact.items() if value is not None]
        if self.since is not None:
            found.append(reads.c.at >= self.since)
        if self.until is not None:
            found.append(reads.c.at < self.until)
        return found


def write_read(connection: Connection, decision: Decision, version: int | None, at: datetime) -> None:
    """Write a read down, on a connection whose commit is the caller's."""
    actor, whose = decision.actor, attribution()
    given = {name: treatment for name, treatment in decision.columns.items() if treatment != "deny"}
    row = {
        "at": at,
        "day": at.astimezone(UTC).date().isoformat(),
        "principal": actor.principal,
        "kind": actor.kind,
        "roles": canonical_json(list(actor.roles)),
        "purpose": actor.purpose,
        "dataset": decision.table,
        "version": version,
        "columns": canonical_json(given),
        "verdict": decision.verdict,
        "rule": "; ".join(decision.rules),
        "token": actor.token,
        "job": whose.job or (actor.principal if actor.kind == "job" else None),
        "model": whose.model,
    }
    connection.execute(_INSERT, row)


def list_reads(database: Database, query: ReadQuery, limit: int, *, before: int | None = None) -> list[Read]:
    """The newest reads that fit, newest first; `before` is the sequence that ended the page before."""
    asked = _asked(query).order_by(reads.c.sequence.desc()).limit(limit)
    if before is not None:
        asked = asked.where(reads.c.sequence < before)
    with database.reading() as connection:
        return [_to_read(row) for row in connection.execute(asked).mappings()]


def all_reads(database: Database, query: ReadQuery) -> Iterator[Read]:
    """Every read that fits, oldest first, a page at a time."""
    after = 0
    while True:
        asked = _asked(query).where(reads.c.sequence > after).order_by(reads.c.sequence).limit(_PAGE)
        with database.reading() as connection:
            page = [_to_read(row) for row in connection.execute(asked).mappings()]
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].sequence


def cloud_event(read: Read, source: str) -> dict[str, object]:
    """A read in the form of CloudEvents 1.0 (structured JSON)."""
    return {
        "specversion": "1.0",
        "id": str(read.sequence),
        "source": source,
        "type": "steek.access.read",
        "subject": f"dataset:{read.dataset}" + (f"@{read.version}" if read.version is not None else ""),
        "time": read.at.isoformat(),
        "datacontenttype": "application/json",
        "data": read,
    }


def _asked(query: ReadQuery) -> Select[Any]:
    return select(reads).where(*query.conditions())


def _to_read(row: RowMapping) -> Read:
    values: dict[str, Any] = {name: row[name] for name in Read.__dataclass_fields__}
    values["roles"] = tuple(json.loads(row["roles"]))
    values["columns"] = json.loads(row["columns"])
    return Read(**values)
