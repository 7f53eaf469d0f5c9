"""Which layers held in an incident, as its postmortem says."""

from collections.abc import Mapping
from typing import Any

from steek.incidents.defences.layers import Layer
from steek.incidents.defences.safeguard import Exercise
from steek.ledger import Event

_HELD = "held"


def held_layers(document: Mapping[str, Any], said: Event) -> tuple[Exercise, ...]:
    """Layers that held, as exercises against the categories of the incident.

    Args:
        document: The postmortem, JSON.
        said: The event by which it was written; its time is the latest at which the layer held.
    """
    categories = frozenset(str(each["category"]) for each in document.get("classification", ()) if each.get("category"))
    models = frozenset(
        str(system).removeprefix("model:")
        for system in document.get("impact", {}).get("systems", ())
        if str(system).startswith("model:")
    )
    if not categories:
        return ()
    return tuple(
        Exercise(
            Layer(each["layer"]),
            said.at,
            f"it held in incident {document.get('incident')}: {each.get('sentence', '')}"[:200],
            said.id,
            models=models or None,
            categories=categories,
        )
        for each in document.get("defences", ())
        if each.get("state") == _HELD and each.get("layer") in set(Layer)
    )
