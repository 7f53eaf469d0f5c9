"""Incidents that hurt nobody because a defence held: they teach as much, and cost nothing."""

from collections.abc import Mapping, Sequence

from steek.incidents.impact.types import Dimension, Impact
from steek.incidents.timeline import TimelineEntry

# What stands between a change and people.
_HARMED = (Dimension.USERS, Dimension.PREDICTIONS, Dimension.PARTNERS, Dimension.MONEY)
_HELD: Mapping[str, str] = {
    "canary.aborted": "a canary was aborted",
    "change.held": "a freeze held a change back",
    "feed.held": "a batch was held before it came in",
}


def near_miss_by_rule(impacts: Sequence[Impact], entries: Sequence[TimelineEntry]) -> str | None:
    """Which defence held, when it is known that nobody was hurt; None when somebody was, or nothing says so.

    Args:
        impacts: The latest word on every dimension.
        entries: The story of the incident.
    """
    if not any(one.known and one.high == 0 for one in impacts if one.dimension in _HARMED):
        return None
    if any(one.high is None or one.high > 0 for one in impacts if one.known and one.dimension in _HARMED):
        return None
    if any(one.names for one in impacts if one.dimension is Dimension.GROUPS):
        return None
    held = dict.fromkeys(words for entry in entries if (words := _held(entry)))
    return "; ".join(held) or None


def _held(entry: TimelineEntry) -> str | None:
    if entry.kind == "gate.decided" and entry.payload.get("verdict") == "fail":
        return "a gate refused the version"
    return _HELD.get(entry.kind)
