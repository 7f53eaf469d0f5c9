"""Postmortems on their way out: each as Markdown and as JSON, readable without steek, and if wanted without names."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

from steek.incidents.followups.follow_up import Selection
from steek.incidents.followups.follow_ups import FollowUps
from steek.incidents.postmortems.agreed import with_agreed
from steek.incidents.postmortems.report import Report, plain
from steek.incidents.postmortems.report_markdown import report_markdown
from steek.incidents.postmortems.roles_for_names import names_of, without_names
from steek.incidents.postmortems.stored import PostmortemRecord
from steek.incidents.stories import Stories


@dataclass(frozen=True, slots=True)
class Exported:
    """A postmortem as two texts; `name` is a file name without ending."""

    name: str
    markdown: str
    json: str


class PostmortemExport:
    """Takes postmortems out, each with the follow-ups that were agreed on after it; writes nothing.

    Args:
        follow_ups: What was agreed on.
        stories: Who took part in an incident.
    """

    def __init__(self, follow_ups: FollowUps, stories: Stories) -> None:
        self._follow_ups = follow_ups
        self._stories = stories

    def report(self, record: PostmortemRecord, *, for_outsiders: bool = False) -> Report:
        """One as it stands, with its follow-ups as they stand; for outsiders with roles for names."""
        agreed = self._follow_ups.list(Selection(postmortem=record.incident_id or record.id))
        report = with_agreed(record.report, agreed)
        if not for_outsiders:
            return report
        timeline = () if record.incident_id is None else self._stories.timeline(record.incident_id)
        return without_names(report, names_of(replace(record, report=report), timeline))

    def take(self, records: Iterable[PostmortemRecord], *, for_outsiders: bool = False) -> tuple[Exported, ...]:
        """Each as it stands. The JSON has everything and comes back by import as it was."""
        return tuple(export(self.report(record, for_outsiders=for_outsiders)) for record in records)


def export(report: Report) -> Exported:
    """A report as Markdown and as JSON."""
    text = json.dumps(plain(report), ensure_ascii=False, indent=2) + "\n"
    return Exported(report.id, report_markdown(report), text)
