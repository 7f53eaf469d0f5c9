"""Declaring an incident, by a person or by an alert, and bringing what belongs together into one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert

from steek.incidents.changes import what_changed
from steek.incidents.desk import Desk
from steek.incidents.lifecycle import State
from steek.incidents.open_alerts import as_evidence, noticed_with, open_on_systems, owned_of
from steek.incidents.rows import attach, find, incident_of, incident_of_group, next_number, open_on, remember, request
from steek.incidents.systems import affected, can_be_held, doubt_about
from steek.incidents.tables import incidents
from steek.incidents.types import AlertEvidence, Incident, Severity
from steek.kernel.errors import ConflictError
from steek.ledger import Draft, Event

_RANKED = 5  # suspects written into the event; the page ranks anew


@dataclass(frozen=True, slots=True)
class Declaration:
    """What somebody, or an alert, says is wrong.

    `request` is the operation that `key` belongs to: nobody can take the key of a rule or of a prompt in advance.
    `group` is that of `alert`. `noticed_with` are ids of alerts that a prompt brought together.
    """

    title: str
    subject: str
    severity: Severity
    actor: str
    key: str
    freeze: bool
    alert: AlertEvidence | None = None
    machine: bool = False
    request: str = "declare"
    group: str | None = None
    noticed_with: tuple[str, ...] = ()
    said_at: datetime | None = None
    clock_ahead_s: float | None = None


def declare(desk: Desk, declaration: Declaration) -> Incident:
    """Open an incident, or return the one that this key opened before.

    An alert joins the incident that its group declared, whatever has become of that, since it has the same cause; or
    the open incident that touches its system. So a storm of alerts stays one incident; a person who declares always
    gets an incident of their own, and with it the open alerts of its systems that belong to none: they are its onset,
    its slices, and what its resolution is verified by.

    Raises:
        ConflictError: a person declares on an alert that belongs to an incident already.
    """
    now = desk.clock.now()
    with desk.database.reading() as connection:
        # In a storm most alerts join what is open; they are spared the walk through the lineage.
        joining = declaration.machine and _joined(connection, declaration) is not None
    systems = () if joining else affected(desk.database, desk.lineage, declaration.subject, until=now)
    beside = () if declaration.machine else _beside(desk, declaration, systems)
    doubt = None if declaration.machine else doubt_about(desk.database, declaration.subject, now=now)
    with desk.database.transaction() as connection:
        present = _present(connection, declaration)
        if present is not None:
            return present
        joined = _joined(connection, declaration) if declaration.machine else None
        if joined is not None and declaration.alert is not None:
            attach_alert(desk, connection, joined, declaration.alert)
            return joined
        incident = _open(connection, declaration, systems or (declaration.subject,), now)
        declared = desk.ledger.append(connection, _declared(incident, declaration, doubt))[0]
        remember(connection, declaration.key, declaration.request, incident_id=incident.id, event_id=declared.id)
        if declaration.alert is not None:
            attach(connection, incident.id, declaration.alert)
        owned = owned_of(connection, [alert.alert_id for alert in beside])
        attach_alerts(desk, connection, incident, [alert for alert in beside if alert.alert_id not in owned])
        hold(desk, connection, incident, declared)
    return incident


def _beside(desk: Desk, declaration: Declaration, systems: Sequence[str]) -> list[AlertEvidence]:
    """What is open and belongs to no incident: on the systems, of the alert's cause, and what a prompt brought."""
    found = {alert.id: alert for alert in open_on_systems(desk, systems, group=declaration.group)}
    found |= {alert.id: alert for alert in noticed_with(desk, declaration.noticed_with)}
    return as_evidence(desk, list(found.values()))


def _joined(connection: Connection, declaration: Declaration) -> Incident | None:
    """The incident of the same group of alerts, or else the open one on the same system."""
    of_group = None if declaration.group is None else incident_of_group(connection, declaration.group)
    return of_group or open_on(connection, declaration.subject)


def _present(connection: Connection, declaration: Declaration) -> Incident | None:
    known = request(connection, declaration.key, declaration.request)
    if known is not None:
        return find(connection, known.incident_id)
    owner = None if declaration.alert is None else incident_of(connection, declaration.alert.alert_id)
    if owner is None or declaration.machine:
        return owner
    message = f"that alert belongs to incident {owner.id} already ({owner.state.value}): {owner.title}"
    raise ConflictError(
        message,
        next_step=f"Work in incident {owner.id}, or declare without naming the alert.",
        details={"incident": owner.id},
    )


