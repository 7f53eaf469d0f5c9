"""The parts of an incident's page as everybody sees them, drawn once for all who look at it."""

from collections.abc import Mapping
from dataclasses import replace

from jinja2 import Environment

from steek.console.drawings import Drawings
from steek.console.incident_page import incident_view, parts_of
from steek.console.navigation import navigation
from steek.console.page import Frame, render
from steek.console.services import Services

# A browser puts its own key and name in place of these before it shows a part.
SHARED_KEY = "live"


def shared_parts(services: Services, drawings: Drawings, templates: Environment, incident_id: str) -> Mapping[str, str]:
    """Every part as HTML, by name; forms carry `SHARED_KEY` and no name of a person.

    Raises:
        NotFoundError: there is no incident by that id.
    """
    story = services.incidents.stories.read(incident_id)
    view = incident_view(services, drawings, story, form_key=SHARED_KEY)
    frame = nobodys_frame(services, f"/incidents/{incident_id}")
    parts = {part.name: part.html for part in parts_of(services, templates, frame, story, view)}
    # Only the team sees a room, so the counts beside it are the same for all, too.
    counted = replace(frame, navigation=navigation(services))
    tags, places = render(templates, "incident/tags.html", frame, view=view), render(templates, "places.html", counted)
    return parts | {"tags": tags, "nav": places}


def here_part(services: Services, templates: Environment, names: tuple[str, ...], unnamed: int) -> str:
    """Who looks at the page now."""
    return render(templates, "incident/here.html", nobodys_frame(services, ""), names=names, unnamed=unnamed)


def nobodys_frame(services: Services, path: str) -> Frame:
    """A frame that belongs to no visitor: the present, and nothing in the margin."""
    is_replay = services.settings.text("clock") == "replay"
    return Frame(services.settings.name, services.clock.now(), is_replay, path, ())
