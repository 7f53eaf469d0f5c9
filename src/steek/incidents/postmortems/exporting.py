"""Postmortems on their way out: one or all, each as Markdown and as JSON, readable without steek."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from steek.incidents.postmortems.report import plain
from steek.incidents.postmortems.report_markdown import report_markdown
from steek.incidents.postmortems.stored import PostmortemRecord


@dataclass(frozen=True, slots=True)
class Exported:
    """A postmortem as two texts; `name` is a file name without ending."""

    name: str
    markdown: str
    json: str


def export(records: Iterable[PostmortemRecord]) -> tuple[Exported, ...]:
    """Each postmortem as it stands. The JSON has everything and comes back by import as it was."""
    return tuple(
        Exported(
            record.id,
            report_markdown(record.report),
            json.dumps(plain(record.report), ensure_ascii=False, indent=2) + "\n",
        )
        for record in records
    )
