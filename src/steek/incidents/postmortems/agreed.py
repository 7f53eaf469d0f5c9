"""What was really agreed on after an incident, shown in its postmortem whatever the text says."""

from collections.abc import Iterable
from dataclasses import replace

from steek.incidents.followups.follow_up import FollowUp
from steek.incidents.followups.lifecycle import FollowUpState
from steek.incidents.postmortems.report import Point, PointRole, Report, Standing, point_id


def with_agreed(report: Report, follow_ups: Iterable[FollowUp]) -> Report:
    """The report with these follow-ups as points, as they stand now; one that a point names already is that point.

    Args:
        report: As it is stored; it is not changed.
        follow_ups: Those that come from its incident.
    """
    agreed = {one.id: one for one in follow_ups}
    points = [_as_agreed(one, agreed.pop(one.subject or "", None)) for one in report.points]
    return replace(report, points=(*points, *(_as_agreed(_point(one), one) for one in agreed.values())))


def _point(one: FollowUp) -> Point:
    identity = point_id(PointRole.FOLLOW_UP, one.text, kind=one.kind.value, subject=one.id)
    return Point(
        identity,
        PointRole.FOLLOW_UP,
        one.text,
        standing=Standing.CONFIRMED,
        by=one.created_by,
        kind=one.kind.value,
        subject=one.id,
    )


def _as_agreed(point: Point, one: FollowUp | None) -> Point:
    if one is None or point.role is not PointRole.FOLLOW_UP:
        return point
    return replace(point, owner=one.owner, due_at=one.due_at, is_done=one.state is FollowUpState.DONE)
