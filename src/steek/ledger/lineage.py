"""The graph of what was made from what, drawn by events."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter

from steek.ledger.database import Database
from steek.ledger.walking import Towards, plain_names, reached, steps

# A short walk asks once a step; a longer one asks once for everything there is.
_SHORT_WALK = 8


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


# upstream, downstream, sequence of the event, its instant as the database gives it; plain, because there are many.
Drawn = tuple[str, str, int, datetime | str]
_UPSTREAM: Callable[[Drawn], str] = itemgetter(0)
_DOWNSTREAM: Callable[[Drawn], str] = itemgetter(1)
_BY_SEQUENCE: Callable[[Drawn], int] = itemgetter(2)


class Lineage:
    """Questions to the lineage graph; either direction costs one recursive query, circles are walked once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def upstream(self, urn: str, *, max_distance: int | None = None) -> Graph:
        """Everything that `urn` was made from, to the receipts; `urn` alone when nothing is known of it.

        Where a system outside told who makes a dataset, or who uses it, without saying which version, that holds
        for each of its versions: the nearest is joined by an edge to the name alone, and the walk goes on from there.
        """
        return self._walk(urn, towards="upstream", max_distance=max_distance)

    def downstream(self, urn: str, *, max_distance: int | None = None) -> Graph:
        """Everything that depends on `urn`; otherwise as `upstream`."""
        return self._walk(urn, towards="downstream", max_distance=max_distance)

    def _walk(self, root: str, *, towards: Towards, max_distance: int | None) -> Graph:
        with self._database.reading() as connection:
            if max_distance is not None and max_distance <= _SHORT_WALK:
                drawn = steps(connection, root, towards=towards, count=max_distance)
            else:
                drawn = reached(connection, [root], towards=towards)
            outside = plain_names(connection, root, drawn, towards)
            if outside:
                drawn = [*drawn, *reached(connection, sorted(outside), towards=towards)]
        return _graph(root, drawn, outside, towards, max_distance)


def _graph(
    root: str, drawn: Sequence[Drawn], outside: frozenset[str], towards: Towards, max_distance: int | None
) -> Graph:
    """The nearest things first, and of each step what was drawn first; edges back to where a walk came from, too."""
    far, near = (_UPSTREAM, _DOWNSTREAM) if towards == "upstream" else (_DOWNSTREAM, _UPSTREAM)
    touching: dict[str, list[Drawn]] = {}
    for row in drawn:
        touching.setdefault(near(row), []).append(row)
    distance: dict[str, int] = {root: 0}
    frontier, step = [root], 0
    found: list[Drawn] = []
    while frontier and (max_distance is None or step < max_distance):
        step += 1
        edges: list[Drawn] = [row for urn in frontier for row in touching.get(urn, ())]
        if outside:
            edges += _links(frontier, outside, distance, touching, towards)
        if len(edges) > 1:
            edges.sort(key=_BY_SEQUENCE)
        found += edges
        frontier = [urn for urn in dict.fromkeys([far(row) for row in edges]) if urn not in distance]
        distance.update(dict.fromkeys(frontier, step))
    return Graph(root, distance, tuple([Edge(row[0], row[1], _instant(row[3])) for row in found]))


def _links(
    frontier: list[str],
    outside: frozenset[str],
    distance: dict[str, int],
    touching: dict[str, list[Drawn]],
    towards: Towards,
) -> list[Drawn]:
    """From the first version that is met to the name without a version, once for each name."""
    links: dict[str, Drawn] = {}
    for urn in frontier:
        name, at, _ = urn.partition("@")
        if at and name in outside and name not in distance and name not in links:
            _, _, sequence, drawn_at = touching[name][0]
            links[name] = (name, urn, sequence, drawn_at) if towards == "upstream" else (urn, name, sequence, drawn_at)
    return list(links.values())


def _instant(at: datetime | str) -> datetime:
    # SQLite has text without an offset, PostgreSQL instants in the session's zone.
    return datetime.fromisoformat(f"{at}+00:00") if isinstance(at, str) else at.astimezone(UTC)
