"""The list of incidents, open ones first, and what can be declared on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from steek.console.overview_page import next_step
from steek.console.services import Services
from steek.incidents import Incident, Role, Severity
from steek.incidents.next_action import next_action

_MOST_ROWS = 200
# What the address may ask for, and what the page calls it.
SHOWN: Mapping[str, str] = {"all": "all", "open": "open", "over": "over", "near": "near misses"}


@dataclass(frozen=True, slots=True)
class IncidentLine:
    """One incident in the list; `update_due_at` is None while none is promised, `near_miss` says what held."""

    id: str
    title: str
    state: str
    health: str
    severity: str
    subject: str
    declared_at: datetime
    commander: str
    next_action: str
    update_due_at: datetime | None
    is_update_overdue: bool
    near_miss: str
    merged_into: str


@dataclass(frozen=True, slots=True)
class IncidentFilter:
    """What is asked for; "" asks for everything."""

    shown: str = "all"
    severity: str = ""
    text: str = ""

    @classmethod
    def parse(cls, asked: Mapping[str, str]) -> "IncidentFilter":
        """From the address; what is no choice asks for everything."""
        shown, severity = asked.get("shown", ""), asked.get("severity", "")
        known = {each.value for each in Severity}
        text = asked.get("text", "").strip()[:200]
        return cls(shown if shown in SHOWN else "all", severity if severity in known else "", text)

    def keeps(self, incident: Incident) -> bool:
        """Whether an incident is asked for."""
        by_state = {
            "all": True,
            "open": incident.state.is_open,
            "over": not incident.state.is_open and incident.near_miss is None,
            "near": incident.near_miss is not None,
        }[self.shown]
        words = " ".join((incident.id, incident.title, incident.subject, *incident.roles.values())).casefold()
        return by_state and self.severity in {"", incident.severity.value} and self.text.casefold() in words


@dataclass(frozen=True, slots=True)
class IncidentsView:
    """The list, and the form that declares one; `left_off` are rows that did not fit.

    `waiting` says what was declared on this machine and no database took yet, "" when nothing was.
    """

    rows: tuple[IncidentLine, ...]
    open_count: int
    count: int
    left_off: int
    asked: IncidentFilter
    choices: Sequence[tuple[str, str]]
    severities: tuple[str, ...]
    waiting: str
    subjects: tuple[str, ...]
    form_key: str


def incidents_view(services: Services, asked: IncidentFilter, *, form_key: str) -> IncidentsView:
    """Incidents that are asked for, open ones first, the worst first among them; then the newest."""
    every = services.incidents.list()
    found = [incident for incident in every if asked.keeps(incident)]
    opened = sorted((each for each in found if each.state.is_open), key=lambda each: (each.severity, each.declared_at))
    ordered = [*opened, *(each for each in found if not each.state.is_open)]
    project = services.project
    return IncidentsView(
        rows=tuple(_line(incident, services) for incident in ordered[:_MOST_ROWS]),
        open_count=sum(incident.state.is_open for incident in every),
        count=len(every),
        left_off=max(0, len(ordered) - _MOST_ROWS),
        asked=asked,
        choices=tuple(SHOWN.items()),
        severities=tuple(each.value for each in Severity),
        waiting=services.offline.waiting().words,
        subjects=(*project.definitions, *project.datasets, *project.watched),
        form_key=form_key,
    )


def _line(incident: Incident, services: Services) -> IncidentLine:
    is_open = incident.state.is_open
    step = next_step(incident, services.ledger, services.monitoring) if is_open else next_action(incident)
    due_at = services.updates.next_due_at(incident.id) if is_open else None
    return IncidentLine(
        id=incident.id,
        title=incident.title,
        state=incident.state,
        health="broken" if is_open else "well",
        severity=f"sev {incident.severity.removeprefix('sev')}",
        subject=incident.subject,
        declared_at=incident.declared_at,
        commander=incident.roles.get(Role.COMMANDER, ""),
        next_action=step.title,
        update_due_at=due_at,
        is_update_overdue=due_at is not None and due_at < services.clock.now(),
        near_miss=incident.near_miss or "",
        merged_into=incident.merged_into or "",
    )
