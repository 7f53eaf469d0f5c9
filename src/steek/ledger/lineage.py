"""The graph of what was made from what, drawn by events."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from steek.ledger.database import Database
from steek.ledger.tables import lineage_edges

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Edge:
    """`downstream` was made from `upstream` at event time `at`."""

    upstream: str
    downstream: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Graph:
    """Part of the lineage around one thing: `distance` counts the edges from it; it stands at 0 itself."""

    root: str
    distance: dict[str, int]
    edges: tuple[Edge, ...]


class Lineage:
    """Questions to the lineage graph; both directions cost one indexed query per step."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def upstream(self, urn: str, *, max_distance: int | None = None) -> Graph:
        """Everything that `urn` was made from, to the receipts; `urn` alone when nothing is known of it."""
        return self._walk(urn, towards="upstream", max_distance=max_distance)

    def downstream(self, urn: str, *, max_distance: int | None = None) -> Graph:
        """Everything that depends on `urn`."""
        return self._walk(urn, towards="downstream", max_distance=max_distance)

    def _walk(self, root: str, *, towards: str, max_distance: int | None) -> Graph:
        distance = {root: 0}
        found: list[Edge] = []
        frontier = [root]
        while frontier and (max_distance is None or distance[frontier[0]] < max_distance):
            step = distance[frontier[0]] + 1
            edges = self._edges_of(frontier, towards=towards)
            found += edges
            ends = dict.fromkeys(edge.upstream if towards == "upstream" else edge.downstream for edge in edges)
            frontier = [urn for urn in ends if urn not in distance]
            distance.update(dict.fromkeys(frontier, step))
        return Graph(root, distance, tuple(found))

    def _edges_of(self, urns: list[str], *, towards: str) -> list[Edge]:
        near = lineage_edges.c.downstream if towards == "upstream" else lineage_edges.c.upstream
        query = select(lineage_edges.c.upstream, lineage_edges.c.downstream, lineage_edges.c.at)
        edges: list[Edge] = []
        with self._database.reading() as connection:
            for start in range(0, len(urns), _CHUNK):
                chunk = urns[start : start + _CHUNK]
                ordered = query.where(near.in_(chunk)).order_by(lineage_edges.c.event_sequence)
                edges += [Edge(*row) for row in connection.execute(ordered)]
        return edges
