"""Writing down how much an incident harmed, and raising its severity when that says more."""

import math
from collections.abc import Sequence

from sqlalchemy import Connection, select

from steek.incidents.declaring import hold
from steek.incidents.declaring_by_rule import holds_by_rule
from steek.incidents.desk import Desk
from steek.incidents.impact.impact_rows import read_impacts, write_impact
from steek.incidents.impact.severity import SeverityAdvice, SeverityRules, is_worse, severity_by_rule
from steek.incidents.impact.types import UNITS, Dimension, Estimate, Impact
from steek.incidents.rows import change, find
from steek.incidents.tables import alerts
from steek.incidents.text import NAME_CHARACTERS, NOTE_CHARACTERS, checked
from steek.incidents.types import Incident, Severity
from steek.kernel.errors import InputError
from steek.ledger import Draft, Event
from steek.ledger.tables import events

_MOST_NAMES = 200
_UNIT_CHARACTERS = 60


def checked_estimate(
    dimension: str,
    *,
    low: float | None,
    high: float | None,
    unit: str | None,
    names: Sequence[str],
    text: str,
    evidence: str,
) -> Estimate:
    """What a person says about one dimension, when it says something that can be kept.

    Raises:
        InputError: an unknown dimension, numbers that are no interval, money without its unit, nothing said.
    """
    if dimension not in set(Dimension):
        message = f"{dimension!r} is no dimension of impact; allowed: {', '.join(Dimension)}"
        raise InputError(message)
    of = Dimension(dimension)
    for name, value in (("low", low), ("high", high)):
        if value is not None and (not math.isfinite(value) or value < 0):
            message = f"{name} is {value}; allowed: numbers from 0 on"
            raise InputError(message)
    if low is not None and high is not None and low > high:
        message = f"low {low:g} is above high {high:g}"
        raise InputError(message, next_step="Give the least and the most it can be.")
    if of is Dimension.MONEY and (low is not None or high is not None) and not unit:
        raise InputError("money without its unit says nothing", next_step="Give unit, for example EUR.")
    if not low and high is None and not names and not text.strip():
        raise InputError("nothing is said", next_step="Give low and high, names, or a text; at least 0 says nothing.")
    if len(names) > _MOST_NAMES:
        message = f"{len(names)} names; {_MOST_NAMES} are allowed"
        raise InputError(message, next_step="Name the largest and give the number as low and high.")
    return Estimate(
        dimension=of,
        low=low,
        high=high,
        unit=checked(unit or UNITS.get(of, "-"), what="unit", most=_UNIT_CHARACTERS),
        evidence=checked(evidence, what="evidence", most=NOTE_CHARACTERS),
        names=tuple(checked(name, what="name", most=NAME_CHARACTERS) for name in dict.fromkeys(names)),
        text=text if not text.strip() else checked(text, what="text", most=NOTE_CHARACTERS),
    )


def assess(
    desk: Desk, connection: Connection, incident: Incident, estimate: Estimate, *, machine: bool, actor: str
) -> Event:
    """Write one dimension with its event, inside the caller's transaction."""
    before = next(one for one in read_impacts(connection, incident.id) if one.dimension is estimate.dimension)
    impact = Impact(
        dimension=estimate.dimension,
        low=estimate.low,
        high=estimate.high,
        unit=estimate.unit,
        names=estimate.names,
        text=estimate.text,
        evidence=estimate.evidence,
        machine=machine,
        assessed_by=actor,
        assessed_at=desk.clock.now(),
    )
    write_impact(connection, incident.id, impact)
    payload: dict[str, object] = {
        "incident": incident.id,
        "dimension": impact.dimension,
        "low": impact.low,
        "high": impact.high,
        "unit": impact.unit,
        "names": list(impact.names),
        "text": impact.text,
        "evidence": impact.evidence,
        "machine": machine,
        "before": [before.low, before.high] if before.known else None,
    }
    return desk.ledger.append(connection, Draft("incident.impact_assessed", incident.urn, actor, payload))[0]


def advise(connection: Connection, incident: Incident, rules: SeverityRules) -> SeverityAdvice:
    """What the rule says about the severity of an incident as it is now."""
    mine = select(alerts.c.event_id).where(alerts.c.incident_id == incident.id)
    shown = select(events.c.kind).where(events.c.id.in_(mine), events.c.kind.concat("").not_like("alert.%")).distinct()
    kinds = list(connection.execute(shown).scalars())
    impacts = read_impacts(connection, incident.id)
    return severity_by_rule(impacts, systems=incident.systems, objectives=kinds, rules=rules)


def raise_by_rule(desk: Desk, connection: Connection, incident: Incident, rules: SeverityRules) -> Incident:
    """Raise the severity where the rule says more and nobody has set it; it is never lowered by rule."""
    advice = advise(connection, incident, rules)
    if advice.severity is None or incident.severity_reason is not None:
        return incident
    if not is_worse(advice.severity, incident.severity):
        return incident
    return set_severity(desk, connection, incident, advice.severity, "; ".join(advice.reasons), actor="steek")[0]


def raise_to(desk: Desk, incident: Incident, severity: Severity, reason: str) -> None:
    """Raise the severity to what an alert declares that joins an incident, unless somebody has set it; not lowered."""
    if not is_worse(severity, incident.severity):
        return
    with desk.database.transaction() as connection:
        present = find(connection, incident.id)
        if present.state.is_open and present.severity_reason is None and is_worse(severity, present.severity):
            set_severity(desk, connection, present, severity, reason, actor="steek")


def set_severity(
    desk: Desk, connection: Connection, incident: Incident, severity: Severity, reason: str, *, actor: str
) -> tuple[Incident, Event]:
    """Write a severity with its event; the machine's own word leaves the next one to people and to the rule."""
    machine = actor == "steek"
    values: dict[str, object] = {"severity": severity.value}
    # What a rule declared for the morning held nothing; now it does as if it had been declared so.
    waited = incident.machine and not incident.frozen and not holds_by_rule(incident.severity)
    holds = waited and incident.state.is_open and holds_by_rule(severity)
    if holds:
        values["frozen"] = True
    if not machine:
        values["severity_reason"] = reason
    after = change(connection, incident, actor=actor, **values)
    payload: dict[str, object] = {
        "incident": incident.id,
        "before": incident.severity,
        "severity": severity,
        "reason": reason,
        "machine": machine,
    }
    event = desk.ledger.append(connection, Draft("incident.severity_changed", incident.urn, actor, payload))[0]
    if holds:
        hold(desk, connection, after, event)
    return after, event
