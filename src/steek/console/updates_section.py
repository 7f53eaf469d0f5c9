"""Updates in the room of an incident: the page and who answered it, what was said last, when more is due, handovers."""

from dataclasses import dataclass

from steek.console.services import Services
from steek.incidents import Role, Story
from steek.incidents.oncall.page_rows import Page
from steek.incidents.oncall.page_steps import PageState
from steek.incidents.roles.handovers import Handover, HandoverState
from steek.incidents.updates.cadence import Due
from steek.incidents.updates.records import Update
from steek.notify import Delivery

_HEALTH = {Due.NEVER: "well", Due.NOT_YET: "well", Due.SOON: "watch", Due.OVERDUE: "broken"}


@dataclass(frozen=True, slots=True)
class CallView:
    """A page that nobody answered, or who did; `trouble` are deliveries that did not arrive."""

    page: Page
    is_open: bool
    trouble: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class UpdatesView:
    """The last update, how it stands to the next, and how many questions wait.

    `unreached` are stakeholders whom no target reaches.
    """

    last: Update | None
    next_at: object
    due: str
    health: str
    every_minutes: int
    waiting: int
    proposed: int
    unreached: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HandoversView:
    """Offers that wait to be accepted, the last that ended, roles that can be handed over, and who may be called."""

    offered: tuple[Handover, ...]
    last: Handover | None
    roles: tuple[str, ...]
    shadows: tuple[str, ...]
    callable: tuple[str, ...]


def call_section(services: Services, story: Story, _form_key: str) -> CallView | None:
    """Nothing where nobody was called, or the page is over."""
    page = services.paging.of(story.incident.id)
    if page is None or page.state is PageState.OVER:
        return None
    waits = tuple(each for each in services.paging.deliveries(page) if each.state != "delivered")
    return CallView(page, page.state is PageState.OPEN, waits)


def updates_section(services: Services, story: Story, _form_key: str) -> UpdatesView:
    """What everybody was told last, and what is due."""
    status = services.updates.status(story.incident.id)
    return UpdatesView(
        last=status.updates[0] if status.updates else None,
        next_at=status.next_update_at,
        due=status.due.value,
        health=_HEALTH[status.due],
        every_minutes=status.cadence.every_minutes,
        waiting=sum(each.answer is None for each in status.questions),
        proposed=sum(each.outside_state == "proposed" for each in status.updates),
        unreached=unreached(services, story.incident.id),
    )


def unreached(services: Services, incident_id: str) -> tuple[str, ...]:
    """Who should hear of an incident and does not, each with what they are."""
    return tuple(f"{one.person} ({one.part})" for one in services.telling.unreached(incident_id))


def handovers_section(services: Services, story: Story, _form_key: str) -> HandoversView | None:
    """Roles on their way; None where there is nothing to show and no role left to hand over."""
    found = services.handovers.list(story.incident.id)
    offered = tuple(each for each in found if each.state is HandoverState.OFFERED)
    last = next((each for each in found if each.state in (HandoverState.ACCEPTED, HandoverState.TAKEN)), None)
    if not (offered or last or story.incident.shadows or story.incident.state.is_open):
        return None
    rotations = services.oncall.rotations().values()
    people = dict.fromkeys(person for rotation in rotations for person in rotation.named)
    return HandoversView(
        offered=offered,
        last=last,
        roles=tuple(role.value for role in Role if role is not Role.SHADOW),
        shadows=story.incident.shadows,
        callable=(*(f"rotation:{rotation.name}" for rotation in rotations), *people),
    )
