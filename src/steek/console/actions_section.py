"""What was done so far in an incident, and what came of it."""

from dataclasses import dataclass
from datetime import datetime

from steek.console.event_words import argument_words
from steek.console.phases_section import label
from steek.console.services import Services
from steek.incidents import ActionTaken, Story
from steek.incidents.acting import is_interrupted
from steek.incidents.control.effects import Effect, EffectVerdict

_EFFECTS = {
    EffectVerdict.HELPED: "well",
    EffectVerdict.NO_CHANGE: "watch",
    EffectVerdict.WORSE: "broken",
    EffectVerdict.UNDECIDED: "undecided",
}


@dataclass(frozen=True, slots=True)
class ActionLine:
    """One mitigation that was run: `given` are its arguments in words, `effect` what the indicators say of it.

    `is_interrupted`: it began, and nobody carries it on.
    """

    at: datetime
    actor: str
    what: str
    given: str
    outcome: str
    health: str
    effect: str
    effect_health: str
    number: int
    is_interrupted: bool


def actions_section(services: Services, story: Story, _form_key: str) -> tuple[ActionLine, ...] | None:
    """Mitigations that were run, oldest first; None before the first."""
    if not story.actions:
        return None
    effects, now = services.mitigation_effects.list(story.incident.id), services.clock.now()
    return tuple(_action_line(action, effects.get(action.key), now) for action in story.actions)


def _action_line(action: ActionTaken, effect: Effect | None, now: datetime) -> ActionLine:
    health = {"done": "well", "failed": "broken"}.get(action.outcome.value, "undecided")
    left = is_interrupted(action, now)
    outcome = "interrupted" if left else action.outcome.value + (f": {action.error}" if action.error else "")
    given, what = argument_words(dict(action.arguments)), label(action.mitigation)
    said, effect_health = _said(effect)
    health = "broken" if left else health
    at, by = action.started_at, action.actor
    return ActionLine(at, by, what, given, outcome, health, said, effect_health, action.number, left)


def _said(effect: Effect | None) -> tuple[str, str]:
    """What the indicators say of it, and how that is drawn."""
    if effect is None:
        return "", "undecided"
    return f"{effect.verdict.value}; confidence {effect.confidence}", _EFFECTS[effect.verdict]
