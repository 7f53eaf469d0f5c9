"""Answers to golden sets as a place that holds traces of persons."""

from collections.abc import Sequence

from sqlalchemy import delete, func, select

from steek.data.erasure.ports import Finding
from steek.data.erasure.subjects import Trace
from steek.data.lake.horizons import table_horizons
from steek.evaluation.tables import golden_answers, golden_sets
from steek.ledger import Database


class GoldenAnswers:
    """A `Holder` of what versions answered to golden sets; the sets themselves are tables of the lake.

    Answers stand in the order of the set's rows and do not say whose they are. Where a set has lost rows, the answers
    given before are dropped whole; the next comparison asks the earlier version again.
    """

    name = "golden answers"

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, traces: Sequence[Trace]) -> list[Finding]:  # noqa: ARG002 - answers name nobody
        return []

    def erase(self, traces: Sequence[Trace], *, cause: str) -> int:  # noqa: ARG002 - the seam's
        return 0

    def clear(self, traces: Sequence[Trace], *, cause: str) -> int:  # noqa: ARG002 - after the lake has ended versions
        ended = select(func.max(table_horizons.c.at)).where(
            table_horizons.c.name == golden_answers.c.table_name, table_horizons.c.cause == cause
        )
        pinned = select(golden_sets.c.table_name)
        older = delete(golden_answers).where(
            golden_answers.c.table_name.in_(pinned), golden_answers.c.answered_at <= ended.scalar_subquery()
        )
        with self._database.transaction() as connection:
            return connection.execute(older).rowcount
