"""What stands downstream of a dataset, made or only declared, and who answers for it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import ColumnElement, func, or_, select

from steek.kernel.urn import Urn
from steek.ledger import Database
from steek.ledger.tables import lineage_edges

OwnerOf = Callable[[str], str | None]
Readers = Callable[[], Mapping[str, Sequence[str]]]
"""URN without version to the URNs of what a project declares to read it."""
ColumnReaders = Callable[[str, Sequence[str]], Mapping[str, tuple["ColumnReading", ...]]]
"""For some columns of a dataset: URN without version to how it reads each of them, in their order."""
Reading = Literal["reads it", "reads other columns", "unknown"]
Standing = Literal["made", "declared, not made yet"]
# A thing belongs to the present when one of its newest versions was made from what changes.
_RECENT = 3
# A year of daily versions with thirty readers each; older edges say nothing about the present.
_MOST_EDGES = 20_000


@dataclass(frozen=True, slots=True)
class ColumnReading:
    """How something downstream reads one column.

    Args:
        column: Name of the column that changes.
        reading: Whether it reads that very column; "unknown" where nothing can be told from its code.
        through: Its own columns, or features, that come from the column; empty unless it reads it.
    """

    column: str
    reading: Reading
    through: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Affected:
    """One thing downstream, without its versions.

    Args:
        urn: Its name, e.g. "features:household_recent" or "trained:search_ranking".
        newest: URN of its newest version; its name again where no version was made from the dataset yet.
        distance: Steps from the dataset.
        owner: Who answers for it; None when nobody is known to.
        standing: Whether a version of it was made from the dataset, or the project only declares that it reads it.
        columns: How it reads each of the columns that change; empty where no single column does.
    """

    urn: str
    newest: str
    distance: int
    owner: str | None
    standing: Standing = "made"
    columns: tuple[ColumnReading, ...] = ()

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Affected":
        """What `to_plain` made of one, also of one from before columns were told."""
        told = [ColumnReading(**each | {"through": tuple(each["through"])}) for each in plain.get("columns", ())]
        values: dict[str, Any] = {**plain, "columns": tuple(told)}
        return cls(**values)


@dataclass(slots=True)
class _Walk:
    """What was met so far on the way downstream."""

    distance: dict[str, int]
    # Of what was made; what is only declared has none.
    newest: dict[str, str] = field(default_factory=dict[str, str])

    def meet(self, urn: str, newest: str | None, distance: int) -> bool:
        """Note one thing; whether it was new."""
        if newest is not None:
            self.newest.setdefault(urn, newest)
        if urn in self.distance:
            return False
        self.distance[urn] = distance
        return True


class Downstream:
    """Finds what is made from a dataset at present, by the lineage, and what a project declares to be.

    Args:
        database: Where the lineage lives.
        owner_of: Who answers for a URN without version; None when unknown.
        readers: What is declared to read what; by default nothing.
        column_readers: What reads which column; by default nothing is known.
    """

    def __init__(
        self,
        database: Database,
        owner_of: OwnerOf,
        readers: Readers | None = None,
        column_readers: ColumnReaders | None = None,
    ) -> None:
        self._database = database
        self._owner_of = owner_of
        self._readers = readers
        self._column_readers = column_readers

    def of(self, dataset: str, columns: Sequence[str] = ()) -> tuple[Affected, ...]:
        """Derived datasets, features, definitions, trained models and deployments, nearest first; () when none.

        Args:
            dataset: Name of the dataset.
            columns: Those that change; of each it is told who reads it.
        """
        walk = self._walk(str(Urn("dataset", dataset)))
        readings: Mapping[str, tuple[ColumnReading, ...]] = {}
        if self._column_readers is not None and columns:
            readings = self._column_readers(dataset, columns)
        unknown = tuple(ColumnReading(column, "unknown") for column in columns)
        found = [
            Affected(
                urn=urn,
                newest=walk.newest.get(urn, urn),
                distance=distance,
                owner=self._owner_of(urn),
                standing="made" if urn in walk.newest else "declared, not made yet",
                columns=readings.get(urn, unknown),
            )
            for urn, distance in walk.distance.items()
            if distance
        ]
        return tuple(sorted(found, key=lambda each: (each.distance, each.urn)))

    def _walk(self, root: str) -> _Walk:
        readers: Mapping[str, Sequence[str]] = {} if self._readers is None else self._readers()
        walk = _Walk({root: 0})
        frontier = [root]
        while frontier:
            reached: list[str] = []
            for upstream in frontier:
                step = walk.distance[upstream] + 1
                is_made = upstream == root or upstream in walk.newest
                for downstream, latest in self._made_from(upstream).items():
                    reached += [downstream] * walk.meet(downstream, latest if is_made else None, step)
                    for definition in self._definitions_of(latest):
                        name = nameless_version(definition)
                        # As far as the model: what reads the definition by declaration comes after both.
                        reached += [name] * walk.meet(name, definition if is_made else None, step)
                reached += [each for each in readers.get(upstream, ()) if walk.meet(each, None, step)]
            frontier = reached
        return walk

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
