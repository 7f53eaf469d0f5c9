"""Which weak signals belong together: a pure function from what was noticed to what asks for a declaration."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

from steek.incidents.signals.types import SignalKind
from steek.kernel.units import format_duration

# Two who notice something independently are rarely both wrong; one who says it twice is still one.
LEAST_SOURCES = 2
_MOST_NAMED = 3
_MINUTE = timedelta(minutes=1)
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something noticed about a system: a signal that was filed (`kind`), or an alert (`kind` is None).

    `source` is the person, or the monitor. A signal is of one moment, `at`. An alert is noticed from `at` to `until`,
    and for as long as it fires where that is None.
    """

    id: str
    system: str
    source: str
    at: datetime
    kind: SignalKind | None
    until: datetime | None = None

    @property
    def end(self) -> datetime:
        """The last moment at which it is noticed."""
        return self.until or (self.at if self.kind is not None else _NEVER)

    @property
    def words(self) -> str:
        """As people call it."""
        if self.kind is not None:
            return self.kind.words
        return "open alert" if self.until is None else "past alert"


@dataclass(frozen=True, slots=True)
class Gathering:
    """What belongs together, oldest first: on `system` and what is made from it or it is made from."""

    system: str
    noticed: tuple[Noticed, ...]
    sentence: str

    @property
    def signals(self) -> tuple[str, ...]:
        """Ids of the signals in it."""
        return tuple(one.id for one in self.noticed if one.kind is not None)

    @property
    def alerts(self) -> tuple[str, ...]:
        """Ids of the alerts in it."""
        return tuple(one.id for one in self.noticed if one.kind is None)


def gather(
    noticed: Sequence[Noticed], *, related: Mapping[str, frozenset[str]], within: timedelta
) -> tuple[Gathering, ...]:
    """Bring together what lies on one system or its neighbours in the lineage, close in time.

    At least one filed signal and at least two different sources are needed: alerts alone declare by their own rules.
    Each thing noticed is in one gathering at most.

    Args:
        noticed: In any order.
        related: Systems made from each system, by system; a missing one feeds nothing.
        within: Longest time between the first and the last of a gathering.
    """
    left = sorted(noticed, key=lambda one: (one.at, one.id))
    near = _neighbours(dict.fromkeys(one.system for one in left), related)
    candidates = {system: _densest(left, near[system], within) for system in near}
    found: list[Gathering] = []
    while enough := {system: chosen for system, chosen in candidates.items() if _is_enough(chosen)}:
        # The first of those with most sources; the system itself before its neighbours.
        system = max(enough, key=lambda each: (_weight(enough[each]), sum(one.system == each for one in enough[each])))
        chosen = enough[system]
        found.append(Gathering(system, chosen, describe(system, chosen)))
        taken = {(one.kind is None, one.id) for one in chosen}
        left = [one for one in left if (one.kind is None, one.id) not in taken]
        for each, others in candidates.items():
            # What loses nothing of its densest stretch has no denser one either.
            if any((one.kind is None, one.id) in taken for one in others):
                candidates[each] = _densest(left, near[each], within)
    return tuple(found)


def describe(system: str, noticed: Sequence[Noticed]) -> str:
    """What is known, in one sentence.

    >>> from datetime import UTC
    >>> at = datetime(2017, 10, 2, tzinfo=UTC)
    >>> describe("model:demand", [Noticed("1", "model:demand", "kim", at, SignalKind.SUPPORT)])
    '1 support note about model:demand by 1 source.'
    """
    kinds = Counter(one.words for one in noticed)
    listed = ", ".join(f"{count} {name}{'s' if count > 1 else ''}" for name, count in kinds.items())
    systems = [system, *sorted({one.system for one in noticed} - {system})]
    named = ", ".join(systems[:_MOST_NAMED]) + (
        f" and {len(systems) - _MOST_NAMED} more" * (len(systems) > _MOST_NAMED)
    )
    sources = len({(one.kind is None, one.source) for one in noticed})
    by = f"{sources} source{'s' if sources > 1 else ''}"
    if len(noticed) < LEAST_SOURCES:
        return f"{listed} about {named} by {by}."
    between = max(one.at for one in noticed) - min(one.end for one in noticed)
    apart = "a minute" if between < _MINUTE else format_duration(between)
    return f"{listed} about {named} by {by} within {apart}."


def _neighbours(systems: Iterable[str], related: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """Each system with those made from it and those it is made from."""
    known = list(systems)
    near = {system: {system, *related.get(system, ())} for system in known}
    for system in known:
        for below in related.get(system, ()):
            if below in near:
                near[below].add(system)
    return {system: frozenset(others) for system, others in near.items()}


def _densest(noticed: Sequence[Noticed], systems: frozenset[str], within: timedelta) -> tuple[Noticed, ...]:
    """The stretch of at most `within` in which most sources noticed something on `systems`, the first of those."""
    near = [one for one in noticed if one.system in systems]
    inside: list[tuple[datetime, int]] = []
    sources: Counter[tuple[bool, str]] = Counter()
    best, chosen, since = (0, 0), 0, _NEVER
    for number, one in enumerate(near):
        begins_at = one.at - within
        while inside and inside[0][0] < begins_at:
            gone = near[heappop(inside)[1]]
            sources[gone.kind is None, gone.source] -= 1
            if not sources[gone.kind is None, gone.source]:
                del sources[gone.kind is None, gone.source]
        heappush(inside, (one.end, number))
        sources[one.kind is None, one.source] += 1
        if (len(sources), len(inside)) > best:
            best, chosen, since = (len(sources), len(inside)), number, begins_at
    return tuple(one for one in near[: chosen + 1] if one.end >= since)


def _is_enough(noticed: Sequence[Noticed]) -> bool:
    return any(one.kind is not None for one in noticed) and _weight(noticed)[0] >= LEAST_SOURCES


def _weight(noticed: Sequence[Noticed]) -> tuple[int, int]:
    return len({(one.kind is None, one.source) for one in noticed}), len(noticed)
