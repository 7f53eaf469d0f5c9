"""The life of a follow-up as one table."""

from collections.abc import Mapping
from enum import StrEnum

from steek.kernel.state_machine import transition


class FollowUpState(StrEnum):
    """Where a follow-up is."""

    OPEN = "open"
    STARTED = "started"
    DONE = "done"
    DROPPED = "dropped"

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done."""
        return self in {FollowUpState.OPEN, FollowUpState.STARTED}


class FollowUpAction(StrEnum):
    """What moves it on."""

    START = "start"
    FINISH = "finish"
    DROP = "drop"
    REOPEN = "reopen"


FOLLOW_UP_TRANSITIONS: Mapping[tuple[FollowUpState, FollowUpAction], FollowUpState] = {
    (FollowUpState.OPEN, FollowUpAction.START): FollowUpState.STARTED,
    (FollowUpState.OPEN, FollowUpAction.FINISH): FollowUpState.DONE,
    (FollowUpState.OPEN, FollowUpAction.DROP): FollowUpState.DROPPED,
    (FollowUpState.STARTED, FollowUpAction.FINISH): FollowUpState.DONE,
    (FollowUpState.STARTED, FollowUpAction.DROP): FollowUpState.DROPPED,
    (FollowUpState.DONE, FollowUpAction.REOPEN): FollowUpState.OPEN,
    (FollowUpState.DROPPED, FollowUpAction.REOPEN): FollowUpState.OPEN,
}


def move_follow_up(state: FollowUpState, action: FollowUpAction, *, follow_up: str) -> FollowUpState:
    """The state after `action`.

    Raises:
        IllegalTransitionError: the table has no such move; the message names the legal actions.

    >>> move_follow_up(FollowUpState.OPEN, FollowUpAction.START, follow_up="F-1").value
    'started'
    """
    return transition(FOLLOW_UP_TRANSITIONS, state, action, what=f"follow-up {follow_up}")
