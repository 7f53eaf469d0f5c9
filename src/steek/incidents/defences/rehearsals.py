"""Rollbacks that happened and that were seen to work."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from steek.incidents.defences.layers import Layer
from steek.incidents.defences.safeguard import Exercise
from steek.kernel.urn import Urn
from steek.ledger import Event

REHEARSAL_KINDS = ("incident.resolved", "predictions.collected", "route.changed")


@dataclass(frozen=True, slots=True)
class Rollback:
    """One rollback of a model; `verified_by` is the event that shows that it worked, None when none does."""

    model: str
    at: datetime
    event_id: str
    to: int | None
    member: str | None
    verified_by: str | None
    how: str


def rollbacks(events: Sequence[Event]) -> tuple[Rollback, ...]:
    """Rollbacks in events of `REHEARSAL_KINDS`, oldest first.

    One is verified when, before the route changed again, answers were collected, or an incident of its model was
    resolved by its indicators.
    """
    ordered = sorted(events, key=lambda event: event.sequence)
    changes = [event for event in ordered if event.kind == "route.changed"]
    found: list[Rollback] = []
    for change in changes:
        if change.payload.get("action") != "rollback":
            continue
        model = Urn.parse(change.subject).name
        ended = next(
            (
                one.sequence
                for one in changes
                if one.sequence > change.sequence and Urn.parse(one.subject).name == model
            ),
            None,
        )
        stood = [one for one in ordered if one.sequence > change.sequence and (ended is None or one.sequence < ended)]
        shown = next((one for one in stood if _shows(one, model)), None)
        after = change.payload.get("after")
        to = cast("dict[str, object]", after).get("primary") if isinstance(after, dict) else None
        member = change.payload.get("member")
        found.append(
            Rollback(
                model=model,
                at=change.at,
                event_id=change.id,
                to=to if isinstance(to, int) else None,
                member=None if member is None else str(member),
                verified_by=None if shown is None else shown.id,
                how="nothing was seen of it yet" if shown is None else _how(shown),
            )
        )
    return tuple(found)


def _shows(event: Event, model: str) -> bool:
    if event.kind == "predictions.collected":
        return bool(event.payload.get("rows"))
    if event.kind != "incident.resolved" or not event.payload.get("verified"):
        return False
    systems = event.payload.get("systems")
    return isinstance(systems, list) and f"model:{model}" in systems


def _how(event: Event) -> str:
    if event.kind == "predictions.collected":
        return f"answers were collected afterwards, {event.at:%Y-%m-%d %H:%M}"
    return f"its incident was resolved by its indicators, {event.at:%Y-%m-%d %H:%M}"


def rehearsed(found: Sequence[Rollback]) -> tuple[Exercise, ...]:
    """Verified rollbacks as exercises."""
    return tuple(
        Exercise(
            Layer.ROLLBACK,
            one.at,
            f"{one.model} was rolled back{f' to {one.to}' if one.to else ''}; {one.how}",
            f"/ledger/{one.event_id}",
            models=frozenset({one.model}),
        )
        for one in found
        if one.verified_by is not None
    )
