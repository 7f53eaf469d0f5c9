"""The part of alerts: the inbox, and what explains them."""

from dataclasses import dataclass
from datetime import timedelta

from steek.charts import SeriesPicture
from steek.kernel.units import parse_duration
from steek.ledger.changes import changes_upstream
from steek.monitoring import AlertInbox, Attributions, Explaining, InboxOptions, Monitoring, evidence_picture
from steek.platform.parts import Ground
from steek.platform.record import Platform

_SHOWN = timedelta(days=42)


@dataclass(frozen=True, slots=True)
class AlertingPart:
    """What people do with alerts; `explaining` answers why."""

    alert_inbox: AlertInbox
    explaining: Explaining


def alerting_part(base: Ground, monitoring: Monitoring, attributions: Attributions) -> AlertingPart:
    """The inbox of the project.

    Raises:
        InputError: the setting most_silence is no duration.
    """
    settings = base.settings
    options = InboxOptions(parse_duration(settings.text("most_silence")), settings.number("alert_precision") / 100)
    inbox = AlertInbox(*base.state, base.project.monitors, monitoring.thresholds, options)
    return AlertingPart(inbox, Explaining(base.database, attributions))


def alert_picture(platform: Platform, alert_id: str) -> SeriesPicture:
    """The evidence chart of an alert: six weeks of its series, and what changed upstream in that time.

    Raises:
        NotFoundError: no such alert, or its monitor is no longer declared.
    """
    alert = platform.monitoring.alert(alert_id)
    since, until = alert.window.end_at - _SHOWN, max(alert.last_window_end_at, alert.window.end_at) + timedelta(days=7)
    series = platform.monitoring.series(alert.monitor, alert.slice, since=since, until=until)
    changes = changes_upstream(platform.ledger, platform.lineage, alert.subject, since=since, until=until)
    return evidence_picture(
        alert,
        series.points,
        unit=series.unit,
        length=alert.window.end_at - alert.window.start_at,
        changes=[change.event for change in changes],
    )
