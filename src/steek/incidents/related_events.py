"""Which events belong to an incident: its own, those of its systems, and those of others that name it."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, select

from steek.incidents.types import Incident
from steek.kernel.errors import InputError
from steek.kernel.urn import Urn
from steek.ledger import Database, Event
from steek.ledger.ledger import to_event
from steek.ledger.tables import events
from steek.monitoring.alerting.systems import system_of

# What happens to the systems themselves and belongs into the story, as against the loop's daily measurements.
SYSTEM_KINDS = (
    "alert.acknowledged",
    "alert.fired",
    "alert.resolved",
    "canary.aborted",
    "canary.promoted",
    "canary.started",
    "canary.stepped",
    "contract.changed",
    "dataset.derived",
    "dataset.replaced",
    "definition.changed",
    "external.alert_fired",
    "external.alert_resolved",
    "external.changed",
    "fallback.used",
    "feature.changed",
    "gate.decided",
    "gate.overridden",
    "join.failed",
    "model.trained",
    "preparation.changed",
    "route.changed",
    "access.policy_changed",
    "settings.changed",
    "training.failed",
)
# What is done for an incident by rooms whose subjects are other things than the incident: it says so in its payload.
NAMING_KINDS = (
    "access.emergency_asked",
    "access.emergency_ended",
    "access.emergency_granted",
    "access.emergency_refused",
    "access.emergency_reviewed",
    "access.emergency_used",
    "bench.ran",
    "change.approved",
    "change.asked",
    "change.held",
    "change.refused",
    "change.released",
    "follow_up.changed",
    "follow_up.created",
    "follow_up.done",
    "follow_up.escalated",
    "freeze.ended",
    "freeze.started",
    "signal.joined",
)
_MOST_OWN = 100_000
_MOST_AROUND = 20_000
_AT_ONCE = 500


def related_events(
    database: Database,
    incident: Incident,
    *,
    since: datetime,
    evidence: frozenset[str],
    duplicates: tuple[str, ...],
    numbers: tuple[int, int],
) -> list[Event]:
    """Events that belong to an incident, in order of writing.

    Args:
        database: Where the ledger is.
        incident: Whose story it is.
        since: Where the story of the systems begins, by event time; it ends when the incident is closed.
        evidence: Ids of events that belong to it wherever and whenever they lie.
        duplicates: Ids of incidents that were merged into it, whose events are part of its story.
        numbers: The last sequence that was read before, and the last to read now.
    """
    newer = and_(events.c.sequence > numbers[0], events.c.sequence <= numbers[1])
    urns = [incident.urn, *(str(Urn("incident", one)) for one in duplicates)]
    own = events.c.subject.in_(urns)
    with database.reading() as connection:
        found = _own(connection, and_(own, newer))
        # Names and subjects are read first: most events are of other systems, and their payloads are what costs.
        # The kind is compared as an expression, so that the index over time is used and not the one over kinds.
        kinds = events.c.kind.concat("").in_((*SYSTEM_KINDS, *NAMING_KINDS))
        around = [newer, kinds, events.c.at >= since, *_before(incident.closed_at)]
        lines = connection.execute(
            select(events.c.sequence, events.c.kind, events.c.subject).where(*around).order_by(events.c.sequence)
        )
        wanted = {row.sequence for row in lines if row.kind in NAMING_KINDS or _is_of(row.subject, incident)}
        wanted -= {event.sequence for event in found}
        latest = sorted(wanted)[-_MOST_AROUND:]
        by_number = [events.c.sequence.in_(latest[at : at + _AT_ONCE]) for at in range(0, len(latest), _AT_ONCE)]
        # What shows an incident may have been written long before it was attached.
        by_id = [events.c.id.in_(chunk) for chunk in _chunks(sorted(evidence - {event.id for event in found}))]
        for condition in (*by_number, *by_id):
            found += [to_event(row) for row in connection.execute(select(events).where(condition)).mappings()]
    chosen = {
        event.sequence: event
        for event in found
        if event.subject in urns or event.id in evidence or _belongs(event, incident)
    }
    return [chosen[sequence] for sequence in sorted(chosen)]


def _own(connection: Connection, condition: ColumnElement[bool]) -> list[Event]:
    """Of more than anybody reads, the latest; how it was declared is always told."""
    latest = select(events).where(condition).order_by(events.c.sequence.desc()).limit(_MOST_OWN)
    declared = select(events).where(condition, events.c.kind == "incident.declared")
    rows = {row["sequence"]: row for query in (latest, declared) for row in connection.execute(query).mappings()}
    return [to_event(row) for _, row in sorted(rows.items())]


def _before(closed_at: datetime | None) -> list[ColumnElement[bool]]:
    return [] if closed_at is None else [events.c.at < closed_at]


def _chunks(ids: list[str]) -> Iterable[list[str]]:
    return (ids[at : at + _AT_ONCE] for at in range(0, len(ids), _AT_ONCE))


def _belongs(event: Event, incident: Incident) -> bool:
    if event.payload.get("incident") in {incident.id, incident.urn}:
        return True
    # A hold of one of its systems is told whoever asked for it; what else names an incident names another one.
    is_named = event.kind in NAMING_KINDS and not event.kind.startswith("freeze.")
    return not is_named and _is_of(event.subject, incident)


def _is_of(subject: str, incident: Incident) -> bool:
    try:
        return system_of(subject) in incident.systems
    except InputError:
        return False
