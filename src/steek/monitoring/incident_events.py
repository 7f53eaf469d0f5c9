"""What incidents mean for thresholds: from declaration to resolution, their windows teach nothing."""

from sqlalchemy import Connection

from steek.kernel.urn import Urn
from steek.ledger import Event
from steek.monitoring.alerts import read_alerts
from steek.monitoring.holds import end_hold, resume_hold, start_hold

INCIDENT_KINDS = ("incident.advanced", "incident.alert_attached", "incident.declared", "incident.resolved")


def follow_incident(connection: Connection, event: Event) -> None:
    """Start or end the holds of the incident that an event is about; the same event again changes nothing.

    A hold is on the incident's subject, on the systems it touches as far as the event names them, and on the
    subjects of its alerts. It begins with the earliest onset of the alerts that are open there, else with the event.
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
    for subject in _subjects(connection, event):
        open_alerts = read_alerts(connection, subject=subject, open_only=True)
        onsets = [alert.onset.start_at for alert in open_alerts]
        start_hold(connection, incident, subject, min([event.at, *onsets]))


def _subjects(connection: Connection, event: Event) -> list[str]:
    payload = event.payload
    named = [event.subject, payload.get("subject"), payload.get("on")]
    systems = payload.get("systems")
    if isinstance(systems, list):
        named += systems  # pyright: ignore[reportUnknownArgumentType]
    for field in ("alert", "alert_id"):
        alert_id = payload.get(field)
        if isinstance(alert_id, str):
            named += [alert.subject for alert in read_alerts(connection, ids=[alert_id])]
    urns = {name for name in named if isinstance(name, str) and ":" in name}
    return sorted(name for name in urns if Urn.parse(name).kind != "incident")
