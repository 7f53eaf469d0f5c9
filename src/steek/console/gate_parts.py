"""The gate on the page of a model: its verdict, and every check with its reason."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from steek.console.metric_words import metric_words
from steek.ledger import Event, Ledger
from steek.models import TrainedModel

_HEALTH = {"pass": "well", "fail": "broken"}
_VERSION = re.compile(r"trained:[^\s@]+@(\d+)")
_KINDS = ("gate.decided", "gate.overridden")


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One check; `health` is the verdict as a state."""

    name: str
    health: str
    verdict: str
    value: float | None
    limit: str
    reason: str
    is_blocking: bool


@dataclass(frozen=True, slots=True)
class GateView:
    """The gate's latest word on one trained model; `override` says who let it through and why, "" for nobody."""

    event_id: str
    trained: str
    health: str
    verdict: str
    against: str
    decided_at: datetime
    checks: tuple[CheckLine, ...]
    override: str


def gate_view(ledger: Ledger, trained: TrainedModel) -> GateView | None:
    """What the gate said of this version; None when it has not spoken."""
    spoken = ledger.events(kinds=_KINDS, subject=trained.urn, newest_first=True, limit=20)
    decided = next((event for event in spoken if event.kind == "gate.decided"), None)
    if decided is None:
        return None
    overridden = next((event for event in spoken if event.kind == "gate.overridden"), None)
    later = overridden if overridden is not None and overridden.sequence > decided.sequence else None
    verdict = str(decided.payload.get("verdict", "undecided"))
    against = decided.payload.get("against")
    return GateView(
        event_id=decided.id,
        trained=trained.urn,
        health="watch" if later else _HEALTH.get(verdict, "undecided"),
        verdict=verdict,
        against="nothing in production" if against is None else f"version {against}",
        decided_at=decided.at,
        checks=_checks(decided),
        override=_override(later),
    )


def verdicts(ledger: Ledger, model: str) -> dict[str, str]:
    """The gate's latest verdict by URN of the trained model."""
    spoken = ledger.events(kinds=_KINDS, subject_prefix=f"trained:{model}@", newest_first=True, limit=200)
    told: dict[str, str] = {}
    for event in spoken:
        verdict = "overridden" if event.kind == "gate.overridden" else str(event.payload.get("verdict", ""))
        told.setdefault(event.subject, verdict)
    return told


def _checks(decided: Event) -> tuple[CheckLine, ...]:
    checks = decided.payload.get("checks")
    if not isinstance(checks, list):
        return ()
    return tuple(_check(cast("Mapping[str, object]", check)) for check in cast("list[object]", checks))


def _check(check: Mapping[str, object]) -> CheckLine:
    verdict, value = str(check.get("verdict", "undecided")), check.get("value")
    return CheckLine(
        name=_name_words(str(check.get("name", ""))),
        health=_HEALTH.get(verdict, "undecided"),
        verdict="skipped" if check.get("skipped") else verdict,
        value=float(value) if isinstance(value, int | float) else None,
        limit=str(check.get("limit", "")),
        reason=_VERSION.sub(r"version \1", str(check.get("reason", ""))),
        is_blocking=bool(check.get("blocking", True)),
    )


def _name_words(name: str) -> str:
    """A check as people say it; metrics by their own names."""
    return " ".join(metric_words(part) for part in name.split())


def _override(event: Event | None) -> str:
    return "" if event is None else f"{event.payload.get('approver', event.actor)}: {event.payload.get('reason', '')}"
