"""What declares an incident by itself: an alert whose monitor says so, or an objective whose budget burns."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import cast

from steek.incidents.declaring import Declaration
from steek.incidents.desk import Desk
from steek.incidents.open_alerts import evidence_of
from steek.incidents.text import TITLE_CHARACTERS
from steek.incidents.types import AlertEvidence, Severity, Span
from steek.ledger import Event
from steek.monitoring.alerting.systems import system_of
from steek.monitoring.alerts import read_alert

ALERT_KINDS = ("alert.fired", "alert.unsilenced")
OBJECTIVE_KINDS = ("objective.burning", "objective.exhausted")


def declaration_by_rule(desk: Desk, event: Event) -> Declaration | None:
    """The declaration that an event asks for; None when it asks for none."""
    alert_id = event.payload.get("alert")
    if not isinstance(alert_id, str):
        return None
    if event.kind in OBJECTIVE_KINDS:
        return _of_objective(desk, event, alert_id)
    if event.kind not in ALERT_KINDS or event.payload.get("silence") is not None:
        # What is silenced declares nothing; when the silence ends first, alert.unsilenced asks again.
        return None
    with desk.database.reading() as connection:
        alert = read_alert(connection, alert_id)
    if alert.declare is None:
        return None
    evidence = evidence_of(alert, event.id, attached_at=desk.clock.now())
    return replace(_declaration(event, evidence, alert.declare), group=alert.group)


def _of_objective(desk: Desk, event: Event, episode: str) -> Declaration | None:
    payload = event.payload
    severity = payload.get("declare")
    if not isinstance(severity, str):
        return None
    onset = cast("Mapping[str, object]", payload["onset"])
    evidence = AlertEvidence(
        alert_id=episode,
        event_id=event.id,
        monitor=str(payload["monitor"]),
        subject=event.subject,
        slice=_text(payload.get("slice")),
        value=_number(payload.get("value")),
        lower=_number(payload.get("lower")),
        upper=None,
        onset=Span(_instant(onset["earliest_at"]), _instant(onset["latest_at"])),
        opened_at=_instant(payload["opened_at"]),
        attached_at=desk.clock.now(),
    )
    return _declaration(event, evidence, severity)


def _declaration(event: Event, evidence: AlertEvidence, severity: str) -> Declaration:
    about = evidence.monitor + (f" [{evidence.slice}]" if evidence.slice is not None else "")
    return Declaration(
        title=str(event.payload.get("text") or f"{about} is out of its bounds")[:TITLE_CHARACTERS],
        subject=system_of(evidence.subject),
        severity=Severity(severity),
        actor="steek",
        key=f"alert:{evidence.alert_id}",
        freeze=holds_by_rule(Severity(severity)),
        alert=evidence,
        machine=True,
        request="declare by rule",
    )


def holds_by_rule(severity: Severity) -> bool:
    """Whether an incident that a rule declared holds its systems still: what can wait for the morning does not.

    One flapping monitor would stop every release until somebody resolves. A person who declares says so.
    """
    return severity is not Severity.SEV3


def _instant(value: object) -> datetime:
    return datetime.fromisoformat(str(value))


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
