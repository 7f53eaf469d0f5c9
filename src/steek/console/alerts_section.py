"""What shows an incident: its alerts, and open ones on its systems that somebody may attach."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from steek.console.indicator_words import series_name
from steek.console.services import Services
from steek.incidents import AlertEvidence, Story
from steek.monitoring import Alert

_MOST_LINES = 6
_MOST_CHOICES = 50


@dataclass(frozen=True, slots=True)
class AlertLine:
    """One alert; `address` is its page, "" for what has none, as an objective."""

    id: str
    name: str
    address: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class AlertsView:
    """The first of its alerts and all that can be let go; `free` may be attached."""

    attached: tuple[AlertLine, ...]
    count: int
    choices: tuple[AlertLine, ...]
    free: tuple[AlertLine, ...]


def alerts_section(services: Services, story: Story, _form_key: str) -> AlertsView | None:
    """None where no alert shows it and none could."""
    free = services.attaching.candidates(story.incident.id)
    if not story.alerts and not free:
        return None
    choices = _lines(story.alerts[:_MOST_CHOICES], services)
    return AlertsView(
        attached=choices[:_MOST_LINES],
        count=len(story.alerts),
        choices=choices if story.incident.state.is_open else (),
        free=tuple(AlertLine(one.id, _name(one), f"/alerts/{one.id}", one.opened_at) for one in free),
    )


def _lines(alerts: Iterable[AlertEvidence], services: Services) -> tuple[AlertLine, ...]:
    known = services.monitoring.monitors
    return tuple(
        AlertLine(one.alert_id, _name(one), f"/alerts/{one.alert_id}" if one.monitor in known else "", one.opened_at)
        for one in alerts
    )


def _name(alert: Alert | AlertEvidence) -> str:
    return series_name(alert.monitor, alert.slice)
