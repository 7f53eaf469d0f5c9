"""What people set up: who may read, who is called, what is practised and written down."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from steek.incidents.defences.declared import Declared
from steek.incidents.defences.safeguard import Safeguard
from steek.ledger import Event

# Kind of event to the practice that it shows; the newest one of each tells.
PRACTICES = {
    "postmortem.published": ("process_postmortem", "postmortems", "/postmortems"),
    "drill.ended": ("process_drill", "drills", "/defences"),
    "architecture.reviewed": ("process_review", "review of the architecture", "/readiness"),
}


def _nobody() -> Mapping[str, tuple[str, ...]]:
    return {}


@dataclass(frozen=True, slots=True)
class Called:
    """Who is called: people of each rotation, and by person the targets that reach them by themselves."""

    rotations: Mapping[str, tuple[str, ...]] = field(default_factory=_nobody)
    targets: Mapping[str, tuple[str, ...]] = field(default_factory=_nobody)

    def unreached(self, rotation: str) -> tuple[str, ...]:
        """People of a rotation whom no target reaches: a page to them wakes nobody."""
        return tuple(person for person in self.rotations[rotation] if not self.targets.get(person))

    def person_at(self, target: str) -> str | None:
        """Whom a target reaches; None when it is nobody's."""
        return next((person for person, targets in self.targets.items() if target in targets), None)


def safeguards_of_people(declared: Declared, practised: Sequence[Event], called: Called) -> Iterator[Safeguard]:
    """Of policies, roles and tokens, rotations, and practices that were kept at least once.

    Args:
        declared: Policies, roles, settings.
        practised: Events of the kinds of `PRACTICES`.
        called: Rotations that say who is called, and whom a call reaches.
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
    for name in called.rotations:
        silent = called.unreached(name)
        gap = f"no target reaches {', '.join(silent)} (rotation {name})" if silent else ""
        yield Safeguard("process_oncall", f"rotation:{name}", f"rotation {name}", None, "/on-call", gap)
    for kind in {event.kind for event in practised}:
        if kind in PRACTICES:
            means, text, link = PRACTICES[kind]
            yield Safeguard(means, "project", text, None, link)
