"""Drafting: the record of an incident becomes a postmortem, and what the record says later is taken into it."""

from collections.abc import Iterable
from dataclasses import replace

from steek.incidents.desk import Desk
from steek.incidents.postmortems.acts import merged
from steek.incidents.postmortems.draft import draft
from steek.incidents.postmortems.publication import Step
from steek.incidents.postmortems.report import HEADINGS, SECTIONS, Report, Standing
from steek.incidents.postmortems.report_markdown import inline
from steek.incidents.postmortems.stored import PostmortemRecord, create, find, find_or_none, write
from steek.incidents.postmortems.taxonomies import current_taxonomy
from steek.incidents.rows import remember, request
from steek.incidents.stories import Story
from steek.incidents.timeline import TimelineEntry
from steek.kernel.urn import Urn
from steek.ledger import Draft

_MACHINE = "steek"
_OPERATION = "draft postmortem"
_KEPT = ("severity", "systems", "began_at", "resolved_at", "detected_by", "near_miss", "roles", "title")


class PostmortemDrafts:
    """Drafts postmortems from stories; what people wrote, confirmed or struck is never overwritten."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def preview(self, story: Story) -> Report:
        """What the draft would be now; nothing is written."""
        with self._desk.database.reading() as connection:
            return draft(story, current_taxonomy(connection))

    def write(self, story: Story, *, key: str) -> PostmortemRecord:
        """Begin the postmortem of an incident, or add to it what the record newly says; once for each key."""
        drafted, incident = self.preview(story), story.incident.id
        with self._desk.database.transaction() as connection:
            if request(connection, key, _OPERATION, incident_id=incident) is not None:
                return find(connection, incident)
            present, now = find_or_none(connection, drafted.id), self._desk.clock.now()
            if present is None:
                after = create(connection, drafted, actor=_MACHINE, at=now)
            else:
                new = redrafted(present.report, drafted)
                if new == present.report:
                    after = present
                else:
                    after = write(connection, present, new, Step.REDRAFT, actor=_MACHINE, at=now)
            payload: dict[str, object] = {
                "incident": incident,
                "version": after.version,
                "categories": list(drafted.suggested_categories),
            }
            event = self._desk.ledger.append(
                connection, Draft("postmortem.drafted", str(Urn("incident", incident)), _MACHINE, payload)
            )[0]
            remember(connection, key, _OPERATION, incident_id=incident, event_id=event.id)
            return after


def redrafted(present: Report, drafted: Report) -> Report:
    """A newer draft taken into a report: what a person wrote, confirmed or struck stays as it is."""
    touched = set(present.touched)
    values = {name: getattr(drafted, name) for name in _KEPT if name not in touched}
    times = {name: getattr(drafted.times, name) for name in drafted.times.__dataclass_fields__ if name not in touched}
    sections = {**present.sections, **{name: text for name, text in drafted.sections.items() if name not in touched}}
    settled = [one for one in present.points if one.standing is not Standing.SUGGESTED]
    known = {one.id for one in settled}
    return replace(
        present,
        **values,
        times=replace(present.times, **times),
        sections=sections,
        points=(*settled, *(one for one in drafted.points if one.id not in known)),
        taxonomy_version=drafted.taxonomy_version if not settled else present.taxonomy_version,
    )


def news(present: Report, drafted: Report, notes: Iterable[TimelineEntry]) -> tuple[str, ...]:
    """Headings under which a newer draft would say something else in a report.

    How suspects rank by now is no news, and of the timeline only what people wrote into it is.

    Args:
        present: As it stands.
        drafted: What the draft of its incident would be now.
        notes: Notes of people in the incident.
    """
    after = redrafted(present, drafted)
    names = [name for name in (*SECTIONS, *after.sections) if name not in {"changes", "timeline"}]
    sections = [name for name in dict.fromkeys(names) if after.sections.get(name) != present.sections.get(name)]
    told = present.sections.get("timeline", "")
    if "timeline" not in present.touched and any(inline(act.text) not in told for act in merged(notes)):
        sections.append("timeline")
    known = {one.id for one in present.points}
    roles = dict.fromkeys(one.role for one in after.points if one.id not in known)
    facts = [name for name in _KEPT if getattr(present, name) != getattr(after, name)]
    length = present.times.__dataclass_fields__
    facts += [name for name in length if getattr(present.times, name) != getattr(after.times, name)]
    said = [*map(after.heading, sections), *(HEADINGS[role] for role in roles)]
    return (*said, *(name.replace("_", " ") for name in facts))
