"""Where the postmortem of an incident is, once there is one."""

from steek.console.services import Services
from steek.incidents import Story


def postmortem_section(_services: Services, story: Story, _form_key: str) -> str | None:
    """What to do with its postmortem; None while the incident is open, and for a duplicate, which has none."""
    if story.incident.state.is_open or story.incident.merged_into is not None:
        return None
    is_published = any(entry.kind == "postmortem.published" for entry in story.timeline if entry.own)
    return "Read what was learned" if is_published else "Complete the draft"
