"""The status of an incident: one page for everybody of the project."""

from dataclasses import dataclass

from steek.console.services import Services
from steek.incidents import Role
from steek.incidents.updates.cadence import Due
from steek.incidents.updates.status import Status

_HEALTH = {Due.NEVER: "well", Due.NOT_YET: "well", Due.SOON: "watch", Due.OVERDUE: "broken"}


@dataclass(frozen=True, slots=True)
class StatusView:
    """The status, who speaks for it, and how it stands to its next update."""

    status: Status
    health: str
    communications: str
    form_key: str

    @property
    def is_open(self) -> bool:
        return self.status.incident.state.is_open


def status_view(services: Services, incident_id: str, *, form_key: str) -> StatusView:
    """Raises NotFoundError when there is no such incident."""
    status = services.updates.status(incident_id)
    communications = status.incident.roles.get(Role.COMMUNICATIONS, "")
    return StatusView(status, _HEALTH[status.due], communications, form_key)
