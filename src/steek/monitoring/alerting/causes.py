"""Which anomalies may have the same cause? Those that began together on one thing, or along the lineage."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from steek.kernel.windows import Window
from steek.monitoring.alerting.systems import Systems

# Nightly work brings what is wrong upstream today downstream by tomorrow.
TRAVEL = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A system that left its bounds, and when that began."""

    system: str
    onset: Window


class Union:
    """Disjoint sets of numbers, with path halving and the smaller number as the name of a set.

    Source: Tarjan and van Leeuwen 1984, "Worst-case analysis of set union algorithms".
    """

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def find(self, item: int) -> int:
        """The name of the set that an item is in."""
        parent = self._parent
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    def join(self, one: int, other: int) -> None:
        """Make one set of two."""
        first, second = self.find(one), self.find(other)
        self._parent[max(first, second)] = min(first, second)

    def add(self) -> int:
        """One more item, in a set of its own."""
        self._parent.append(len(self._parent))
        return len(self._parent) - 1


def same_cause(anomalies: Sequence[Anomaly], known: int, systems: Systems) -> Union:
    """Put anomalies that may have the same cause into one set.

    Two may have the same cause when their onsets share a moment and they are on the same system or on two that are
    made from one and the same thing directly; or when one system is made from the other, over any number of steps,
    and what is downstream began before the upstream onset was a day over. The relation is closed: what is related
    to the same thing is in one set. Each moment at which anything began costs one walk over the lineage between the
    anomalies of that moment, however many there are: no pair is looked at.

    Args:
        anomalies: Known ones first.
        known: So many of them were put into sets before; only what has to do with the others is looked at.
        systems: The lineage.
    """
    union = Union(len(anomalies))
    by_system: dict[str, list[int]] = {}
    for index, anomaly in enumerate(anomalies):
        by_system.setdefault(anomaly.system, []).append(index)
    for members in by_system.values():
        if members[-1] >= known:
            _overlapping(anomalies, members, union)
    fresh = range(known, len(anomalies))
    for moment in _moments(anomalies, fresh):
        _at_moment(anomalies, known, systems, moment, union)
    return union


def first_on(systems: Systems, onsets: Mapping[str, Window]) -> tuple[str, ...]:
    """The systems that moved first: of those that may have been the earliest, the ones with no other upstream.

    Several when neither time nor lineage tells them apart, in order of their onsets and names.
    """
    earliest_end = min(onset.end_at for onset in onsets.values())
    contenders = {name for name, onset in onsets.items() if onset.start_at < earliest_end}
    if len(contenders) > 1:
        fed = _walk(contenders, systems.below, lambda _: True)
        contenders = contenders - fed or contenders
    return tuple(sorted(contenders, key=lambda name: (onsets[name].start_at, onsets[name].end_at, name)))


def _overlapping(anomalies: Sequence[Anomaly], members: Sequence[int], union: Union) -> None:
    ordered = sorted(members, key=lambda index: anomalies[index].onset.start_at)
    last = ordered[0]
    for index in ordered[1:]:
        if anomalies[index].onset.start_at < anomalies[last].onset.end_at:
            union.join(last, index)
        if anomalies[index].onset.end_at > anomalies[last].onset.end_at:
            last = index


def _moments(anomalies: Sequence[Anomaly], fresh: Iterable[int]) -> list[datetime]:
    """Beginnings at which a new anomaly is under way: two onsets that share a moment share the later beginning."""
    new = [anomalies[index].onset for index in fresh]
    starts = {anomaly.onset.start_at for anomaly in anomalies}
    spans = sorted({(onset.start_at, onset.end_at + TRAVEL) for onset in new})
    return sorted(moment for moment in starts if any(start <= moment < end for start, end in spans))


def _at_moment(anomalies: Sequence[Anomaly], known: int, systems: Systems, moment: datetime, union: Union) -> None:
    upper: dict[str, list[int]] = {}
    lower: dict[str, list[int]] = {}
    for index, anomaly in enumerate(anomalies):
        onset = anomaly.onset
        if onset.start_at <= moment < onset.end_at + TRAVEL:
            upper.setdefault(anomaly.system, []).append(index)
            if moment < onset.end_at:
                lower.setdefault(anomaly.system, []).append(index)
    new_upper, new_lower = (_new(found, known) for found in (upper, lower))
    if new_lower:
        _along(systems, upper, new_lower, union)
        _beside(systems, lower, new_lower, union)
    if new_upper and known:
        _along(systems, new_upper, lower, union)


def _new(found: Mapping[str, list[int]], known: int) -> dict[str, list[int]]:
    fresh = {system: [index for index in members if index >= known] for system, members in found.items()}
    return {system: members for system, members in fresh.items() if members}


def _along(systems: Systems, upper: Mapping[str, list[int]], lower: Mapping[str, list[int]], union: Union) -> None:
    """Join what stands on both ends of any way from `upper` to `lower`.

    Every step of such a way lies below something of `upper` and above something of `lower`. Joining the ends of all
    such steps therefore joins exactly what a way connects. A system has two sides, since a way that ends in it and one
    that begins in it have nothing to do with each other unless a third goes through.
    """
    above = _walk(lower, systems.above, lambda _: True)
    below = _walk(upper.keys() & above, systems.below, lambda name: name in above or name in lower)
    entry: dict[str, int] = {}
    leave: dict[str, int] = {}

    def side(of: dict[str, int], name: str) -> int:
        if name not in of:
            of[name] = union.add()
        return of[name]

    for name in (upper.keys() & above) | (below & above):
        for made in systems.below.get(name, ()):
            if made in above or made in lower:
                union.join(side(leave, name), side(entry, made))
        if name in below:
            union.join(side(leave, name), side(entry, name))
        for index in upper.get(name, ()):
            union.join(side(leave, name), index)
    for name in lower.keys() & below:
        for index in lower[name]:
            union.join(side(entry, name), index)


def _beside(systems: Systems, lower: Mapping[str, list[int]], new: Mapping[str, list[int]], union: Union) -> None:
    """Join what is made from the same thing directly."""
    inputs = {made_from for name in new for made_from in systems.above.get(name, ())}
    first: dict[str, int] = {}
    for name, members in lower.items():
        for made_from in systems.above.get(name, ()):
            if made_from in inputs:
                for index in members:
                    union.join(first.setdefault(made_from, index), index)


def _walk(roots: Iterable[str], towards: Mapping[str, tuple[str, ...]], is_open: Callable[[str], bool]) -> set[str]:
    """Everything at least one step from `roots`; a root only when it stands on a circle or behind another."""
    found: set[str] = set()
    frontier = list(roots)
    while frontier:
        reached = [name for at in frontier for name in towards.get(at, ()) if name not in found and is_open(name)]
        frontier = list(dict.fromkeys(reached))
        found.update(frontier)
    return found
