"""What housekeeping does about follow-ups: late ones are told of, and how all stand is told each week."""

from typing import Any

from steek.incidents.followups.lateness import Lateness


class FollowUpChore:
    """Escalates late follow-ups, one step at a time, and tells the digest of the week."""

    name = "follow-ups"

    def __init__(self, lateness: Lateness) -> None:
        self._lateness = lateness

    def due(self) -> list[str]:
        late = [
            f"tell {'the owner' if one.step == 1 else 'who answers for the owner'} that {one.follow_up.id} is "
            f"{one.days} days late"
            for one in self._lateness.due()
        ]
        digest = self._lateness.untold_digest()
        return late if digest is None else [*late, f"tell the digest of {digest.week}: {digest.sentence}"]

    def run(self, *, actor: str) -> dict[str, Any]:  # noqa: ARG002 - that a day is over has no actor
        told = [f"{one.follow_up.id} step {one.step}" for one in self._lateness.escalate()]
        silent = [f"{one.follow_up.id} of {one.follow_up.owner}" for one in self._lateness.unheard()]
        digest = self._lateness.tell_digest()
        said: dict[str, Any] = {"escalated": told} if told else {}
        said |= {"nobody could be told of": silent} if silent else {}
        return said if digest is None else {**said, "digest": digest.sentence}
