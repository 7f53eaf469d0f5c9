"""The table of rollouts and the pure moves."""

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest

from steek.kernel.errors import ConflictError, IllegalTransitionError, InputError
from steek.serving import TRANSITIONS, RolloutAction, RolloutState, Route, rollout, state_of

ROUTES = {
    RolloutState.EMPTY: Route("m"),
    RolloutState.STEADY: Route("m", primary=16, previous=(15, 14), epoch=3),
    RolloutState.CANARY: Route("m", primary=16, candidate=17, fraction=0.1, previous=(15, 14), epoch=4),
}
MOVES: dict[RolloutAction, Callable[[Route], Route]] = {
    RolloutAction.DEPLOY: lambda route: rollout.deploy(route, 18),
    RolloutAction.START_CANARY: lambda route: rollout.start_canary(route, 18, 0.1),
    RolloutAction.STEP_CANARY: lambda route: rollout.step_canary(route, 0.5),
    RolloutAction.PROMOTE: rollout.promote,
    RolloutAction.ABORT_CANARY: rollout.abort_canary,
    RolloutAction.ROLLBACK: lambda route: rollout.rollback(route, 14),
    RolloutAction.ROLLBACK_MEMBER: lambda route: rollout.rollback_member(route, "69", 14),
}


@pytest.mark.covers("S3", "S4")
@pytest.mark.parametrize(("state", "action"), list(itertools.product(RolloutState, RolloutAction)))
def test_every_pair_of_state_and_action_moves_as_the_table_says_or_raises(
    state: RolloutState, action: RolloutAction
) -> None:
    if (state, action) in TRANSITIONS:
        assert state_of(MOVES[action](ROUTES[state])) is TRANSITIONS[state, action]
    else:
        with pytest.raises(IllegalTransitionError, match="possible: "):
            MOVES[action](ROUTES[state])


@pytest.mark.covers("S3")
def test_promotion_keeps_the_old_primary_and_releases_members() -> None:
    route = replace(ROUTES[RolloutState.CANARY], members={"69": 15})
    after = rollout.promote(route)
    assert (after.primary, after.candidate, after.fraction) == (17, None, 0.0)
    assert after.previous == (16, 15, 14)
    assert after.members == {}


@pytest.mark.covers("S4")
def test_a_version_rolled_back_from_is_not_good_to_go_back_to() -> None:
    route = rollout.rollback(ROUTES[RolloutState.STEADY], 15)
    assert (route.primary, route.previous) == (15, (14,))
    assert rollout.last_good(route) == 14


@pytest.mark.covers("S4", "T8")
def test_a_member_goes_back_alone_and_the_fleet_after_it() -> None:
    alone = rollout.rollback_member(ROUTES[RolloutState.STEADY], "69", 15)
    assert (alone.version_of("69"), alone.version_of("2")) == (15, 16)
    assert rollout.last_good(alone, "69") == 14
    assert rollout.last_good(alone, "2") == 15
    fleet = rollout.rollback(alone, 15)
    assert (fleet.primary, fleet.members) == (15, {})


@pytest.mark.covers("S4", "T8")
def test_a_member_further_back_than_the_fleet_stays_there() -> None:
    route = rollout.rollback_member(ROUTES[RolloutState.STEADY], "69", 14)
    assert rollout.rollback(route, 15).members == {"69": 14}


@pytest.mark.covers("S4")
def test_a_rollback_never_goes_forward() -> None:
    with pytest.raises(ConflictError, match="version 17 is not older"):
        rollout.rollback(ROUTES[RolloutState.STEADY], 17)
    with pytest.raises(ConflictError, match="no earlier version"):
        rollout.last_good(Route("m", primary=1))


@pytest.mark.covers("S3")
@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1, float("nan")])
def test_a_canary_has_some_of_the_traffic_and_not_all(fraction: float) -> None:
    with pytest.raises(InputError, match="allowed: above 0 and below 1"):
        rollout.start_canary(ROUTES[RolloutState.STEADY], 17, fraction)


@pytest.mark.covers("S3")
def test_a_canary_step_goes_up() -> None:
    with pytest.raises(ConflictError, match=r"has 0\.1 of the traffic"):
        rollout.step_canary(ROUTES[RolloutState.CANARY], 0.1)
