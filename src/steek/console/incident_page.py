"""The page of an incident: what every part of it needs, and each part drawn on its own."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from steek.console.drawings import Drawings
from steek.console.evidence_section import evidence_pictures, suspect_letters
from steek.console.incident_sections import SECTIONS, Section
from steek.console.indicators_section import indicator_lines
from steek.console.page import Frame, render
from steek.console.pictures import Picture
from steek.console.services import Services
from steek.incidents import Incident, State, Story
from steek.incidents.next_action import NextAction, steps_of
from steek.kernel.errors import SteekError
from steek.kernel.urn import Urn

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class IncidentView:
    """What all parts share: `next` with what waits `beside` it, `letters` of suspects on the charts, by event."""

    incident: Incident
    is_open: bool
    is_closed: bool
    severity: str
    systems: tuple[str, ...]
    next: NextAction
    beside: tuple[NextAction, ...]
    pictures: tuple[Picture, ...]
    letters: Mapping[str, str]
    form_key: str


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the page as HTML, "" where there is nothing to show."""

    name: str
    column: str
    first_on_phone: bool
    html: str


@dataclass(frozen=True, slots=True)
class ShownSection:
    """What the template of a part calls `section`."""

    name: str
    view: Any


def incident_view(services: Services, drawings: Drawings, story: Story, *, form_key: str) -> IncidentView:
    """What the parts of one incident's page share.

    Args:
        services: Monitors that show the incident, and what they hold.
        drawings: Where the browser will ask for its charts.
        story: The incident.
        form_key: Makes the forms of this rendering idempotent: the same form sent twice acts once.
    """
    incident = story.incident
    pictures = evidence_pictures(story, services.monitoring, drawings)
    not_back = [line.sentence for line in indicator_lines(story, services.monitoring) if line.health != "well"]
    steps = steps_of(story, services.clock.now(), not_back=not_back)
    return IncidentView(
        incident=incident,
        is_open=incident.state.is_open,
        is_closed=incident.state is State.CLOSED,
        severity=f"sev {incident.severity.removeprefix('sev')}",
        systems=tuple(Urn.parse(system).name for system in incident.systems[:4]),
        next=steps[0],
        beside=steps[1:4],
        pictures=pictures,
        letters=suspect_letters(pictures),
        form_key=form_key,
    )


def parts_of(
    services: Services, templates: Environment, frame: Frame, story: Story, view: IncidentView
) -> tuple[Part, ...]:
    """Every part of the page in its order; one that fails says so in its place, and the others stand."""
    ordered = sorted(SECTIONS, key=lambda section: section.order)
    return tuple(
        Part(
            section.name,
            section.column,
            section.first_on_phone,
            _draw(section, services, templates, frame, story, view),
        )
        for section in ordered
    )


def _draw(
    section: Section, services: Services, templates: Environment, frame: Frame, story: Story, view: IncidentView
) -> str:
    try:
        record = None if section.view is None else section.view(services, story, view.form_key)
        if section.view is not None and record is None:
            return Markup()
        shown = ShownSection(section.name, record)
        return Markup(render(templates, section.template, frame, view=view, section=shown))  # noqa: S704
    except SteekError as error:
        return _failed(section, error.message)
    except Exception as error:
        # During an outage a page with a hole helps, and no page does not.
        _logger.exception("a part of the page of an incident failed: %s", section.name)
        return _failed(section, type(error).__name__)


def _failed(section: Section, why: str) -> Markup:
    card = '<div class="card" role="alert"><b>This part cannot be shown now: {}</b><br>{}</div>'
    return Markup(card).format(section.name, why)  # noqa: S704 - the card is fixed, the words are escaped
