"""What changed upstream of a thing in a stretch of time."""

from dataclasses import dataclass
from datetime import datetime

from steek.kernel.urn import Urn
from steek.ledger.events import Event
from steek.ledger.ledger import Ledger
from steek.ledger.lineage import Lineage

# Kinds that alter how the loop behaves, as against the loop's own daily work.
CHANGE_KINDS = (
    "access.policy_changed",
    "binary.changed",
    "contract.changed",
    "definition.changed",
    "dataset.replaced",
    "external.changed",
    "feature.changed",
    "preparation.changed",
    "route.changed",
    "settings.changed",
)


@dataclass(frozen=True, slots=True)
class Change:
    """An event that altered something upstream; `distance` is in lineage edges, None for one outside the lineage."""

    event: Event
    distance: int | None


def changes_upstream(ledger: Ledger, lineage: Lineage, urn: str, *, since: datetime, until: datetime) -> list[Change]:
    """Changes in [since, until) upstream of `urn`, nearest first, then latest first; world events come last.

    A versioned URN upstream stands for all versions of the same name, because a change is what makes a new one.
    `model:NAME` stands for its newest trained version.
    """
    graph = lineage.upstream(_newest_of(ledger, urn))
    nearest: dict[tuple[str, str], int] = {}
    for name, distance in graph.distance.items():
        key = _unversioned(name)
        nearest[key] = min(distance, nearest.get(key, distance))
    found = ledger.events(kinds=CHANGE_KINDS, since=since, until=until, limit=100_000)
    changes = [Change(event, nearest.get(_unversioned(event.subject))) for event in found]
    relevant = [change for change in changes if change.distance is not None or change.event.kind == "external.changed"]
    return sorted(relevant, key=_order)


def _newest_of(ledger: Ledger, name: str) -> str:
    urn = Urn.parse(name)
    if urn.kind != "model":
        return name
    prefix = f"trained:{urn.name}@"
    trained = ledger.events(kinds=["model.trained"], subject_prefix=prefix, newest_first=True, limit=1)
    return trained[0].subject if trained else name


def _unversioned(name: str) -> tuple[str, str]:
    urn = Urn.parse(name)
    return urn.kind, urn.name


def _order(change: Change) -> tuple[bool, int, float]:
    return change.distance is None, change.distance or 0, -change.event.at.timestamp()
