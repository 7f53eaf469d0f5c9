"""What happened before that is like this incident, each with why."""

from steek.console.services import Services
from steek.incidents import Story
from steek.incidents.postmortems.collection import Similar

_MOST = 3


def similar_section(services: Services, story: Story, _form_key: str) -> tuple[Similar, ...] | None:
    """The most alike; None leaves the part out when nothing is."""
    return services.postmortems.similar_to(story, limit=_MOST) or None
