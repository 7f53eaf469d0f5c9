"""Alerts as events, so that incidents, suspects and pagers hear of them."""

from dataclasses import asdict

from steek.ledger import Draft
from steek.monitoring.alerts import Alert
from steek.monitoring.kinds import Kind
from steek.monitoring.wording import alert_text

ACTOR = "steek"


def fired(alert: Alert, kind: Kind, unit: str | None = None) -> Draft:
    """`alert.fired` carries everything an incident needs to be declared by itself, and people to know how bad it is.

    `silence` names what keeps it quiet: then nobody is told, and no incident is declared before that is over.
    """
    return Draft("alert.fired", alert.subject, ACTOR, _told(alert, kind, unit))


def unsilenced(alert: Alert, kind: Kind, unit: str | None = None) -> Draft:
    """`alert.unsilenced`: it fired in silence, and goes on now that the silence is over."""
    return Draft("alert.unsilenced", alert.subject, ACTOR, _told(alert, kind, unit))


def _told(alert: Alert, kind: Kind, unit: str | None) -> dict[str, object]:
    return {
        **_identity(alert),
        "text": alert_text(alert, kind, unit),
        "window": {"start_at": alert.window.start_at, "end_at": alert.window.end_at},
        "value": alert.value,
        "lower": alert.lower,
        "upper": alert.upper,
        "unit": kind.unit if unit is None else unit,
        "onset": {"earliest_at": alert.onset.start_at, "latest_at": alert.onset.end_at},
        "severity": alert.severity,
        "declare": alert.declare,
        "evidence": alert.evidence,
        "group": alert.group,
        "size": None if alert.size is None else asdict(alert.size),
        "affected": list(alert.affected),
        "flapping": alert.flapping_since_at is not None,
        "silence": alert.silence,
    }


def resolved(alert: Alert, *, reason: str) -> Draft:
    """`alert.resolved` says why the alert ended."""
    return Draft("alert.resolved", alert.subject, ACTOR, {**_identity(alert), "reason": reason})


def acknowledged(alert: Alert, *, actor: str) -> Draft:
    """`alert.acknowledged` names the person who has seen it."""
    return Draft("alert.acknowledged", alert.subject, actor, _identity(alert))


def _identity(alert: Alert) -> dict[str, object]:
    return {"alert": alert.id, "monitor": alert.monitor, "slice": alert.slice}
