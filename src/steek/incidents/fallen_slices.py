"""Where something fell: the slices, how far each left its bounds, and whether the whole left them as well."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import fsum
from typing import cast

from steek.incidents.types import AlertEvidence

_OTHER_SLICES_FACTOR = 0.2
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Fallen:
    """Slice to how far it fell, in [0, 1]: 1 is the farthest of its monitor. `whole` says that all together fell too.

    Neither is so without alerts: then it is not known where anything fell.
    """

    depths: Mapping[str, float] = field(default_factory=dict[str, float])
    whole: bool = False


def fallen(alerts: Iterable[AlertEvidence]) -> Fallen:
    """What the alerts of an incident say about it; the farthest of several alerts on one slice counts."""
    evidence = tuple(alerts)
    by_monitor: dict[str, dict[str, list[float | None]]] = {}
    for alert in evidence:
        if alert.slice is not None:
            by_monitor.setdefault(alert.monitor, {}).setdefault(alert.slice, []).append(_outside(alert))
    depths: dict[str, float] = {}
    for by_slice in by_monitor.values():
        farthest = max((far or 0.0 for measured in by_slice.values() for far in measured), default=0.0)
        for name, measured in by_slice.items():
            # A slice without a value fell as far as any.
            far = max(1.0 if one is None or farthest <= 0 else one / farthest for one in measured)
            depths[name] = max(depths.get(name, 0.0), far)
    return Fallen(depths, any(alert.slice is None for alert in evidence))


def _outside(alert: AlertEvidence) -> float | None:
    """How far the value is from the bound it left, in the unit of its monitor; None without a value."""
    if alert.value is None:
        return None
    below = 0.0 if alert.lower is None else alert.lower - alert.value
    above = 0.0 if alert.upper is None else alert.value - alert.upper
    return max(below, above, 0.0)


def judge_slices(payload: Mapping[str, object], where: Fallen) -> tuple[float, str]:
    """Factor for a change that says which slices it touched, and why in words; (1.0, "") when it says nothing.

    It counts as much as it explains: the share of what fell by slices, weighed by how far, along the dimension where
    that is most. A change that hits the slices that fell most explains that the whole fell, too.
    """
    touched = _touched(payload, where.depths)
    if not touched:
        return 1.0, ""
    if not where.depths:
        if where.whole:
            return _OTHER_SLICES_FACTOR, f"touches {_listed(touched)} only, but the whole fell, and no slice by itself"
        return 1.0, f"touches {_listed(touched)}, and which slices fell is not known"
    hit = frozenset(name for name in where.depths if any(_parts(each) <= _parts(name) for each in touched))
    if not hit:
        return _OTHER_SLICES_FACTOR, "touches other slices than those that fell"
    explained = max(_explained(dimension, hit, where.depths) for dimension in {_dimension(name) for name in hit})
    which = "which fell" if explained == 1 else f"which is {explained:.0%} of what fell by slices"
    return 1 - (1 - _OTHER_SLICES_FACTOR) * (1 - explained), f"touches {_listed(hit)}, {which}"


def _explained(dimension: frozenset[str], hit: frozenset[str], depths: Mapping[str, float]) -> float:
    along = {name: depth for name, depth in depths.items() if _dimension(name) == dimension}
    total = fsum(along.values())
    return fsum(along[name] for name in along.keys() & hit) / total if total > 0 else 1.0


def _parts(name: str) -> frozenset[str]:
    return frozenset(name.split(", "))


def _dimension(name: str) -> frozenset[str]:
    """Columns of a slice such as "region=north, store=7"."""
    return frozenset(part.partition("=")[0] for part in _parts(name))


def _touched(payload: Mapping[str, object], fell: Iterable[str]) -> frozenset[str]:
    """Slices that a change says it touched; of a fleet's member, the slice that names it."""
    listed = payload.get("slices")
    names = frozenset[str]()
    if isinstance(listed, list | tuple):
        names = frozenset(str(name) for name in cast("Sequence[object]", listed))
    member = payload.get("member")
    if isinstance(member, str) and member:
        names |= frozenset(name for name in fell if name.rpartition("=")[2] == member) or frozenset({member})
    return names


def _listed(names: Iterable[str]) -> str:
    ordered = sorted(names)
    more = f" and {len(ordered) - _NAMED} more" if len(ordered) > _NAMED else ""
    return ", ".join(ordered[:_NAMED]) + more
