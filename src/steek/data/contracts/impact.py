"""What stands downstream of a dataset, and who answers for it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select

from steek.kernel.urn import Urn
from steek.ledger import Database
from steek.ledger.tables import lineage_edges

OwnerOf = Callable[[str], str | None]
# A thing belongs to the present when one of its newest versions was made from what changes.
_RECENT = 3
# A year of daily versions with thirty readers each; older edges say nothing about the present.
_MOST_EDGES = 20_000


@dataclass(frozen=True, slots=True)
class Affected:
    """One thing downstream, without its versions.

    Args:
        urn: Its name, e.g. "features:household_recent" or "trained:search_ranking".
        newest: URN of its newest version.
        distance: Steps of lineage from the dataset.
        owner: Who answers for it; None when nobody is known to.
    """

    urn: str
    newest: str
    distance: int
    owner: str | None


class Downstream:
    """Finds what is made from a dataset at present, by the lineage.

    Args:
        database: Where the lineage lives.
        owner_of: Who answers for a URN without version; None when unknown.
    """

    def __init__(self, database: Database, owner_of: OwnerOf) -> None:
        self._database = database
        self._owner_of = owner_of

    def of(self, dataset: str) -> tuple[Affected, ...]:
        """Derived datasets, features, definitions, trained models and deployments, nearest first; () when none."""
        root = str(Urn("dataset", dataset))
        newest: dict[str, str] = {}
        distance = {root: 0}
        frontier = [root]
        while frontier:
            reached: list[str] = []
            for upstream in frontier:
                for downstream, latest in self._made_from(upstream).items():
                    if downstream in distance:
                        continue
                    distance[downstream] = distance[upstream] + 1
                    newest[downstream] = latest
                    reached.append(downstream)
                    for definition in self._definitions_of(latest):
                        name = nameless_version(definition)
                        if name not in distance:
                            distance[name], newest[name] = distance[downstream], definition
            frontier = reached
        found = [Affected(urn, latest, distance[urn], self._owner_of(urn)) for urn, latest in newest.items()]
        return tuple(sorted(found, key=lambda each: (each.distance, each.urn)))

    def _made_from(self, system: str) -> dict[str, str]:
        """Systems of which a newest version was made from any version of `system`, with that newest version."""
        query = (
            select(lineage_edges.c.downstream)
            .where(_is_version_of(lineage_edges.c.upstream, system))
            .group_by(lineage_edges.c.downstream)
            .order_by(func.max(lineage_edges.c.event_sequence).desc())
            .limit(_MOST_EDGES)
        )
        with self._database.reading() as connection:
            made = list(connection.execute(query).scalars())
        first: dict[str, str] = {}
        for urn in made:
            first.setdefault(nameless_version(urn), urn)
        present: dict[str, str] = {}
        for name, urn in first.items():
            recent = self._newest_of(name)
            if name != system and urn in recent:
                present[name] = recent[0]
        return present

    def _newest_of(self, system: str) -> list[str]:
        query = (
            select(lineage_edges.c.downstream)
            .where(_is_version_of(lineage_edges.c.downstream, system))
            .group_by(lineage_edges.c.downstream)
            .order_by(func.max(lineage_edges.c.event_sequence).desc())
            .limit(_RECENT)
        )
        with self._database.reading() as connection:
            return list(connection.execute(query).scalars())

    def _definitions_of(self, urn: str) -> Iterable[str]:
        query = select(lineage_edges.c.upstream).where(
            lineage_edges.c.downstream == urn, lineage_edges.c.upstream.startswith("definition:")
        )
        with self._database.reading() as connection:
            return list(connection.execute(query).scalars())


def nameless_version(urn: str) -> str:
    """The thing across its versions and, of a fleet, its members.

    >>> nameless_version("trained:partner_demand/69@17")
    'trained:partner_demand'
    """
    parsed = Urn.parse(urn)
    return str(Urn(parsed.kind, parsed.name.partition("/")[0]))


def _is_version_of(end: ColumnElement[str], system: str) -> ColumnElement[bool]:
    # Both are ranges of the index: the versions, and the versions of a fleet's members.
    return or_(*(end.startswith(f"{system}{mark}", autoescape=True) for mark in "@/"))
