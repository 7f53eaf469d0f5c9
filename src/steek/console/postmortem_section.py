"""Where the postmortem of an incident is, once there is one."""

from steek.console.services import Services
from steek.incidents import Story


def postmortem_section(_services: Services, story: Story, _form_key: str) -> str | None:
    """The page of its postmortem; None while the incident is open."""
    return None if story.incident.state.is_open else f"/postmortems/{story.incident.id}"
