"""Deciding which versions a vacuum ends, and deleting the files that only those need."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from deltalake import DeltaTable

# Longer than any writer takes between a file and the commit that names it.
ORPHAN_GRACE_H = 1


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recorded version and the processing time from which it was the latest."""

    version: int
    at: datetime


@dataclass(frozen=True, slots=True)
class VacuumPlan:
    """What a vacuum would do.

    Args:
        kept_from: The first version that stays because of its age; all later ones stay too.
        ended: Versions that end, oldest first.
        pinned: Older versions that stay because somebody needs them.
    """

    kept_from: int
    ended: tuple[int, ...]
    pinned: tuple[int, ...]


def plan_vacuum(
    versions: Sequence[Recorded], *, since: datetime, pinned: Collection[int], ended_already: Collection[int]
) -> VacuumPlan | None:
    """Keep every version that a reader at or after `since` saw, and what is pinned; None for a table without versions.

    >>> from datetime import UTC
    >>> days = [Recorded(number, datetime(2024, 5, number, tzinfo=UTC)) for number in range(1, 6)]
    >>> plan = plan_vacuum(days, since=datetime(2024, 5, 4, 12, tzinfo=UTC), pinned={2}, ended_already={1})
    >>> plan.kept_from, plan.ended, plan.pinned
    (4, (3,), (2,))
    """
    if not versions:
        return None
    seen = [each.version for each in versions if each.at <= since]
    kept_from = max(seen) if seen else min(each.version for each in versions)
    older = sorted(each.version for each in versions if each.version < kept_from and each.version not in ended_already)
    return VacuumPlan(
        kept_from,
        tuple(version for version in older if version not in pinned),
        tuple(version for version in older if version in pinned),
    )


def delete_files(table: DeltaTable, plan: VacuumPlan, *, orphans: bool) -> int:
    """Delete files that neither the kept nor the pinned versions need; returns how many.

    Files that a writer has written and not yet committed are in no version: they are left alone for an hour, and
    altogether unless `orphans`. Numbers between the recorded ones are kept as well: a writer may be about to record
    one.
    """
    kept = [*plan.pinned, *range(plan.kept_from, table.version() + 1)]
    deleted = table.vacuum(0, dry_run=False, enforce_retention_duration=False, keep_versions=kept)
    if orphans:
        deleted += table.vacuum(
            ORPHAN_GRACE_H, dry_run=False, enforce_retention_duration=False, full=True, keep_versions=kept
        )
    return len(set(deleted))
