from collections import deque
from itertools import count, product

import pytest
from tests.incidents.conftest import Considers

from steek.incidents import TRANSITIONS, Action, Incident, Incidents, State
from steek.incidents.lifecycle import move, move_forward
from steek.kernel.errors import IllegalTransitionError, InputError

PAIRS = list(product(State, Action))


def path_to(goal: State) -> list[Action]:
    """Shortest way from a declaration to a state."""
    waiting: deque[tuple[State, list[Action]]] = deque([(State.DETECTION, [])])
    seen: set[State] = set()
    while waiting:
        state, path = waiting.popleft()
        if state is goal:
            return path
        if state not in seen:
            seen.add(state)
            waiting += [(after, [*path, action]) for (at, action), after in TRANSITIONS.items() if at is state]
    raise AssertionError(f"{goal} cannot be reached")


def perform(incidents: Incidents, incident: str, action: Action, key: str) -> Incident:
    if action is Action.RESOLVE:
        return incidents.resolve(incident, actor="ariel", key=key, verify=False, reason="sales are back")
    return incidents.advance(incident, action.value, "ariel", key=key)


@pytest.mark.covers("I2")
@pytest.mark.parametrize(("state", "action"), PAIRS, ids=lambda value: value.value)
def test_every_pair_moves_or_raises(
    incidents: Incidents, declared: Incident, state: State, action: Action, nobody_harmed: Considers
) -> None:
    nobody_harmed(declared.id)
    keys = count()
    for step in path_to(state):
        perform(incidents, declared.id, step, f"path {next(keys)}")
    before = incidents.get(declared.id)
    assert before.state is state
    after = TRANSITIONS.get((state, action))
    if after is not None:
        assert perform(incidents, declared.id, action, "the one").state is after
        assert incidents.get(declared.id).version == before.version + 1
        return
    with pytest.raises(
        IllegalTransitionError, match=f"incident {declared.id} is {state.value}; {action.value} is not possible"
    ):
        perform(incidents, declared.id, action, "the one")
    assert incidents.get(declared.id) == before


@pytest.mark.covers("I2")
def test_message_names_the_legal_actions() -> None:
    with pytest.raises(IllegalTransitionError, match="possible: close, reopen"):
        move(State.FOLLOW_UP, Action.MITIGATE, incident="2017-001")
    with pytest.raises(IllegalTransitionError, match="none, it is final"):
        move(State.CLOSED, Action.REOPEN, incident="2017-001")


@pytest.mark.parametrize(("state", "action"), PAIRS, ids=lambda value: value.value)
def test_work_only_moves_forward(state: State, action: Action) -> None:
    order = list(State)
    assert order.index(move_forward(state, action)) >= order.index(state)
    assert move_forward(state, None) is state


@pytest.mark.covers("I2")
def test_same_key_moves_once(incidents: Incidents, declared: Incident) -> None:
    first = incidents.advance(declared.id, "investigate", "ariel", key="a")
    again = incidents.advance(declared.id, "investigate", "ariel", key="a")
    assert again == first


@pytest.mark.covers("I11")
def test_resolution_is_not_said(incidents: Incidents, declared: Incident) -> None:
    with pytest.raises(InputError, match="not resolved by saying so"):
        incidents.advance(declared.id, "resolve", "ariel", key="a")


@pytest.mark.covers("N3")
def test_unknown_action_lists_the_known(incidents: Incidents, declared: Incident) -> None:
    with pytest.raises(InputError, match="'panic' is no action") as raised:
        incidents.advance(declared.id, "panic", "ariel", key="a")
    assert "investigate, mitigate, recover, resolve, reopen, close" in str(raised.value)


@pytest.mark.covers("I2")
def test_reopening_forgets_the_resolution_and_closing_keeps_the_time(
    incidents: Incidents, declared: Incident, nobody_harmed: Considers
) -> None:
    nobody_harmed(declared.id)
    resolved = perform(incidents, declared.id, Action.RESOLVE, "r1")
    assert resolved.resolved_at is not None
    assert incidents.advance(declared.id, "reopen", "ariel", key="a").resolved_at is None
    perform(incidents, declared.id, Action.RESOLVE, "r2")
    closed = incidents.advance(declared.id, "close", "ariel", key="c")
    assert closed.closed_at == resolved.resolved_at
    assert incidents.list(open_only=True) == ()
