"""Which weak signals belong together: a pure function from what was noticed to what asks for a declaration."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from steek.incidents.signals.types import SignalKind
from steek.kernel.units import format_duration

# Two who notice something independently are rarely both wrong; one who says it twice is still one.
LEAST_SOURCES = 2
_MOST_NAMED = 3
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something noticed about a system: a signal that was filed (`kind`), or an open alert (`kind` is None).

    `source` is the person, or the monitor.
    """

    id: str
    system: str
    source: str
    at: datetime
    kind: SignalKind | None


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
    found: list[Gathering] = []
    while True:
        candidates = [_densest(system, left, related, within) for system in dict.fromkeys(one.system for one in left)]
        enough = [(system, chosen) for system, chosen in candidates if _is_enough(chosen)]
        if not enough:
            return tuple(found)
        # The first of those with most sources; the system itself before its neighbours.
        system, chosen = max(enough, key=lambda each: (_weight(each[1]), sum(one.system == each[0] for one in each[1])))
        found.append(Gathering(system, chosen, describe(system, chosen)))
        taken = {(one.kind is None, one.id) for one in chosen}
        left = [one for one in left if (one.kind is None, one.id) not in taken]


def describe(system: str, noticed: Sequence[Noticed]) -> str:
    """What is known, in one sentence.

    >>> from datetime import UTC
    >>> at = datetime(2017, 10, 2, tzinfo=UTC)
    >>> describe("model:demand", [Noticed("1", "model:demand", "kim", at, SignalKind.SUPPORT)])
    '1 support note about model:demand by 1 source.'
    """
    kinds = Counter(one.kind.words if one.kind is not None else "open alert" for one in noticed)
    listed = ", ".join(f"{count} {name}{'s' if count > 1 else ''}" for name, count in kinds.items())
    systems = [system, *sorted({one.system for one in noticed} - {system})]
    named = ", ".join(systems[:_MOST_NAMED]) + (
        f" and {len(systems) - _MOST_NAMED} more" * (len(systems) > _MOST_NAMED)
    )
    sources = len({(one.kind is None, one.source) for one in noticed})
    by = f"{sources} source{'s' if sources > 1 else ''}"
    if len(noticed) < LEAST_SOURCES:
        return f"{listed} about {named} by {by}."
    between = max(one.at for one in noticed) - min(one.at for one in noticed)
    apart = "a minute" if between < _MINUTE else format_duration(between)
    return f"{listed} about {named} by {by} within {apart}."


def _densest(
    system: str, noticed: Sequence[Noticed], related: Mapping[str, frozenset[str]], within: timedelta
) -> tuple[str, tuple[Noticed, ...]]:
    """The stretch of at most `within` that most sources noticed something in, on `system` and its neighbours."""
    near = [one for one in noticed if _is_near(system, one.system, related)]
    best: tuple[Noticed, ...] = ()
    end = 0
    for start, first in enumerate(near):
        while end < len(near) and near[end].at - first.at <= within:
            end += 1
        stretch = tuple(near[start:end])
        if _weight(stretch) > _weight(best):
            best = stretch
    return system, best


def _is_near(system: str, other: str, related: Mapping[str, frozenset[str]]) -> bool:
    return other == system or other in related.get(system, ()) or system in related.get(other, ())


def _is_enough(noticed: Sequence[Noticed]) -> bool:
    return any(one.kind is not None for one in noticed) and _weight(noticed)[0] >= LEAST_SOURCES


def _weight(noticed: Sequence[Noticed]) -> tuple[int, int]:
    return len({(one.kind is None, one.source) for one in noticed}), len(noticed)
