"""Which layers held in an incident, as its postmortem says."""

from collections.abc import Sequence
from urllib.parse import quote

from steek.incidents.defences.layers import Layer
from steek.incidents.defences.safeguard import Exercise
from steek.incidents.postmortems.report import PointRole, Standing
from steek.incidents.postmortems.stored import PostmortemRecord
from steek.kernel.urn import Urn

_HELD = "held"
# What drafts tell apart and the map does not: a counted join is a promise about data.
_WITHIN = {"join check": Layer.CONTRACT.value}


def held_layers(records: Sequence[PostmortemRecord]) -> tuple[Exercise, ...]:
    """Layers that held, as exercises against the categories of their incidents; what people struck out is none.

    Postmortems of others, brought in from files, say nothing of the defences here.
    """
    return tuple(one for record in records if record.incident_id is not None for one in _held(record))


def _held(record: PostmortemRecord) -> tuple[Exercise, ...]:
    report = record.report
    urns = [Urn.parse(system) for system in report.systems if ":" in system]
    models = frozenset(urn.name for urn in urns if urn.kind == "model")
    categories = frozenset(report.categories)
    if not categories:
        return ()
    found: list[Exercise] = []
    for point in report.of_role(PointRole.DEFENCE):
        layer = _WITHIN.get(point.subject or "", point.subject or "")
        if point.kind != _HELD or layer not in set(Layer):
            continue
        says = "people confirmed" if point.standing is Standing.CONFIRMED else "the draft says"
        text = f"it held in incident {record.id}, {says}: {point.text}"[:200]
        at = report.resolved_at or record.changed_at
        link = f"/postmortems/{quote(record.id, safe='')}"
        found.append(Exercise(Layer(layer), at, text, link, models=models or None, categories=categories))
    return tuple(found)
