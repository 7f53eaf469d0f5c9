"""What incidents mean for thresholds: from declaration to resolution, their windows teach nothing."""

from sqlalchemy import Connection

from steek.kernel.urn import Urn
from steek.ledger import Event
from steek.monitoring.alerts import Alert, read_alerts
from steek.monitoring.holds import end_hold, resume_hold, start_hold

INCIDENT_KINDS = ("incident.advanced", "incident.alert_attached", "incident.declared", "incident.resolved")


def follow_incident(connection: Connection, event: Event) -> None:
    """Start or end the holds of the incident that an event is about; the same event again changes nothing.

    A hold is on the incident's subject, on the systems it touches as far as the event names them, and on the
    subject of its alert. It begins with the event, or earlier with what is open on that subject: the onset of the
    incident's own alert, the first failing window of any other, whose onset may reach back to before this incident.
    """
    incident = event.payload.get("incident")
    if not isinstance(incident, str):
        return
    if event.kind == "incident.resolved":
        end_hold(connection, incident, event.at)
        return
    if event.kind == "incident.advanced":
        if event.payload.get("action") == "reopen":
            resume_hold(connection, incident)
        return
    alerts = _alerts(connection, event)
    for subject in _subjects(event, alerts):
        onsets = [alert.onset.start_at for alert in alerts if alert.subject == subject]
        firing = [alert.window.start_at for alert in read_alerts(connection, subject=subject, open_only=True)]
        start_hold(connection, incident, subject, min([event.at, *onsets, *firing]))


def _alerts(connection: Connection, event: Event) -> list[Alert]:
    named = [event.payload.get(field) for field in ("alert", "alert_id")]
    return read_alerts(connection, ids=[alert_id for alert_id in named if isinstance(alert_id, str)])


def _subjects(event: Event, alerts: list[Alert]) -> list[str]:
    payload = event.payload
    named = [event.subject, payload.get("subject"), payload.get("on")]
    systems = payload.get("systems")
    if isinstance(systems, list):
        named += systems  # pyright: ignore[reportUnknownArgumentType]
    named += [alert.subject for alert in alerts]
    urns = {name for name in named if isinstance(name, str) and ":" in name}
    return sorted(name for name in urns if Urn.parse(name).kind != "incident")
