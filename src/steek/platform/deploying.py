"""What people do to routes, the same from every surface."""

from steek.kernel.errors import GateRefusedError, InputError
from steek.models import Canary
from steek.platform.finding import find_definition
from steek.platform.record import Platform
from steek.serving import Route

_GATE_SPOKE = ("gate.decided", "gate.overridden")


def deploy_version(
    platform: Platform,
    model: str,
    version: int,
    *,
    fraction: float | None = None,
    promote: bool = False,
    key: str,
    actor: str,
    expected_epoch: int | None = None,
) -> Route:
    """Serve a version that its gate, or an approver against it, let through.

    The first version of a model, and every version of a model without a canary, takes over at once; any other
    begins as a canary. While `version` is the canary, the same call steps it up, or with `promote` ends it.

    Args:
        platform: The opened project.
        model: Name of the model.
        version: Number of the trained model.
        fraction: Share of the traffic, inside (0, 1); None takes the next step of the definition's canary.
        promote: Give the running canary all traffic.
        key: Idempotency key.
        actor: Who deploys.
        expected_epoch: The epoch of the route that the caller decided on.

    Raises:
        NotFoundError: no such model or version.
        GateRefusedError: the gate has not passed it.
        FrozenError: an incident holds the model.
        StaleWriteError: the route changed since.
    """
    canary = find_definition(platform, model).serving.canary
    routes, route = platform.routes, platform.routes.get(model)
    # Asked again, the next step of the canary would be another one than the first time.
    known = next((change.route for change in routes.history(model) if change.key == key), None)
    if known is not None:
        return known
    if route.candidate == version:
        if promote:
            return routes.promote(model, key=key, actor=actor, expected_epoch=expected_epoch)
        share = fraction or _next_step(canary, route)
        return routes.step_canary(model, share, key=key, actor=actor, expected_epoch=expected_epoch)
    allowed_by = _allowed_by(platform, model, version)
    asked = {"key": key, "actor": actor, "gate_decision_id": allowed_by}
    if route.primary is None or canary is None:
        return routes.deploy(model, version, **asked, expected_epoch=expected_epoch)
    share = fraction or canary.steps[0]
    return routes.start_canary(model, version, share, **asked, expected_epoch=expected_epoch)


def _next_step(canary: Canary | None, route: Route) -> float:
    larger = [step for step in (canary.steps if canary else ()) if step > route.fraction]
    if not larger:
        message = f"the canary of {route.model} is at its last step, {route.fraction:.0%} of the traffic"
        raise InputError(message, next_step="Promote it, or give a larger fraction.")
    return larger[0]


def _allowed_by(platform: Platform, model: str, version: int) -> str:
    """Id of the latest event in which the gate, or an approver, spoke about a version."""
    urn = platform.registry.get(model, version).urn
    spoken = platform.ledger.events(kinds=_GATE_SPOKE, subject=urn, newest_first=True, limit=1)
    if not spoken:
        message = f"no gate has decided on {urn}"
        raise GateRefusedError(message, next_step=f"Train and judge it first: 'steek train {model}'.")
    return spoken[0].id
