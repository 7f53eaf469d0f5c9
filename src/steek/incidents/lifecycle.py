"""The life of a managed incident as one table."""

from collections.abc import Mapping
from enum import StrEnum

from steek.kernel.state_machine import transition


class State(StrEnum):
    """Phases in which people work on an incident, in order. What lay before the declaration is told by `phases`."""

    DETECTION = "detection"
    TROUBLESHOOTING = "troubleshooting"
    MITIGATION = "mitigation"
    RESOLUTION = "resolution"
    FOLLOW_UP = "follow-up"
    CLOSED = "closed"

    @property
    def is_open(self) -> bool:
        """Whether the outage itself is still being worked on."""
        return self not in {State.FOLLOW_UP, State.CLOSED}


class Action(StrEnum):
    """What moves an incident on."""

    INVESTIGATE = "investigate"
    MITIGATE = "mitigate"
    RECOVER = "recover"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    CLOSE = "close"


# An outage may heal by itself, so every open state can be resolved; a mitigation may fail, so there are ways back.
TRANSITIONS: Mapping[tuple[State, Action], State] = {
    (State.DETECTION, Action.INVESTIGATE): State.TROUBLESHOOTING,
    (State.DETECTION, Action.MITIGATE): State.MITIGATION,
    (State.DETECTION, Action.RECOVER): State.RESOLUTION,
    (State.DETECTION, Action.RESOLVE): State.FOLLOW_UP,
    (State.TROUBLESHOOTING, Action.MITIGATE): State.MITIGATION,
    (State.TROUBLESHOOTING, Action.RECOVER): State.RESOLUTION,
    (State.TROUBLESHOOTING, Action.RESOLVE): State.FOLLOW_UP,
    (State.MITIGATION, Action.INVESTIGATE): State.TROUBLESHOOTING,
    # Something was done, no indicator can tell, and a person says that the harm has stopped.
    (State.MITIGATION, Action.MITIGATE): State.MITIGATION,
    (State.MITIGATION, Action.RECOVER): State.RESOLUTION,
    (State.MITIGATION, Action.RESOLVE): State.FOLLOW_UP,
    (State.RESOLUTION, Action.INVESTIGATE): State.TROUBLESHOOTING,
    (State.RESOLUTION, Action.MITIGATE): State.MITIGATION,
    (State.RESOLUTION, Action.RESOLVE): State.FOLLOW_UP,
    (State.FOLLOW_UP, Action.REOPEN): State.TROUBLESHOOTING,
    (State.FOLLOW_UP, Action.CLOSE): State.CLOSED,
}

# A duplicate ends wherever it stands: what happens to it from then on happens to the incident it is merged into.
# Undone, it stands again where it stood.
MERGING: Mapping[tuple[State, str], State] = {
    **{(state, "merge"): State.CLOSED for state in State if state is not State.CLOSED},
    **{(State.CLOSED, f"undo from {state.value}"): state for state in State if state is not State.CLOSED},
}

_ORDER = list(State)


def move(state: State, action: Action, *, incident: str) -> State:
    """The state after `action`.

    Raises:
        IllegalTransitionError: the table has no such move; the message names the legal actions.

    >>> move(State.DETECTION, Action.INVESTIGATE, incident="2017-001")
    <State.TROUBLESHOOTING: 'troubleshooting'>
    """
    return transition(TRANSITIONS, state, action, what=f"incident {incident}")


def move_forward(state: State, action: Action | None) -> State:
    """Where a step of work carries the incident by itself: onwards only, otherwise it stays.

    >>> move_forward(State.RESOLUTION, Action.MITIGATE)
    <State.RESOLUTION: 'resolution'>
    """
    if action is None or (state, action) not in TRANSITIONS:
        return state
    after = TRANSITIONS[(state, action)]
    return after if _ORDER.index(after) > _ORDER.index(state) else state
