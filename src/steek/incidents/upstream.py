"""What lies upstream of what is broken: how far, and what feeds what."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from steek.incidents.systems import MAX_DISTANCE, latest_versions
from steek.ledger import Database, Lineage
from steek.monitoring.alerting.systems import Systems, system_of


@dataclass(frozen=True, slots=True)
class Upstream:
    """Systems upstream of `broken`, without versions.

    Args:
        broken: What is wrong; these stand at distance 0.
        distance: Edges from each system to the nearest that is wrong.
        feeding: What feeds what among them.
    """

    broken: tuple[str, ...]
    distance: dict[str, int]
    feeding: Systems


def look_upstream(database: Database, lineage: Lineage, broken: Iterable[str], *, until: datetime) -> Upstream:
    """Walk up from the newest versions that stood at `until`.

    All versions of a name count as the same system, because a change is what makes a new version.
    """
    names = tuple(broken)
    nearest: dict[str, int] = {}
    edges: set[tuple[str, str]] = set()
    for system in names:
        nearest[system] = 0
        for urn in latest_versions(database, system, until=until):
            graph = lineage.upstream(urn, max_distance=MAX_DISTANCE)
            for found, distance in graph.distance.items():
                name = system_of(found)
                if distance < nearest.get(name, distance + 1):
                    nearest[name] = distance
            edges.update((edge.upstream, edge.downstream) for edge in graph.edges)
    return Upstream(names, nearest, Systems.of(edges))
