"""The status of an incident: one page for everybody of the project, and what of it stakeholders see."""

from collections.abc import Mapping
from dataclasses import dataclass

from steek.console.control_section import AgreementLine, asked_of
from steek.console.services import Services
from steek.console.updates_section import unreached
from steek.incidents import Role
from steek.incidents.roles.stakeholders import Sees
from steek.incidents.updates.cadence import Due
from steek.incidents.updates.outside_texts import OutsideEntry
from steek.incidents.updates.records import Question
from steek.incidents.updates.status import Status, Summary, summary_of
from steek.incidents.updates.status_documents import entry_text

_HEALTH = {Due.NEVER: "well", Due.NOT_YET: "well", Due.SOON: "watch", Due.OVERDUE: "broken"}


@dataclass(frozen=True, slots=True)
class StatusView:
    """The status, who speaks for it, and how it stands to its next update.

    `asks` are words of proposed texts for outsiders, by number of the update, that are names here: whoever approves
    says that they are meant as plain words. `unreached` are stakeholders whom no target reaches.
    """

    status: Status
    health: str
    communications: str
    asks: Mapping[int, tuple[str, ...]]
    unreached: tuple[str, ...]
    form_key: str

    @property
    def is_open(self) -> bool:
        return self.status.incident.state.is_open


@dataclass(frozen=True, slots=True)
class StakeholderView:
    """What a stakeholder reads: everything, or what was approved for outsiders with how bad it is and since when.

    `questions` are all where they may see everything, else their own; `asked` are agreements that wait for their word.
    """

    sees: str
    summary: Summary
    full: Status | None
    entries: tuple[tuple[OutsideEntry, str], ...]
    questions: tuple[Question, ...]
    asked: tuple[AgreementLine, ...]
    path: str
    form_key: str


def stakeholder_view(
    services: Services, status: Status, sees: Sees, principal: str, *, form_key: str
) -> StakeholderView:
    """The status in the view of one stakeholder, with what they are asked to agree to."""
    is_inside = sees is Sees.INTERNAL
    return StakeholderView(
        sees=sees.value,
        summary=summary_of(status),
        full=status if is_inside else None,
        entries=tuple((each, entry_text(each)) for each in status.outside),
        questions=tuple(each for each in status.questions if is_inside or each.asked_by == principal),
        asked=asked_of(services, status.incident.id, principal),
        path=f"/incidents/{status.incident.id}",
        form_key=form_key,
    )


def status_view(services: Services, status: Status, *, form_key: str) -> StatusView:
    """The status as the team sees it."""
    proposed = [one.number for one in status.updates if one.outside_state == "proposed"]
    communications = status.incident.roles.get(Role.COMMUNICATIONS, "")
    asks = {number: services.outsiders.asks(status.incident.id, number) for number in proposed}
    told = unreached(services, status.incident.id) if status.part_of is None else ()
    return StatusView(status, _HEALTH[status.due], communications, asks, told, form_key)
