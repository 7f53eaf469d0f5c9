"""What can be done in an incident: the menu of mitigations as forms, the next phase, and what is held still."""

from dataclasses import dataclass

from steek.console.mitigation_forms import MitigationForm, mitigation_forms
from steek.console.services import Services
from steek.incidents import TRANSITIONS, Incident, State, Story
from steek.incidents.control.manual_rollbacks import manual_rollbacks
from steek.kernel.state_machine import legal_actions
from steek.models import Freezes


@dataclass(frozen=True, slots=True)
class DoView:
    """Forms of mitigations, words of legal moves, and what a freeze of this incident holds.

    `by_hand` is what suspects name and only people can take back.
    """

    menu: tuple[MitigationForm, ...]
    by_hand: tuple[str, ...]
    moves: tuple[str, ...]
    freezes: tuple[str, ...]


def do_section(services: Services, story: Story, _form_key: str) -> DoView | None:
    """None once the incident is closed."""
    incident = story.incident
    if incident.state is State.CLOSED:
        return None
    return DoView(
        menu=mitigation_forms(services.incidents.menu, story, services.outlook.usual_times()),
        by_hand=manual_rollbacks(story.changed) if "measure" in services.incidents.menu.mitigations else (),
        moves=tuple(move for move in legal_actions(TRANSITIONS, incident.state) if move != "resolve"),
        freezes=_held(services.freezes, incident),
    )


def _held(freezes: Freezes, incident: Incident) -> tuple[str, ...]:
    held = [freeze for freeze in freezes.active() if freeze.incident == incident.urn]
    return tuple(f"{' and '.join(freeze.actions)} of {freeze.subject}, because {freeze.reason}" for freeze in held)
