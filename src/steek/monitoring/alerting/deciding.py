"""What a decision is about: one alert, or all alerts of a group."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from steek.kernel.errors import NotFoundError
from steek.monitoring.alerting.groups import read_group
from steek.monitoring.alerting.tables import groups
from steek.monitoring.alerts import Alert, read_alert, read_alerts


@dataclass(frozen=True, slots=True)
class Target:
    """Alerts that are decided on together."""

    id: str
    alerts: tuple[Alert, ...]
    subject: str
    words: str


def read_target(connection: Connection, target: str) -> Target:
    """The alerts behind an id.

    Raises:
        NotFoundError: neither an alert nor a group has it.
    """
    known = connection.execute(select(groups.c.id).where(groups.c.id == target)).scalar_one_or_none()
    if known is not None:
        group = read_group(connection, target)
        found = tuple(read_alerts(connection, group=group.id))
        if found:
            return Target(target, found, group.subject, f"group {group.id}")
    try:
        alert = read_alert(connection, target)
    except NotFoundError as none:
        raise NotFoundError(none.message, next_step=none.next_step or "See 'steek alerts list'.") from None
    return Target(target, (alert,), alert.subject, f"alert {alert.id}")


def acknowledged_in(chosen: Target) -> list[Alert]:
    """Those of the alerts that somebody has seen and that are still open."""
    return [alert for alert in chosen.alerts if alert.state == "acknowledged"]
