"""Drafting: the record of an incident becomes a postmortem, and what the record says later is taken into it."""

from dataclasses import replace

from steek.incidents.desk import Desk
from steek.incidents.postmortems.draft import draft
from steek.incidents.postmortems.publication import Step
from steek.incidents.postmortems.report import HEADINGS, SECTIONS, Report, Standing
from steek.incidents.postmortems.stored import PostmortemRecord, create, find, find_or_none, write
from steek.incidents.postmortems.taxonomies import current_taxonomy
from steek.incidents.rows import remember, request
from steek.incidents.stories import Story
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
                merged = redrafted(present.report, drafted)
                if merged == present.report:
                    after = present
                else:
                    after = write(connection, present, merged, Step.REDRAFT, actor=_MACHINE, at=now)
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


def differing(present: Report, drafted: Report) -> tuple[str, ...]:
    """Headings under which a newer draft says something else; how suspects rank by now is no news."""
    names = [name for name in (*SECTIONS, *drafted.sections) if name != "changes"]
    sections = [name for name in dict.fromkeys(names) if drafted.sections.get(name) != present.sections.get(name)]
    known = {one.id for one in present.points}
    roles = dict.fromkeys(one.role for one in drafted.points if one.id not in known)
    facts = [name for name in _KEPT if getattr(present, name) != getattr(drafted, name)]
    facts += [name for name in present.times.__dataclass_fields__ if _differs(present, drafted, name)]
    told = [*map(drafted.heading, sections), *(HEADINGS[role] for role in roles)]
    return (*told, *(name.replace("_", " ") for name in facts))


def _differs(present: Report, drafted: Report, name: str) -> bool:
    return getattr(present.times, name) != getattr(drafted.times, name)
