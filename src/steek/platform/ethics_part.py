"""The part of ethics: access in an emergency, groups harmed, refusals, concerns."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from steek.governance import OWNER
from steek.governance.emergency.break_glass import BreakGlass
from steek.governance.emergency.grants import EmergencyLimits
from steek.incidents.ethics.concerns import Concerns
from steek.incidents.ethics.groups import Groups
from steek.incidents.ethics.refusals import Refusals
from steek.incidents.lifecycle import State
from steek.incidents.rows import find
from steek.kernel.errors import ConflictError
from steek.kernel.settings import Settings, listed
from steek.notify import Notice, Notices
from steek.platform.parts import Ground


@dataclass(frozen=True, slots=True)
class EthicsPart:
    """What protects people during an incident: those in the data, those harmed, those at work."""

    break_glass: BreakGlass
    concerns: Concerns
    groups: Groups
    refusals: Refusals


def ethics_part(base: Ground, notices: Notices) -> EthicsPart:
    """The services, with the limits and the contacts of the settings."""
    settings = base.settings
    limits = EmergencyLimits(
        max_minutes=settings.number("emergency_max_minutes"),
        max_rows=settings.number("emergency_max_rows"),
        approvers=frozenset(listed(settings.text("emergency_approvers"))),
    )
    break_glass = BreakGlass(
        *base.state, base.access, columns=base.lake.columns, check_incident=_check_incident, limits=limits
    )
    telling = _Telling(settings, notices)
    concerns = Concerns(*base.state, recipients=_recipients(base), tell=telling.tell)
    return EthicsPart(break_glass, concerns, Groups(*base.state), Refusals(*base.state))


def _recipients(base: Ground) -> tuple[str, ...]:
    owners = base.project.roles.get(OWNER)
    return listed(base.settings.text("concern_contacts")) or (() if owners is None else owners.members)


def _check_incident(connection: Connection, incident_id: str) -> None:
    incident = find(connection, incident_id)
    if incident.state is State.CLOSED:
        message = f"incident {incident_id} is closed; nothing is opened for it"
        raise ConflictError(message, next_step="Declare an incident, or reopen it where that is possible.")


class _Telling:
    """Tells the recipients of concerns that there is one, and nobody anything of it."""

    def __init__(self, settings: Settings, notices: Notices) -> None:
        self._notices = notices
        own = f"http://{settings.text('host')}:{settings.number('port')}"
        self._url = (settings.text("public_url") or own).rstrip("/")

    def tell(self, connection: Connection, concern: str, at: datetime) -> None:
        notice = Notice(
            key=f"concern:{concern}",
            title="Somebody raised a concern",
            body="Read it in the console; it is not in this message.",
            severity="sev2",
            subject=f"concern:{concern}",
            at=at,
            purpose="concern",
            url=f"{self._url}/concerns",
        )
        self._notices.post_in(connection, [notice])
