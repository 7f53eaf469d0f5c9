"""Corrections point at what they correct; the latest word on when a phase began or ended wins."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from steek.incidents.text import NOTE_CHARACTERS, checked, checked_instant
from steek.incidents.timeline import TimelineEntry, own_events
from steek.incidents.types import Span
from steek.kernel.errors import InputError

Edge = Literal["start", "end"]
_EDGES = ("start", "end")
# As people say it, and as the phases are called; what ends an outage is that only follow-up is left.
PHASES = {
    "trigger": "trigger",
    "start": "outage begins",
    "outage begins": "outage begins",
    "detection": "detection",
    "troubleshooting": "troubleshooting",
    "mitigation": "mitigation",
    "recovery": "resolution",
    "resolution": "follow-up",
    "follow-up": "follow-up",
}


@dataclass(frozen=True, slots=True)
class PhaseCorrection:
    """What somebody says about when a phase began or ended."""

    phase: str
    edge: Edge
    span: Span
    evidence: str
    by: str


def checked_correction(
    phase: str, edge: str, earliest_at: datetime | None, latest_at: datetime | None, evidence: str
) -> dict[str, object]:
    """The correction of a phase as an event carries it.

    Raises:
        InputError: no such phase, no interval, or nothing that says how it is known.
    """
    if phase not in PHASES:
        message = f"{phase!r} is no phase; allowed: {', '.join(PHASES)}"
        raise InputError(message)
    if edge not in _EDGES:
        message = f"{edge!r} is no end of a phase; allowed: {', '.join(_EDGES)}"
        raise InputError(message)
    first, last = (None if at is None else checked_instant(at) for at in (earliest_at, latest_at))
    if first is None and last is None:
        raise InputError("a corrected phase needs a time", next_step="Give the earliest and the latest it can be.")
    if first is not None and last is not None and first > last:
        message = f"the earliest time {first.isoformat()} is after the latest {last.isoformat()}"
        raise InputError(message, next_step="Give the earliest and the latest it can be.")
    known = checked(evidence, what="evidence", most=NOTE_CHARACTERS)
    return {"phase": PHASES[phase], "edge": edge, "earliest_at": first, "latest_at": last, "evidence": known}


def phase_corrections(entries: Sequence[TimelineEntry]) -> dict[tuple[str, str], PhaseCorrection]:
    """The latest correction of each end of each phase, by phase and edge."""
    found: dict[tuple[str, str], PhaseCorrection] = {}
    for entry in sorted(own_events(entries, "incident.corrected"), key=lambda one: one.sequence):
        phase, edge = entry.payload.get("phase"), entry.payload.get("edge")
        if isinstance(phase, str) and edge in _EDGES:
            span = Span(_instant(entry.payload.get("earliest_at")), _instant(entry.payload.get("latest_at")))
            side: Edge = "start" if edge == "start" else "end"
            evidence = f"{entry.payload.get('evidence')}, corrected by {entry.actor}"
            found[phase, side] = PhaseCorrection(phase, side, span, evidence, entry.actor)
    return found


def _instant(value: object) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None
