"""What a published postmortem tells the other rooms, in one event: causes, categories, systems, axes, times."""

from steek.incidents.postmortems.lengths import middle_s
from steek.incidents.postmortems.report import Point, PointRole, Report, Standing
from steek.incidents.postmortems.stored import PostmortemRecord

_CAUSES = (PointRole.ROOT_CAUSE, PointRole.CONTRIBUTING_CAUSE)


def published_payload(record: PostmortemRecord) -> dict[str, object]:
    """The payload of postmortem.published; only what people confirmed, and no words that they wrote."""
    report = record.report
    times = {f"{name}_s": middle_s(getattr(report.times, name)) for name in report.times.__dataclass_fields__}
    return {
        "revision": record.revision,
        "causes": confirmed_causes(report),
        "categories": [one.kind for one in _confirmed(report, PointRole.CATEGORY)],
        "defences": [{"layer": one.subject, "state": one.kind} for one in _confirmed(report, PointRole.DEFENCE)],
        "systems": list(report.systems),
        "severity": report.severity,
        "detected_by": report.detected_by,
        "near_miss": report.near_miss,
        "machine_learning": report.placement.machine_learning,
        "distributed": report.placement.distributed,
        "taxonomy_version": report.taxonomy_version,
        **times,
    }


def confirmed_causes(report: Report) -> list[dict[str, object]]:
    """Root and contributing causes that people confirmed and that are events: role, kind and subject of each."""
    found = [one for role in _CAUSES for one in _confirmed(report, role) if one.kind and one.subject]
    return [{"role": one.role.value, "kind": one.kind, "subject": one.subject} for one in found]


def _confirmed(report: Report, role: PointRole) -> list[Point]:
    return [one for one in report.of_role(role) if one.standing is Standing.CONFIRMED]
