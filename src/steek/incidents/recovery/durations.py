"""What the steps of a recovery took before, read from the ledger and from past mitigations."""

from collections.abc import Iterable
from datetime import datetime
from typing import cast

from sqlalchemy import select

from steek.incidents.mitigations import Outcome
from steek.incidents.tables import actions
from steek.kernel.urn import Urn
from steek.ledger import Database, Event, Ledger

_MOST_EVENTS = 5_000
_MOST_RUNS = 20
_ALL_TRAFFIC = ("deploy", "promote")


def step_durations(database: Database, ledger: Ledger, model: str) -> dict[str, list[float]]:
    """Seconds of each step in the last twenty runs for a model, oldest first; a step that never ran is missing.

    Training is what fitting took; evaluation ends with the gate's decision; deployment reaches from there, through the
    canary, to all traffic. Extraction is what "extract-again" took in any incident.
    """
    trained = [event for event in _events(ledger, "model.trained") if _is_of(event.subject, model)]
    decided = {event.subject: event for event in _events(ledger, "gate.decided") if _is_of(event.subject, model)}
    served = _served_at(_events(ledger, "route.changed"), model)
    found = {
        "extraction": mitigation_seconds(database, "extract-again"),
        "training": [took for event in trained if (took := _took_s(event)) is not None],
        "evaluation and gate": [
            (decided[event.subject].recorded_at - event.recorded_at).total_seconds()
            for event in trained
            if event.subject in decided
        ],
        "deployment": [
            (served[subject] - decision.recorded_at).total_seconds()
            for subject, decision in decided.items()
            if subject in served
        ],
    }
    return {step: [took for took in all_s if took >= 0][-_MOST_RUNS:] for step, all_s in found.items() if all_s}


def mitigation_seconds(database: Database, mitigation: str) -> list[float]:
    """What a mitigation took whenever it was done, seconds, oldest first; [] when it never was."""
    query = (
        select(actions.c.started_at, actions.c.ended_at)
        .where(actions.c.mitigation == mitigation, actions.c.outcome == Outcome.DONE.value)
        .order_by(actions.c.started_at.desc())
        .limit(_MOST_RUNS)
    )
    with database.reading() as connection:
        rows = connection.execute(query).all()
    return [(row.ended_at - row.started_at).total_seconds() for row in reversed(rows)]


def _events(ledger: Ledger, kind: str) -> list[Event]:
    return ledger.events(kinds=[kind], newest_first=True, limit=_MOST_EVENTS)[::-1]


def _is_of(subject: str, model: str) -> bool:
    return Urn.parse(subject).name.partition("/")[0] == model


def _took_s(event: Event) -> float | None:
    report = event.payload.get("report")
    took = cast("dict[str, object]", report).get("took_s") if isinstance(report, dict) else None
    return float(took) if isinstance(took, int | float) else None


def _served_at(changes: Iterable[Event], model: str) -> dict[str, datetime]:
    """When each version of a model first had all traffic, by its URN."""
    served: dict[str, datetime] = {}
    for event in changes:
        after = event.payload.get("after")
        if (
            event.payload.get("model") == model
            and event.payload.get("action") in _ALL_TRAFFIC
            and isinstance(after, dict)
        ):
            version = cast("dict[str, object]", after).get("primary")
            served.setdefault(f"trained:{model}@{version}", event.recorded_at)
    return served
