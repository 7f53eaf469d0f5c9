"""The life of a hypothesis as one table."""

from collections.abc import Mapping
from enum import StrEnum

from steek.kernel.state_machine import transition


class Standing(StrEnum):
    """How a hypothesis stands. `UNDECIDED` was tested and the test did not tell."""

    STATED = "stated"
    TESTING = "testing"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    UNDECIDED = "undecided"

    @property
    def is_open(self) -> bool:
        """Whether somebody has yet to find out."""
        return self in {Standing.STATED, Standing.TESTING, Standing.UNDECIDED}


class Step(StrEnum):
    """What moves a hypothesis on."""

    TAKE = "take"
    CONFIRM = "confirm"
    REJECT = "reject"
    LEAVE = "leave undecided"
    REOPEN = "reopen"


_OPEN = (Standing.STATED, Standing.TESTING, Standing.UNDECIDED)
_CLOSED = (Standing.CONFIRMED, Standing.REJECTED)

# Somebody may take over a test that another began; what was judged is looked at again only after it was reopened.
TRANSITIONS: Mapping[tuple[Standing, Step], Standing] = {
    **{(standing, Step.TAKE): Standing.TESTING for standing in _OPEN},
    **{(standing, Step.CONFIRM): Standing.CONFIRMED for standing in _OPEN},
    **{(standing, Step.REJECT): Standing.REJECTED for standing in _OPEN},
    (Standing.STATED, Step.LEAVE): Standing.UNDECIDED,
    (Standing.TESTING, Step.LEAVE): Standing.UNDECIDED,
    **{(standing, Step.REOPEN): Standing.TESTING for standing in _CLOSED},
}

VERDICTS: Mapping[str, Step] = {"confirmed": Step.CONFIRM, "rejected": Step.REJECT, "undecided": Step.LEAVE}


def move(standing: Standing, step: Step, *, hypothesis: str) -> Standing:
    """How it stands after `step`.

    Raises:
        IllegalTransitionError: the table has no such move; the message names the legal steps.

    >>> move(Standing.STATED, Step.TAKE, hypothesis="2017-001-h1")
    <Standing.TESTING: 'testing'>
    """
    return transition(TRANSITIONS, standing, step, what=f"hypothesis {hypothesis}")
