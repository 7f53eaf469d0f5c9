"""A stretch of a timeline: what a person wants to see of it, and what a program has not read yet. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from steek.incidents.timeline import TimelineEntry
from steek.kernel.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """The latest entries that were asked for, oldest first.

    Args:
        items: The entries.
        next_before: Id of the event to ask for what lies before; None when nothing does.
        latest: Number of the last event of the whole timeline; asked for with `after`, only what was written later
            comes. 0 for an empty one.
    """

    items: tuple[TimelineEntry, ...]
    next_before: str | None
    latest: int


def timeline_page(
    entries: Sequence[TimelineEntry],
    *,
    most: int | None = None,
    before: str | None = None,
    after: int | None = None,
    since: datetime | None = None,
    own_only: bool = False,
    kinds: Sequence[str] = (),
) -> TimelinePage:
    """What was asked for of a timeline.

    Args:
        entries: All of it, oldest first.
        most: At most so many, the latest; None for all.
        before: Id of an event; only what stands before it.
        after: Number of an event; only what was written down after it, whenever it happened.
        since: Only what happened at or after this instant.
        own_only: Only what is about the incident itself.
        kinds: Only these kinds of events; empty for all. "incident" takes all that begin with "incident.".

    Raises:
        NotFoundError: no event `before` in the timeline.
    """
    end = len(entries)
    if before is not None:
        end = next((at for at, entry in enumerate(entries) if entry.event_id == before), -1)
        if end < 0:
            message = f"no event {before[:80]!r} in this timeline"
            raise NotFoundError(message, next_step="Take it from next_before of an earlier answer.")
    chosen = [
        entry
        for entry in entries[:end]
        if (after is None or entry.sequence > after)
        and (since is None or entry.at >= since)
        and (entry.own or not own_only)
        and (not kinds or entry.kind in kinds or entry.kind.partition(".")[0] in kinds)
    ]
    shown = chosen if most is None else chosen[-most:] if most else []
    next_before = shown[0].event_id if shown and len(shown) < len(chosen) else None
    return TimelinePage(tuple(shown), next_before, max((entry.sequence for entry in entries), default=0))
