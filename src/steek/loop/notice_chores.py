"""What housekeeping does about notices: those that are long over go."""

from typing import Any

from steek.notify import NoticePruning


class NoticeChore:
    """Takes out notices, alerts of others and keys of requests that are old and over."""

    name = "notices"

    def __init__(self, pruning: NoticePruning) -> None:
        self._pruning = pruning

    def due(self) -> list[str]:
        count = self._pruning.count()
        return (
            [f"take out {count:,} notices, alerts of others and keys of requests that are long over"] if count else []
        )

    def run(self, *, actor: str) -> dict[str, Any]:  # noqa: ARG002 - what is over has no actor
        taken = self._pruning.prune()
        return {"taken_out": taken} if taken else {}
