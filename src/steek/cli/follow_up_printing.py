"""Follow-ups as lines of a table."""

from collections.abc import Iterable

from steek.incidents.followups.follow_up import FollowUp

_LONGEST = 70


def follow_up_lines(found: Iterable[FollowUp]) -> list[dict[str, object]]:
    """One line each, short enough for a terminal."""
    return [
        {
            "id": one.id,
            "priority": one.priority.value,
            "state": one.state.value,
            "value": one.value,
            "cost": one.cost,
            "owner": one.owner,
            "due": "-" if one.due_at is None else f"{one.due_at:%Y-%m-%d}",
            "check": "-" if one.check is None else one.check.kind,
            "text": " ".join(one.text.split())[:_LONGEST],
        }
        for one in found
    ]
