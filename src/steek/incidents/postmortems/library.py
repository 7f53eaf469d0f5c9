"""Keeping postmortems: every draft is a revision, none is ever overwritten."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select

from steek.incidents.desk import Desk
from steek.incidents.postmortems.document import Document
from steek.incidents.postmortems.draft import draft
from steek.incidents.postmortems.drafted_report import redrafted, report_of
from steek.incidents.postmortems.markdown import markdown
from steek.incidents.postmortems.publication import Step
from steek.incidents.postmortems.report import Report
from steek.incidents.postmortems.stored import create, find_or_none, write
from steek.incidents.postmortems.taxonomies import current_taxonomy, places
from steek.incidents.rows import remember, request
from steek.incidents.stories import Story
from steek.incidents.tables import postmortems
from steek.kernel.records import to_plain
from steek.kernel.urn import Urn
from steek.ledger import Draft

_MACHINE = "steek"


@dataclass(frozen=True, slots=True)
class Postmortem:
    """A postmortem as JSON values (`document`) and as Markdown; `revision` and `drafted_at` are None for a preview."""

    incident_id: str
    revision: int | None
    drafted_at: datetime | None
    document: dict[str, Any]
    markdown: str


class Postmortems:
    """Drafts and their revisions."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def preview(self, story: Story) -> Postmortem:
        """What the draft would be now; nothing is written."""
        return _preview(self._document(story), story.incident.id)

    def preview_report(self, story: Story) -> Report:
        """The report that the draft would become; nothing is written."""
        with self._desk.database.reading() as connection:
            taxonomy = current_taxonomy(connection)
        return report_of(draft(story, taxonomy), story, places(taxonomy))

    def draft(self, story: Story, *, key: str) -> Postmortem:
        """Write the next revision, or return the one that this key wrote."""
        made = self.preview(story)
        drafted = self.preview_report(story)
        incident_id = made.incident_id
        with self._desk.database.transaction() as connection:
            if request(connection, key, "draft postmortem", incident_id=incident_id) is not None:
                stored = _latest(connection, incident_id)
                assert stored is not None, "a remembered draft is stored"
                return stored
            highest = select(func.max(postmortems.c.revision)).where(postmortems.c.incident_id == incident_id)
            revision = (connection.execute(highest).scalar_one() or 0) + 1
            now = self._desk.clock.now()
            connection.execute(
                insert(postmortems).values(
                    incident_id=incident_id,
                    revision=revision,
                    format_version=made.document["format_version"],
                    taxonomy_version=made.document["taxonomy_version"],
                    drafted_at=now,
                    document=made.document,
                    markdown=made.markdown,
                )
            )
            take_in(connection, drafted, at=now)
            categories = [one["category"] for one in made.document["classification"]]
            payload: dict[str, object] = {"incident": incident_id, "revision": revision, "categories": categories}
            subject = str(Urn("incident", incident_id))
            event = self._desk.ledger.append(connection, Draft("postmortem.drafted", subject, "steek", payload))[0]
            remember(connection, key, "draft postmortem", incident_id=incident_id, event_id=event.id)
        return Postmortem(incident_id, revision, now, made.document, made.markdown)

    def latest(self, incident_id: str) -> Postmortem | None:
        """The newest stored revision, or None before the first."""
        with self._desk.database.reading() as connection:
            return _latest(connection, incident_id)

    def _document(self, story: Story) -> Document:
        with self._desk.database.reading() as connection:
            return draft(story, current_taxonomy(connection))


def take_in(connection: Connection, drafted: Report, *, at: datetime) -> None:
    """Begin the report that people work on, or add to it what the draft newly says; theirs is never overwritten."""
    present = find_or_none(connection, drafted.id)
    if present is None:
        create(connection, drafted, actor=_MACHINE, at=at)
        return
    merged = redrafted(present.report, drafted)
    if merged != present.report:
        write(connection, present, merged, Step.REDRAFT, actor=_MACHINE, at=at)


def _preview(document: Document, incident_id: str) -> Postmortem:
    return Postmortem(incident_id, None, None, _plain(document), markdown(document))


def _latest(connection: Connection, incident_id: str) -> Postmortem | None:
    query = select(postmortems).where(postmortems.c.incident_id == incident_id)
    row = connection.execute(query.order_by(postmortems.c.revision.desc()).limit(1)).mappings().first()
    return None if row is None else _postmortem(row)


def _postmortem(row: RowMapping) -> Postmortem:
    return Postmortem(row["incident_id"], row["revision"], row["drafted_at"], row["document"], row["markdown"])


def _plain(document: Document) -> dict[str, Any]:
    plain: Any = to_plain(document)
    return plain
