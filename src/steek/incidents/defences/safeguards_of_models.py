"""What stands before a bad version: gates, canaries, fallbacks, and versions to go back to."""

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from steek.incidents.defences.declared import Declared
from steek.incidents.defences.safeguard import Safeguard
from steek.models import ModelDefinition
from steek.models.specs import FEATURE_AS_ANSWER, PREVIOUS_VERSION
from steek.serving import Route

# Check of a gate to its kind of safeguard.
GATE_MEANS = {
    "not_worse": "gate_not_worse",
    "at_least": "gate_limit",
    "at_most": "gate_limit",
    "golden_change_between": "gate_golden_change",
    "gap_at_most": "gate_gap",
}
FALLBACK_MEANS = {PREVIOUS_VERSION: "fallback_previous", FEATURE_AS_ANSWER: "fallback_feature"}


def safeguards_of_models(declared: Declared, routes: Mapping[str, Route]) -> Iterator[Safeguard]:
    """Of every model that is trained here, from its definition and from what serves now."""
    for name, definition in declared.definitions.items():
        for means, text in (*_of_definition(definition), *_of_route(routes.get(name))):
            link = f"/models/{quote(name, safe='')}"
            yield Safeguard(means, f"model:{name}", f"{text} of {name}", frozenset({name}), link)


def _of_definition(definition: ModelDefinition) -> Iterator[tuple[str, str]]:
    for check in definition.gate:
        # A check that only warns lets everything through.
        if check.blocking and check.kind in GATE_MEANS:
            yield GATE_MEANS[check.kind], f"gate {check.kind}"
    canary = definition.serving.canary
    if canary is not None:
        steps = ", ".join(f"{step:g}" for step in canary.steps)
        yield "canary_steps", f"canary of {steps}"
    for link in definition.serving.fallback:
        if link.kind in FALLBACK_MEANS:
            yield FALLBACK_MEANS[link.kind], f"fallback {link.kind}"
    if definition.worst_case:
        yield "process_owner", f"owner {definition.owner} and worst case"


def _of_route(route: Route | None) -> Iterator[tuple[str, str]]:
    if route is not None and route.previous:
        yield "rollback_target", f"version {route.previous[0]} to go back to"
