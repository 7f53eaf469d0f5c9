"""State machines are tables of (state, action) -> state."""

from collections.abc import Mapping
from typing import TypeVar

from steek.kernel.errors import IllegalTransitionError

State = TypeVar("State", bound=str)
Action = TypeVar("Action", bound=str)


def transition(table: Mapping[tuple[State, Action], State], state: State, action: Action, *, what: str) -> State:
    """The state after `action`.

    Raises:
        IllegalTransitionError: the table has no such move; the message names the legal actions.

    >>> transition({("open", "close"): "closed"}, "open", "close", what="door 1")
    'closed'
    """
    try:
        return table[(state, action)]
    except KeyError:
        legal = ", ".join(legal_actions(table, state)) or "none, it is final"
        message = f"{what} is {state}; {action} is not possible now, possible: {legal}"
        raise IllegalTransitionError(message, details={"state": str(state), "action": str(action)}) from None


def legal_actions(table: Mapping[tuple[State, Action], State], state: State) -> list[str]:
    """Names of the actions that `state` allows, sorted."""
    return sorted(str(action) for at, action in table if at == state)
