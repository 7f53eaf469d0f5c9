"""What the ledger is told when a route changes."""

from steek.ledger import Draft, Event
from steek.models import trained_urn
from steek.serving.rollout import RolloutAction
from steek.serving.types import Route, RouteChange

_CANARY_KINDS = {
    RolloutAction.START_CANARY: "canary.started",
    RolloutAction.STEP_CANARY: "canary.stepped",
    RolloutAction.PROMOTE: "canary.promoted",
    RolloutAction.ABORT_CANARY: "canary.aborted",
}
_ROLLBACKS = (RolloutAction.ROLLBACK, RolloutAction.ROLLBACK_MEMBER)


def route_events(before: Route, change: RouteChange, *, member: str | None, cause: Event | None) -> list[Draft]:
    """`route.changed` with both routes and the lineage of the new one; before it, for a canary, its own event.

    Args:
        before: The route as it was.
        change: The line of history about to be written.
        member: The member of a fleet that was rolled back alone, if any.
        cause: The gate's decision that allowed it, if any.
    """
    after = change.route
    action = RolloutAction(change.action)
    payload: dict[str, object] = {
        "action": "rollback" if action in _ROLLBACKS else action,
        "model": after.model,
        "member": member,
        "reason": change.reason,
        "before": _shown(before),
        "after": _shown(after),
    }
    causes = () if cause is None else (cause.id,)
    drafts: list[Draft] = []
    if action in _CANARY_KINDS:
        version = before.candidate if after.candidate is None else after.candidate
        facts: dict[str, object] = {"version": version, "fraction": after.fraction, "reason": change.reason}
        drafts.append(Draft(_CANARY_KINDS[action], after.urn, change.actor, facts, causes=causes))
    drafts.append(Draft("route.changed", after.urn, change.actor, payload, causes=causes, edges=_edges(after)))
    return drafts


def _shown(route: Route) -> dict[str, object]:
    return {
        "epoch": route.epoch,
        "primary": route.primary,
        "candidate": route.candidate,
        "fraction": route.fraction,
        "members": route.members,
    }


def _edges(route: Route) -> tuple[tuple[str, str], ...]:
    whole = [version for version in (route.primary, route.candidate) if version is not None]
    serving = [trained_urn(route.model, version) for version in whole]
    serving += [trained_urn(route.model, version, member) for member, version in route.members.items()]
    return tuple((urn, route.urn) for urn in serving)
