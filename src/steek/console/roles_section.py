"""Who does what in an incident; an empty role is shown as empty."""

from steek.console.services import Services
from steek.incidents import Role, Story


def roles_section(_services: Services, story: Story, _form_key: str) -> tuple[tuple[str, str], ...]:
    """Every role with its person, "" for nobody."""
    return tuple((role.value, story.incident.roles.get(role, "")) for role in Role)