def attach_alert(desk: Desk, connection: Connection, incident: Incident, alert: AlertEvidence) -> None:
    """Pin an alert to an incident as it is now, with an event, inside the caller's transaction."""
    attach_alerts(desk, connection, incident, [alert])


def attach_alerts(
    desk: Desk, connection: Connection, incident: Incident, found: Sequence[AlertEvidence], *, actor: str = "steek"
) -> list[Event]:
    """Pin alerts to an incident as they are now, each with an event, inside the caller's transaction."""
    attach(connection, incident.id, *found)
    drafts = [
        Draft(
            "incident.alert_attached",
            incident.urn,
            actor,
            {
                "incident": incident.id,
                "alert": alert.alert_id,
                "monitor": alert.monitor,
                "slice": alert.slice,
                "subject": alert.subject,
            },
            causes=(alert.event_id,),
        )
        for alert in found
    ]
    return desk.ledger.append(connection, *drafts)


def _open(connection: Connection, declaration: Declaration, systems: tuple[str, ...], now: datetime) -> Incident:
    number = next_number(connection, now.year)
    incident_id = f"{now.year}-{number:03d}"
    connection.execute(
        insert(incidents).values(
            id=incident_id,
            year=now.year,
            number=number,
            title=declaration.title,
            subject=declaration.subject,
            systems=list(systems),
            severity=declaration.severity.value,
            state=State.DETECTION.value,
            version=1,
            machine=declaration.machine,
            frozen=declaration.freeze,
            roles={},
            declared_at=now,
            said_at=declaration.said_at,
            declared_by=declaration.actor,
            changed_by=declaration.actor,
        )
    )
    return find(connection, incident_id)


def _declared(incident: Incident, declaration: Declaration, doubt: str | None) -> Draft:
    alert = declaration.alert
    payload: dict[str, object] = {
        "incident": incident.id,
        "title": incident.title,
        "subject": incident.subject,
        "systems": incident.systems,
        "severity": incident.severity,
        "machine": incident.machine,
        "state": incident.state,
        "alert": None if alert is None else alert.alert_id,
        "monitor": None if alert is None else alert.monitor,
        "onset": None if alert is None else [alert.onset.earliest_at, alert.onset.latest_at],
    }
    if doubt is not None:
        payload["doubt"] = doubt
    if declaration.said_at is not None:
        payload |= {"said_at": declaration.said_at, "clock_ahead_s": declaration.clock_ahead_s}
    causes = () if alert is None else (alert.event_id,)
    return Draft("incident.declared", incident.urn, declaration.actor, payload, causes=causes)


def hold(desk: Desk, connection: Connection, incident: Incident, because: Event) -> None:
    """Ask to hold still what an incident that freezes touches, inside the caller's transaction."""
    subjects = [system for system in incident.systems if can_be_held(system)]
    if not incident.frozen or not subjects:
        return
    payload: dict[str, object] = {
        "incident": incident.id,
        "subjects": subjects,
        "reason": f"incident {incident.id}: {incident.title}",
    }
    draft = Draft("freeze.requested", incident.subject, because.actor, payload, causes=(because.id,))
    desk.ledger.append(connection, draft)


def record_suspects(desk: Desk, incident: Incident) -> None:
    """Rank what changed and write the ranking down once, as it looked when the incident was declared."""
    with desk.database.reading() as connection:
        if request(connection, incident.id, "rank suspects") is not None:
            return
    changed = what_changed(desk.ledger, desk.lineage, incident, desk.alerts_of(incident.id))
    payload: dict[str, object] = {
        "incident": incident.id,
        "searched_since": changed.searched_since,
        "searched_until": changed.searched_until,
        "suspects": [
            {
                "event": suspect.event.id,
                "kind": suspect.event.kind,
                "subject": suspect.event.subject,
                "score": suspect.score,
                "reason": suspect.reason,
            }
            for suspect in changed.suspects[:_RANKED]
        ],
        "unchanged": [statement.sentence for statement in changed.unchanged],
    }
    with desk.database.transaction() as connection:
        if request(connection, incident.id, "rank suspects") is not None:
            return
        causes = tuple(suspect.event.id for suspect in changed.suspects[:_RANKED])
        draft = Draft("suspects.ranked", incident.urn, "steek", payload, causes=causes)
        event = desk.ledger.append(connection, draft)[0]
        remember(connection, incident.id, "rank suspects", incident_id=incident.id, event_id=event.id)


def declare_and_rank(desk: Desk, declaration: Declaration) -> Incident:
    """As `declare`, with the ranking of suspects on record; what a crash left out comes with the same key."""
    incident = declare(desk, declaration)
    record_suspects(desk, incident)
    with desk.database.reading() as connection:
        return find(connection, incident.id)
