"""Which layers held in an incident, as its postmortem says: people in a published one, or so far only a draft."""

from collections.abc import Callable, Iterator, Sequence
from urllib.parse import quote

from steek.incidents.defences.layers import Layer
from steek.incidents.defences.safeguard import Exercise
from steek.incidents.postmortems.report import Point, PointRole, Report, Standing
from steek.incidents.postmortems.stored import PostmortemRecord
from steek.kernel.urn import Urn

_HELD = "held"
# What drafts tell apart and the map does not: a counted join is a promise about data.
_WITHIN = {"join check": Layer.CONTRACT.value}
Published = Callable[[PostmortemRecord], Report | None]


def held_layers(records: Sequence[PostmortemRecord], published: Published) -> tuple[Exercise, ...]:
    """Layers that held, as exercises against the categories of their incidents; what people struck out is none.

    What people confirmed in a published postmortem counts. What a draft suggests, or nobody published yet, is told as
    what a draft says. Postmortems of others, brought in from files, say nothing of the defences here.

    Args:
        records: Postmortems as they are written now.
        published: The report of one as it was last published; None before that.
    """
    return tuple(one for record in records if record.incident_id is not None for one in _held(record, published))


def categories_of(
    records: Sequence[PostmortemRecord], published: Published
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Ids of postmortems by category: of the confirmed ones of published postmortems, and as drafts suggest them."""
    counted: dict[str, list[str]] = {}
    drafted: dict[str, list[str]] = {}
    for record in records:
        if record.incident_id is None:
            continue
        said = published(record)
        kinds = () if said is None else confirmed_categories(said)
        for category in kinds:
            counted.setdefault(category, []).append(record.id)
        # Drafts name several; the first is the likeliest.
        likeliest = () if kinds else confirmed_categories(record.report) or _named(record.report)[:1]
        for category in likeliest:
            drafted.setdefault(category, []).append(record.id)
    return counted, drafted


def confirmed_categories(report: Report) -> tuple[str, ...]:
    """Ids of the categories that a person confirmed."""
    return tuple(one.kind for one in _confirmed(report, PointRole.CATEGORY) if one.kind)


def _held(record: PostmortemRecord, published: Published) -> Iterator[Exercise]:
    said = published(record)
    certain = () if said is None else _confirmed(said, PointRole.DEFENCE)
    categories = () if said is None else confirmed_categories(said)
    if said is not None and categories:
        yield from _exercises(record, said, certain, categories, by_draft=False)
    seen = {point.id for point in certain} if categories else frozenset[str]()
    suggested = [one for one in record.report.of_role(PointRole.DEFENCE) if one.id not in seen]
    against = confirmed_categories(record.report) or _named(record.report)
    if against:
        yield from _exercises(record, record.report, suggested, against, by_draft=True)


def _exercises(
    record: PostmortemRecord, report: Report, points: Sequence[Point], categories: Sequence[str], *, by_draft: bool
) -> Iterator[Exercise]:
    urns = [Urn.parse(system) for system in report.systems if ":" in system]
    models = frozenset(urn.name for urn in urns if urn.kind == "model")
    for point in points:
        layer = _WITHIN.get(point.subject or "", point.subject or "")
        if point.kind != _HELD or layer not in set(Layer):
            continue
        says = "a draft says it held" if by_draft else "it held"
        yield Exercise(
            Layer(layer),
            report.resolved_at or record.changed_at,
            f"{says} in incident {record.id}: {point.text}"[:200],
            f"/postmortems/{quote(record.id, safe='')}",
            models=models or None,
            categories=frozenset(categories),
            by_draft=by_draft,
        )


def _named(report: Report) -> tuple[str, ...]:
    return tuple(one.kind for one in report.of_role(PointRole.CATEGORY) if one.kind)


def _confirmed(report: Report, role: PointRole) -> tuple[Point, ...]:
    return tuple(one for one in report.of_role(role) if one.standing is Standing.CONFIRMED)
