"""Usage of data, from the record of reads: by user, job, model, dataset or token, in all and day by day."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import func, select

from steek.governance.access.reads import ReadQuery
from steek.governance.access.tables import reads
from steek.kernel.errors import InputError
from steek.ledger import Database

UsageBy = Literal["user", "job", "model", "dataset", "token", "service"]
_KEYS: Mapping[str, Any] = {
    "user": reads.c.principal,
    "service": reads.c.principal,
    "job": reads.c.job,
    "model": reads.c.model,
    "dataset": reads.c.dataset,
    "token": reads.c.token,
}
_KIND_OF = {"user": "person", "service": "service"}


@dataclass(frozen=True, slots=True)
class Usage:
    """What one user, job, model, dataset or token read.

    Args:
        name: Of the user and so on.
        reads: Reads that got something.
        refused: Reads that got nothing.
        datasets: What was asked for, sorted.
        principals: Who asked, sorted.
        purposes: What for, sorted; "" where nobody said.
        columns: "dataset.column" of everything handed out, sorted.
        first_at: First read or refusal.
        last_at: Last read or refusal.
        by_day: Day (UTC) to the number of reads and refusals, in order.
    """

    name: str
    reads: int
    refused: int
    datasets: tuple[str, ...]
    principals: tuple[str, ...]
    purposes: tuple[str, ...]
    columns: tuple[str, ...]
    first_at: datetime
    last_at: datetime
    by_day: Mapping[str, int]


def usage(database: Database, by: str, query: ReadQuery) -> list[Usage]:
    """Usage, most reads first; what has no such name (a read for no model) is left out.

    Args:
        database: Where reads are.
        by: One of user (people only), service, job, model, dataset, token.
        query: Which reads count.

    Raises:
        InputError: another `by`.
    """
    if by not in _KEYS:
        message = f"usage by {by!r} is not known; allowed: {', '.join(get_args(UsageBy))}"
        raise InputError(message)
    key, c = _KEYS[by], reads.c
    # Equal reads are counted by the database: what comes here are kinds of reads, not reads.
    grouped = (key, c.day, c.principal, c.dataset, c.purpose, c.columns, c.verdict)
    asked = select(
        *(column.label(f"c{at}") for at, column in enumerate(grouped)), func.count(), func.min(c.at), func.max(c.at)
    )
    asked = asked.where(key.is_not(None), *query.conditions())
    if by in _KIND_OF:
        asked = asked.where(c.kind == _KIND_OF[by])
    found: dict[str, _Sum] = {}
    with database.reading() as connection:
        for row in connection.execute(asked.group_by(*grouped).order_by(c.day)):
            name, *rest = tuple[Any, ...](row)
            found.setdefault(name, _Sum()).add(*rest)
    made = [each.usage(name) for name, each in found.items()]
    return sorted(made, key=lambda one: (-one.reads, -one.refused, one.name))


class _Sum:
    def __init__(self) -> None:
        self._reads = self._refused = 0
        self._sets: tuple[set[str], set[str], set[str], set[str]] = (set(), set(), set(), set())
        self._days: dict[str, int] = {}
        self._moments: list[datetime] = []

    def add(
        self, day: str, principal: str, dataset: str, purpose: str, columns: str, verdict: str,
        count: int, first_at: datetime, last_at: datetime,
    ) -> None:  # fmt: skip
        self._days[day] = self._days.get(day, 0) + count
        self._moments += [first_at, last_at]
        if verdict == "refused":
            self._refused += count
        else:
            self._reads += count
        principals, datasets, purposes, seen = self._sets
        principals.add(principal)
        datasets.add(dataset)
        purposes.add(purpose)
        seen.update(f"{dataset}.{column}" for column in json.loads(columns))

    def usage(self, name: str) -> Usage:
        principals, datasets, purposes, columns = (tuple(sorted(each)) for each in self._sets)
        return Usage(
            name=name,
            reads=self._reads,
            refused=self._refused,
            datasets=datasets,
            principals=principals,
            purposes=purposes,
            columns=columns,
            first_at=min(self._moments),
            last_at=max(self._moments),
            by_day=self._days,
        )
