"""Who is fresh when: the order of recovery after an outage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class CatchUp:
    """One group of fleet members to retrain together, and when it is expected to be fresh."""

    members: tuple[str, ...]
    fresh_at: datetime
    reason: str


def catch_up_plan(
    priorities: Mapping[str, float], *, first: int, started_at: datetime, time_per_member: timedelta
) -> list[CatchUp]:
    """The most important members first, then all others.

    Args:
        priorities: Member to its importance in any unit, larger is earlier; NaN counts as least.
        first: Size of the first group; a fleet no larger than that is one group.
        started_at: When work begins.
        time_per_member: Time that one member took in the last training.

    Returns:
        Groups in order of work; empty for an empty fleet. Ties are broken by the member's name.

    >>> from datetime import UTC
    >>> plan = catch_up_plan({"a": 1.0, "b": 9.0}, first=1, started_at=datetime(2017, 1, 1, tzinfo=UTC),
    ...                      time_per_member=timedelta(seconds=1))
    >>> [group.members for group in plan]
    [('b',), ('a',)]
    """
    ordered = sorted(priorities, key=lambda member: (-_number(priorities[member]), member))
    groups: list[CatchUp] = []
    for members, reason in ((ordered[:first], f"top {first} by priority"), (ordered[first:], "all others")):
        if members:
            done = len(groups[0].members) + len(members) if groups else len(members)
            groups.append(CatchUp(tuple(members), started_at + done * time_per_member, reason))
    return groups


def as_members(groups: Sequence[CatchUp]) -> list[str]:
    """All members in order of work."""
    return [member for group in groups for member in group.members]


def _number(value: float) -> float:
    return value if value == value else float("-inf")  # noqa: PLR0124 - NaN differs from itself
