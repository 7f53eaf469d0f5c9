"""What feeds what, by name: the lineage with all versions of a thing folded into one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy import ColumnElement, Connection, func, literal, select

from steek.kernel.urn import Urn
from steek.ledger.tables import lineage_edges

# What fed something longer ago is no cause of what is wrong now; every night draws the edges that still hold anew.
_REMEMBERED = timedelta(days=60)
_MODEL_KINDS = frozenset({"model", "definition", "trained", "deployment", "route", "rollout"})
_FEATURE_KINDS = frozenset({"feature", "features", "view"})


@dataclass(frozen=True, slots=True)
class Systems:
    """Systems and what each is made from (`above`) and what is made from it (`below`), one step."""

    above: Mapping[str, tuple[str, ...]]
    below: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, edges: Iterable[tuple[str, str]]) -> "Systems":
        """From pairs (upstream, downstream) of URNs of any version; what feeds itself does so no more.

        >>> Systems.of([("dataset:lines@3", "trained:rank@9"), ("trained:rank@9", "trained:rank/a@1")]).below
        {'dataset:lines': ('model:rank',)}
        """
        above: dict[str, dict[str, None]] = {}
        below: dict[str, dict[str, None]] = {}
        for upstream, downstream in edges:
            upper, lower = system_of(upstream), system_of(downstream)
            if upper != lower:
                above.setdefault(lower, {})[upper] = None
                below.setdefault(upper, {})[lower] = None
        return cls(
            {name: tuple(found) for name, found in above.items()}, {name: tuple(found) for name, found in below.items()}
        )

    def edges(self) -> list[tuple[str, str]]:
        """Pairs (upstream, downstream)."""
        return [(upper, lower) for upper, lowers in self.below.items() for lower in lowers]


def system_of(urn: str) -> str:
    """The system a thing belongs to, whichever version or member of a fleet it is.

    >>> system_of("trained:partner_demand/69@17")
    'model:partner_demand'
    >>> system_of("dataset:products@4")
    'dataset:products'
    """
    return _system_of(urn.partition("@")[0])


@lru_cache(maxsize=65_536)
def _system_of(name: str) -> str:
    parsed = Urn.parse(name)
    if parsed.kind in _MODEL_KINDS:
        return str(Urn("model", parsed.name.split("/")[0]))
    if parsed.kind in _FEATURE_KINDS:
        return str(Urn("features", parsed.name))
    return name


def read_systems(connection: Connection, *, now: datetime) -> Systems:
    """Every system of the lineage as drawn in the last 60 days; receipts, which only begin ways, are left out."""
    postgres = connection.dialect.name == "postgresql"
    upper = _name(lineage_edges.c.upstream, postgres=postgres)
    lower = _name(lineage_edges.c.downstream, postgres=postgres)
    query = select(upper, lower).where(
        lineage_edges.c.at >= now - _REMEMBERED, lineage_edges.c.upstream.not_like("receipt:%")
    )
    return Systems.of((row[0], row[1]) for row in connection.execute(query.distinct()))


def _name(column: ColumnElement[str], *, postgres: bool) -> ColumnElement[str]:
    """A URN without its version, in words of the database."""
    if postgres:
        return func.split_part(column, literal("@"), 1)
    return func.substr(column, 1, func.instr(column.concat("@"), "@") - 1)
