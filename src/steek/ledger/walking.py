"""The queries that walk the table of edges, in words that SQLite and PostgreSQL share."""

from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import Connection, select

from steek.ledger.tables import lineage_edges, outside_runs

Towards = Literal["upstream", "downstream"]
Rows = Sequence[Any]
_CHUNK = 500
# UNION keeps each name once, which ends circles; the edges are joined to the names afterwards, because keeping each
# edge once in the walk itself costs more.
_REACHED = """
WITH RECURSIVE reached(urn) AS (
    VALUES {roots}
    UNION
    SELECT {far} FROM lineage_edges JOIN reached ON {near} = urn
)
SELECT upstream, downstream, event_sequence, at FROM reached JOIN lineage_edges ON {near} = urn
"""


def reached(connection: Connection, roots: Sequence[str], *, towards: Towards) -> Rows:
    """Rows (upstream, downstream, event_sequence, at) of every edge on any way from `roots`, in no order."""
    near, far = ("downstream", "upstream") if towards == "upstream" else ("upstream", "downstream")
    is_postgres = connection.dialect.name == "postgresql"
    marks = ", ".join(["(%s)" if is_postgres else "(?)"] * len(roots))
    if is_postgres:
        # It takes the walk for far wider than it is, and would read the whole table at each of its steps.
        connection.exec_driver_sql("SET LOCAL enable_hashjoin = off")
        connection.exec_driver_sql("SET LOCAL enable_mergejoin = off")
        marks = marks.replace("%s", "%s::varchar")
    query = _REACHED.format(roots=marks, near=near, far=far)
    # The driver's own tuples: there may be many, and wrapping them costs as much as reading them.
    cursor: Any = connection.exec_driver_sql(query, tuple(roots)).cursor
    return cursor.fetchall()


def steps(connection: Connection, root: str, *, towards: Towards, count: int) -> Rows:
    """The same rows of at most `count` steps, by one query a step."""
    near = lineage_edges.c.downstream if towards == "upstream" else lineage_edges.c.upstream
    end = 0 if towards == "upstream" else 1
    query = select(lineage_edges.c.upstream, lineage_edges.c.downstream, lineage_edges.c.event_sequence)
    query = query.add_columns(lineage_edges.c.at)
    seen, frontier, found = {root}, [root], list[Any]()
    for _ in range(count):
        chunks = [frontier[start : start + _CHUNK] for start in range(0, len(frontier), _CHUNK)]
        rows = [row for chunk in chunks for row in connection.execute(query.where(near.in_(chunk)))]
        found += rows
        frontier = [urn for urn in dict.fromkeys(row[end] for row in rows) if urn not in seen]
        seen.update(frontier)
    return found


def plain_names(connection: Connection, root: str, drawn: Rows, towards: Towards) -> frozenset[str]:
    """Of the datasets in a walk, the names of which a system outside told something without a version."""
    if connection.execute(select(outside_runs.c.run_id).limit(1)).first() is None:
        return frozenset()
    urns = {root, *(row[0] for row in drawn), *(row[1] for row in drawn)}
    names = sorted({urn.partition("@")[0] for urn in urns if urn.startswith("dataset:") and "@" in urn} - urns)
    near = lineage_edges.c.downstream if towards == "upstream" else lineage_edges.c.upstream
    found: set[str] = set()
    for start in range(0, len(names), _CHUNK):
        query = select(near).where(near.in_(names[start : start + _CHUNK])).distinct()
        found.update(connection.execute(query).scalars())
    return frozenset(found)
