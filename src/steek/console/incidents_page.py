"""The list of incidents, open ones first, and what can be declared on."""

from dataclasses import dataclass
from datetime import datetime

from steek.console.overview_page import next_step
from steek.console.services import Services
from steek.incidents import Incident, Role


@dataclass(frozen=True, slots=True)
class IncidentLine:
    """One incident in the list."""

    id: str
    title: str
    state: str
    health: str
    severity: str
    subject: str
    declared_at: datetime
    commander: str
    next_action: str


@dataclass(frozen=True, slots=True)
class IncidentsView:
    """The list, and the form that declares one."""

    rows: tuple[IncidentLine, ...]
    open_count: int
    subjects: tuple[str, ...]
    form_key: str


def incidents_view(services: Services, *, form_key: str) -> IncidentsView:
    """All incidents, open ones first, newest first among them."""
    found = sorted(services.incidents.list(), key=lambda incident: not incident.state.is_open)
    project = services.project
    return IncidentsView(
        rows=tuple(_line(incident, services) for incident in found),
        open_count=sum(incident.state.is_open for incident in found),
        subjects=(*project.definitions, *project.datasets),
        form_key=form_key,
    )


def _line(incident: Incident, services: Services) -> IncidentLine:
    return IncidentLine(
        id=incident.id,
        title=incident.title,
        state=incident.state,
        health="broken" if incident.state.is_open else "well",
        severity=f"sev {incident.severity.removeprefix('sev')}",
        subject=incident.subject,
        declared_at=incident.declared_at,
        commander=incident.roles.get(Role.COMMANDER, ""),
        next_action=next_step(incident, services.ledger, services.monitoring).title,
    )
