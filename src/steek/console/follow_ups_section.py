"""What was agreed to do after an incident, and what its draft suggests."""

from dataclasses import dataclass

from steek.console.follow_ups_page import ShownFollowUp, shown_follow_up
from steek.console.services import Services
from steek.incidents import Story
from steek.incidents.followups.follow_up import Selection
from steek.incidents.postmortems.report import Point, PointRole


@dataclass(frozen=True, slots=True)
class FollowUpsSection:
    """Agreed ones, and suggestions of the postmortem that nobody agreed on yet."""

    rows: tuple[ShownFollowUp, ...]
    suggested: tuple[Point, ...]


def follow_ups_section(services: Services, story: Story, _form_key: str) -> FollowUpsSection | None:
    """Follow-ups of this incident; None while there are none and none is suggested."""
    members = (story.incident.id, *story.duplicates)
    found = [one for member in members for one in services.follow_ups.list(Selection(postmortem=member))]
    record = services.postmortems.get_or_none(story.incident.id)
    points = () if record is None else record.report.of_role(PointRole.FOLLOW_UP)
    agreed = {one.text for one in found}
    suggested = tuple(point for point in points if point.text not in agreed and point.subject is None)
    if not found and not suggested:
        return None
    now = services.clock.now()
    return FollowUpsSection(tuple(shown_follow_up(one, now) for one in found), suggested)
