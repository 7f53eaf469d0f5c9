"""Edges between columns, kept per version of the definition that draws them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, insert, select

from steek.data.columns.plan import ColumnMap, ColumnUse
from steek.kernel.clock import Clock
from steek.kernel.errors import InputError
from steek.ledger import Database
from steek.ledger.tables import column_edges, column_maps

KnownBy = Literal["plan", "declared", "unknown"]
_REASON_LENGTH = 500


@dataclass(frozen=True, slots=True)
class ColumnEdge:
    """A column comes from another one; both as "dataset.column" or "features.view.column" would name them."""

    upstream: str
    upstream_column: str
    downstream: str
    downstream_column: str
    effect: str
    known_by: str


@dataclass(frozen=True, slots=True)
class ColumnAnswer:
    """What a column comes from and what comes from it, nearest first.

    `unknown` names definitions on the way of which nothing is known, with the reason: what lies behind them may be
    missing here.
    """

    column: str
    upstream: tuple[ColumnEdge, ...]
    downstream: tuple[ColumnEdge, ...]
    unknown: Mapping[str, str]


class ColumnLineage:
    """Knows the columns that columns come from, where that is known, and says so where it is not.

    Args:
        database: Where edges are kept.
        clock: When a definition was first looked at.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def note(self, downstream: str, definition_hash: str, told: ColumnMap, *, known_by: KnownBy = "plan") -> bool:
        """Keep what is known of one version of a definition; once per version, later calls change nothing.

        What a person declares counts before what a plan tells, and replaces it.

        Args:
            downstream: "dataset_name" or "features.view".
            definition_hash: Version of the code.
            told: Its columns.
            known_by: How that is known.

        Returns:
            Whether anything was written.
        """
        how: KnownBy = "unknown" if told.columns is None else known_by
        with self._database.transaction() as connection:
            where = column_maps.c.downstream == downstream, column_maps.c.definition_hash == definition_hash
            before = connection.execute(select(column_maps.c.known_by).where(*where)).scalar()
            if before is not None and not (how == "declared" and before != "declared"):
                return False
            _forget(connection, downstream, definition_hash)
            row = {"downstream": downstream, "definition_hash": definition_hash, "known_by": how}
            row |= {"reason": told.reason[:_REASON_LENGTH]}
            connection.execute(insert(column_maps).values(**row, at=self._clock.now()))
            rows = _edge_rows(downstream, definition_hash, told.columns or {})
            if rows:
                connection.execute(insert(column_edges), rows)
        return True

    def is_known(self, downstream: str, definition_hash: str) -> bool:
        """Whether this version was looked at, whatever came of it."""
        where = column_maps.c.downstream == downstream, column_maps.c.definition_hash == definition_hash
        with self._database.reading() as connection:
            return connection.execute(select(column_maps.c.at).where(*where)).first() is not None

    def of(self, column: str) -> ColumnAnswer:
        """Both directions from a column, by the newest known version of every definition.

        Args:
            column: "dataset.column" or "features.view.column".

        Raises:
            InputError: not of that form.
        """
        table, point, name = column.rpartition(".")
        if not (table and point and name):
            message = f"{column!r} is not the name of a column"
            raise InputError(message, next_step="Write it as dataset.column, or features.view.column.")
        edges, unknown = self._newest()
        up = _walk(edges, (table, name), upwards=True)
        down = _walk(edges, (table, name), upwards=False)
        met = {table, *(edge.upstream for edge in up), *(edge.downstream for edge in down)}
        return ColumnAnswer(column, up, down, {each: why for each, why in unknown.items() if each in met})

    def unknown(self) -> dict[str, str]:
        """Definitions of whose newest version nothing is known, with the reason."""
        return self._newest()[1]

    def sources(self, downstream: str) -> dict[str, list[ColumnUse]]:
        """Column to what it comes from directly, of the newest known version; empty where nothing is known."""
        found: dict[str, list[ColumnUse]] = {}
        for edge in self._newest()[0]:
            if edge.downstream == downstream:
                effect = "value" if edge.effect == "value" else "rows"
                use = ColumnUse(edge.upstream, edge.upstream_column, effect)
                found.setdefault(edge.downstream_column, []).append(use)
        return found

    def _newest(self) -> tuple[list[ColumnEdge], dict[str, str]]:
        """There are as many edges as a project has columns: a walk over them needs no query of its own."""
        with self._database.reading() as connection:
            maps = connection.execute(select(column_maps).order_by(column_maps.c.at)).all()
            newest: dict[str, tuple[datetime, str, str, str]] = {
                row.downstream: (row.at, row.definition_hash, row.known_by, row.reason) for row in maps
            }
            rows = connection.execute(select(column_edges).order_by(column_edges.c.downstream_column)).all()
        edges = [
            ColumnEdge(
                row.upstream,
                row.upstream_column,
                row.downstream,
                row.downstream_column,
                row.effect,
                newest[row.downstream][2],
            )
            for row in rows
            if newest[row.downstream][1] == row.definition_hash
        ]
        return edges, {name: reason for name, (_, _, how, reason) in newest.items() if how == "unknown"}


def _forget(connection: Connection, downstream: str, definition_hash: str) -> None:
    for table in (column_edges, column_maps):
        where = table.c.downstream == downstream, table.c.definition_hash == definition_hash
        connection.execute(table.delete().where(*where))


def _edge_rows(
    downstream: str, definition_hash: str, columns: Mapping[str, Sequence[ColumnUse]]
) -> list[dict[str, object]]:
    return [
        {
            "upstream": use.dataset,
            "upstream_column": use.column,
            "downstream": downstream,
            "downstream_column": column,
            "definition_hash": definition_hash,
            "effect": use.effect,
        }
        for column, uses in columns.items()
        for use in uses
    ]


def _walk(edges: Sequence[ColumnEdge], root: tuple[str, str], *, upwards: bool) -> tuple[ColumnEdge, ...]:
    near: dict[tuple[str, str], list[ColumnEdge]] = {}
    for edge in edges:
        down, up = (edge.downstream, edge.downstream_column), (edge.upstream, edge.upstream_column)
        near.setdefault(down if upwards else up, []).append(edge)
    seen, frontier, found = {root}, [root], list[ColumnEdge]()
    while frontier:
        step = [edge for column in frontier for edge in near.get(column, ())]
        found += step
        ends = [
            (edge.upstream, edge.upstream_column) if upwards else (edge.downstream, edge.downstream_column)
            for edge in step
        ]
        frontier = [end for end in dict.fromkeys(ends) if end not in seen]
        seen.update(frontier)
    return tuple(found)
