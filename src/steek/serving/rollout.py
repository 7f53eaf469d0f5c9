"""How a route may change: a table of states and actions, and pure moves from one route to the next."""

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum

from steek.kernel.errors import ConflictError, InputError
from steek.kernel.state_machine import transition
from steek.serving.types import Route


class RolloutState(StrEnum):
    """Nothing serves; one version serves; one serves and another tries."""

    EMPTY = "empty"
    STEADY = "steady"
    CANARY = "canary"


class RolloutAction(StrEnum):
    """What may be done to a route."""

    DEPLOY = "deploy"
    START_CANARY = "start_canary"
    STEP_CANARY = "step_canary"
    PROMOTE = "promote"
    ABORT_CANARY = "abort_canary"
    ROLLBACK = "rollback"
    ROLLBACK_MEMBER = "rollback_member"


TRANSITIONS: dict[tuple[RolloutState, RolloutAction], RolloutState] = {
    (RolloutState.EMPTY, RolloutAction.DEPLOY): RolloutState.STEADY,
    (RolloutState.STEADY, RolloutAction.DEPLOY): RolloutState.STEADY,
    (RolloutState.STEADY, RolloutAction.START_CANARY): RolloutState.CANARY,
    (RolloutState.STEADY, RolloutAction.ROLLBACK): RolloutState.STEADY,
    (RolloutState.STEADY, RolloutAction.ROLLBACK_MEMBER): RolloutState.STEADY,
    (RolloutState.CANARY, RolloutAction.STEP_CANARY): RolloutState.CANARY,
    (RolloutState.CANARY, RolloutAction.PROMOTE): RolloutState.STEADY,
    (RolloutState.CANARY, RolloutAction.ABORT_CANARY): RolloutState.STEADY,
    (RolloutState.CANARY, RolloutAction.ROLLBACK): RolloutState.STEADY,
    (RolloutState.CANARY, RolloutAction.ROLLBACK_MEMBER): RolloutState.CANARY,
}

Move = Callable[[Route], Route]


def state_of(route: Route) -> RolloutState:
    """The rollout state a route is in.

    >>> state_of(Route("search_ranking", primary=16, candidate=17, fraction=0.1)).value
    'canary'
    """
    if route.primary is None:
        return RolloutState.EMPTY
    return RolloutState.STEADY if route.candidate is None else RolloutState.CANARY


def deploy(route: Route, version: int) -> Route:
    """`version` takes all traffic at once; members that were rolled back on their own rejoin the fleet."""
    _permit(route, RolloutAction.DEPLOY)
    _require_other(route, version)
    previous = route.previous if route.primary is None else (route.primary, *route.previous)
    return replace(route, primary=version, members={}, previous=previous)


def start_canary(route: Route, version: int, fraction: float) -> Route:
    """`version` gets `fraction` of the traffic beside the primary."""
    _permit(route, RolloutAction.START_CANARY)
    _require_other(route, version)
    return replace(route, candidate=version, fraction=_checked(fraction))


def step_canary(route: Route, fraction: float) -> Route:
    """The candidate gets a larger share.

    Raises:
        InputError: the share is outside (0, 1).
        ConflictError: the share does not grow.
    """
    _permit(route, RolloutAction.STEP_CANARY)
    if _checked(fraction) <= route.fraction:
        message = f"the canary of {route.model} has {route.fraction:g} of the traffic, not less than {fraction:g}"
        raise ConflictError(message, next_step="Give a larger fraction, or promote, or abort.")
    return replace(route, fraction=fraction)


def promote(route: Route) -> Route:
    """The candidate takes all traffic; members that were rolled back on their own rejoin the fleet."""
    _permit(route, RolloutAction.PROMOTE)
    assert route.primary is not None
    previous = (route.primary, *route.previous)
    return replace(route, primary=route.candidate, candidate=None, fraction=0.0, members={}, previous=previous)


def abort_canary(route: Route) -> Route:
    """The primary gets all traffic back."""
    _permit(route, RolloutAction.ABORT_CANARY)
    return replace(route, candidate=None, fraction=0.0)


def rollback(route: Route, to: int) -> Route:
    """All traffic goes to the older version `to`; a canary ends with it.

    A member that stands on a version older than `to` was rolled back for a reason of its own and stays there.

    Raises:
        ConflictError: `to` is not older than what serves.
    """
    _permit(route, RolloutAction.ROLLBACK)
    _require_older(route, to, route.primary)
    members = {member: version for member, version in route.members.items() if version < to}
    previous = tuple(version for version in route.previous if version < to)
    return replace(route, primary=to, candidate=None, fraction=0.0, members=members, previous=previous)


def rollback_member(route: Route, member: str, to: int) -> Route:
    """Traffic of one member of a fleet goes to the older version `to`, until the next promotion."""
    _permit(route, RolloutAction.ROLLBACK_MEMBER)
    _require_older(route, to, route.version_of(member), member)
    return replace(route, members=dict(sorted({**route.members, member: to}.items())))


def last_good(route: Route, member: str | None = None) -> int:
    """The version to go back to: the latest earlier primary older than what serves now.

    Raises:
        ConflictError: no earlier version was ever promoted away from.
    """
    serving = route.version_of(member)
    older = [version for version in route.previous if serving is not None and version < serving]
    if not older:
        message = f"{_subject(route, member)} has no earlier version to go back to"
        raise ConflictError(message, next_step="See the model's deployment history.")
    return older[0]


def _permit(route: Route, action: RolloutAction) -> None:
    transition(TRANSITIONS, state_of(route), action, what=f"the rollout of {route.model}")


def _require_other(route: Route, version: int) -> None:
    if version == route.primary:
        message = f"{route.model}@{version} already serves all traffic"
        raise ConflictError(message, next_step="Name another version.")


def _require_older(route: Route, to: int, serving: int | None, member: str | None = None) -> None:
    if serving is None or to >= serving:
        message = f"{_subject(route, member)} serves version {serving}; version {to} is not older"
        raise ConflictError(message, next_step="A rollback goes back; forward goes through gate and canary.")


def _subject(route: Route, member: str | None) -> str:
    return route.model if member is None else f"{route.model}/{member}"


def _checked(fraction: float) -> float:
    if not 0 < fraction < 1:
        message = f"canary fraction is {fraction:g}; allowed: above 0 and below 1"
        raise InputError(message, next_step="For all traffic, promote.")
    return fraction
