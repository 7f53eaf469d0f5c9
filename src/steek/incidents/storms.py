"""Thousands of alerts of one cause at once: the first of them joins, and takes along those that fired with it."""

from steek.incidents.declaring import attach_alerts
from steek.incidents.desk import Desk
from steek.incidents.open_alerts import evidence_of, owned_of
from steek.incidents.types import Incident
from steek.ledger import Event
from steek.monitoring.alerts import read_alerts

# One transaction of this many alerts is flushed to the disk once instead of once for each.
_TOGETHER = 1000


def take_along(desk: Desk, incident: Incident, event: Event) -> int:
    """Attach the alerts of the same group that fired right after this one; returns how many there were.

    Their own events come later and find that they belong to the incident already.
    """
    group = event.payload.get("group")
    if not isinstance(group, str) or event.kind != "alert.fired":
        return 0
    following = desk.ledger.events(kinds=["alert.fired"], after_sequence=event.sequence, limit=_TOGETHER)
    fired = {
        str(one.payload["alert"]): one.id
        for one in following
        if one.payload.get("group") == group and one.payload.get("silence") is None
    }
    if not fired:
        return 0
    now = desk.clock.now()
    with desk.database.transaction() as connection:
        free = fired.keys() - owned_of(connection, list(fired))
        known = read_alerts(connection, ids=sorted(free)) if free else []
        joining = [alert for alert in known if alert.declare is not None and alert.group == group]
        evidence = [evidence_of(alert, fired[alert.id], attached_at=now) for alert in joining]
        attach_alerts(desk, connection, incident, evidence)
    return len(joining)
