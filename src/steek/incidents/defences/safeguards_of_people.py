"""What people set up: who may read, who is called, what is practised and written down."""

from collections.abc import Iterator, Sequence

from steek.incidents.defences.declared import Declared
from steek.incidents.defences.safeguard import Safeguard
from steek.ledger import Event

# Kind of event to the practice that it shows; the newest one of each tells.
PRACTICES = {
    "postmortem.published": ("process_postmortem", "postmortems", "/postmortems"),
    "drill.ended": ("process_drill", "drills", "/defences"),
    "architecture.reviewed": ("process_review", "review of the architecture", "/readiness"),
}


def safeguards_of_people(
    declared: Declared, practised: Sequence[Event], rotations: Sequence[str]
) -> Iterator[Safeguard]:
    """Of policies, roles and tokens, rotations, and practices that were kept at least once.

    Args:
        declared: Policies, roles, settings.
        practised: Events of the kinds of `PRACTICES`.
        rotations: Names of the rotations that say who is called.
    """
    for policy in declared.policies:
        tables = [name for name in declared.datasets if policy.is_about(name)]
        models = frozenset(model for name in tables for model in declared.readers_of(name))
        if models:
            yield Safeguard("access_policies", f"dataset:{policy.dataset}", f"policy {policy.name}", models, "/privacy")
    for name in declared.roles:
        yield Safeguard("access_roles", f"role:{name}", f"role {name}", None, "/privacy")
    if declared.settings.get("require_token"):
        yield Safeguard("access_tokens", "setting:require_token", "callers need a token", None, "/privacy")
    for name in rotations:
        yield Safeguard("process_oncall", f"rotation:{name}", f"rotation {name}", None, "/oncall")
    for kind in {event.kind for event in practised}:
        if kind in PRACTICES:
            means, text, link = PRACTICES[kind]
            yield Safeguard(means, "project", text, None, link)
