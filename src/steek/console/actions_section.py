"""What was done so far in an incident, and what came of it."""

from dataclasses import dataclass
from datetime import datetime

from steek.console.event_words import argument_words
from steek.console.phases_section import label
from steek.console.services import Services
from steek.incidents import ActionTaken, Story


@dataclass(frozen=True, slots=True)
class ActionLine:
    """One mitigation that was run: `given` are its arguments in words."""

    at: datetime
    actor: str
    what: str
    given: str
    outcome: str
    health: str


def actions_section(_services: Services, story: Story, _form_key: str) -> tuple[ActionLine, ...] | None:
    """Mitigations that were run, oldest first; None before the first."""
    return tuple(_action_line(action) for action in story.actions) or None


def _action_line(action: ActionTaken) -> ActionLine:
    health = {"done": "well", "failed": "broken"}.get(action.outcome.value, "undecided")
    outcome = action.outcome.value + (f": {action.error}" if action.error else "")
    given = argument_words(dict(action.arguments))
    return ActionLine(action.started_at, action.actor, label(action.mitigation), given, outcome, health)
