"""People in an incident: who was harmed, whose raw data were opened, what somebody would not do, what worries them."""

from collections.abc import Mapping
from dataclasses import dataclass

from steek.console.services import Services
from steek.governance.emergency.grants import EmergencyGrant
from steek.incidents import Story
from steek.incidents.ethics.concerns import Concern
from steek.incidents.ethics.groups import Considered, GroupQuestion
from steek.incidents.ethics.refusals import Refusal

_ASKED = 12
_HEALTHS: Mapping[str, str] = {"asked": "watch", "granted": "broken", "ended": "watch"}


@dataclass(frozen=True, slots=True)
class GrantLine:
    """One access in an emergency; `health` is "broken" while raw data are open."""

    grant: EmergencyGrant
    health: str


@dataclass(frozen=True, slots=True)
class EthicsView:
    """Groups asked about, with what was said; accesses; refusals; concerns that the commander may see."""

    questions: tuple[GroupQuestion, ...]
    considered: tuple[Considered, ...]
    grants: tuple[GrantLine, ...]
    datasets: tuple[str, ...]
    max_minutes: int
    refusals: tuple[Refusal, ...]
    mitigations: tuple[str, ...]
    concerns: tuple[Concern, ...]

    @property
    def is_waiting(self) -> bool:
        """Whether something here keeps the incident open."""
        return not self.considered or any(line.grant.state in _HEALTHS for line in self.grants)


def ethics_section(services: Services, story: Story, _form_key: str) -> EthicsView:
    """What is shown to everybody who may see the incident; never a row of data, never who raised a concern."""
    incident = story.incident.id
    return EthicsView(
        questions=services.groups.questions(incident)[:_ASKED],
        considered=services.groups.considered(incident),
        grants=tuple(
            GrantLine(grant, _HEALTHS.get(grant.state, "well"))
            for member in (incident, *story.duplicates)
            for grant in services.break_glass.list(member)
        ),
        datasets=tuple(sorted(services.project.datasets)),
        max_minutes=services.break_glass.limits.max_minutes,
        refusals=services.refusals.list(incident),
        mitigations=tuple(services.incidents.menu.mitigations),
        concerns=services.concerns.open_to_all(incident),
    )
