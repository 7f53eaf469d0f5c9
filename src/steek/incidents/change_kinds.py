"""Kinds of change in words of people: data, schema, config, feature code, model, binary, infrastructure, world."""

from collections.abc import Mapping
from typing import Literal, cast

from steek.ledger import Event

Category = Literal["data", "schema", "config", "feature code", "model", "binary", "infrastructure", "world"]

CATEGORIES: Mapping[str, Category] = {
    "access.policy_changed": "config",
    "binary.changed": "binary",
    "contract.changed": "schema",
    "dataset.replaced": "data",
    "definition.changed": "model",
    "external.changed": "world",
    "feature.changed": "feature code",
    "preparation.changed": "feature code",
    "route.changed": "model",
    "settings.changed": "config",
}
# These change what everything runs on; lineage has no place for them.
EVERYWHERE = frozenset({"access.policy_changed", "binary.changed", "settings.changed"})
_SAID: Mapping[str, str] = {
    "access.policy_changed": "Who may read what changed",
    "binary.changed": "The program or what it runs on changed",
    "contract.changed": "The contract of {} changed",
    "dataset.replaced": "The contents of {} were replaced",
    "definition.changed": "The definition of {} changed",
    "feature.changed": "The code of {} changed",
    "preparation.changed": "How rows of {} are prepared changed",
    "route.changed": "What answers for {} changed",
    "settings.changed": "Settings changed",
}
_NAMED = 3


def category_of(event: Event) -> Category:
    """What kind of thing changed; a change told from outside says so itself, and is the world where it does not."""
    told = event.payload.get("kind") if event.kind == "external.changed" else None
    if isinstance(told, str) and told in set(CATEGORIES.values()) | {"infrastructure"}:
        return cast("Category", told)
    return CATEGORIES.get(event.kind, "world")


def say_kind(event: Event, system: str) -> str:
    """The change as one clause, without names of events."""
    if event.kind == "external.changed":
        return str(event.payload.get("summary") or event.payload.get("title") or event.subject)
    name = system.partition(":")[2] or system
    said = _SAID.get(event.kind, f"{event.kind.replace('.', ' ').replace('_', ' ')}: {{}}").replace("{}", name)
    changed = event.payload.get("changed")
    if event.kind in EVERYWHERE and isinstance(changed, Mapping) and changed:
        names = sorted(str(each) for each in cast("Mapping[str, object]", changed))
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        return f"{said}: {', '.join(names[:_NAMED])}{more}"
    return said
