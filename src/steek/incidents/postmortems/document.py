"""The records of a postmortem. What a machine only supposes is a `Supposition` until a person says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from steek.incidents.phases import PhaseTimes, Times
from steek.incidents.postmortems.defences import Defence
from steek.incidents.postmortems.taxonomy import Suggestion
from steek.incidents.types import Duration, Role, Severity

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Supposition:
    """Something suggested by the evidence `because`; `confirmed` once a person has said that it is so."""

    text: str
    because: str
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class JudgedSuspect:
    """A suspect as ranked, with what people found out; `verdict` is None when nobody said anything."""

    event_id: str
    kind: str
    subject: str
    at: datetime
    score: float
    reason: str
    verdict: Literal["confirmed", "rejected"] | None
    judged_by: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    """An indicator that left its bounds, with the value its alert fired with."""

    monitor: str
    slice: str | None
    value: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class Impact:
    """What was hit. `outage` is an interval, as nobody knows the minute; `not_measured` names what people must add."""

    systems: tuple[str, ...]
    slices: tuple[str, ...]
    shown: tuple[Shown, ...]
    outage: Duration
    not_measured: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Detection:
    """Who noticed: a machine, or a user (anybody who is not a monitor)."""

    by: Literal["machine", "user"]
    what: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Did:
    """A mitigation and what came of it."""

    mitigation: str
    arguments: Mapping[str, object]
    actor: str
    outcome: str
    error: str | None
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A fix repairs what broke; an improvement makes the next one less likely or smaller. Both are suggestions."""

    kind: Literal["fix", "improvement"]
    text: str
    because: str


@dataclass(frozen=True, slots=True)
class Document:
    """A whole draft; it is blameless: it names what happened and what let it happen, and nobody as a cause."""

    format_version: int
    incident: str
    title: str
    severity: Severity
    subject: str
    roles: Mapping[Role, str]
    phases: tuple[PhaseTimes, ...]
    times: Times
    impact: Impact
    detection: Detection
    suspects: tuple[JudgedSuspect, ...]
    unchanged: tuple[str, ...]
    root_causes: tuple[Supposition, ...]
    contributing_causes: tuple[Supposition, ...]
    active_failures: tuple[Supposition, ...]
    latent_conditions: tuple[Supposition, ...]
    defences: tuple[Defence, ...]
    taxonomy_version: int
    classification: tuple[Suggestion, ...]
    actions: tuple[Did, ...]
    went_well: tuple[Supposition, ...]
    luck: tuple[Supposition, ...]
    follow_ups: tuple[FollowUp, ...]
    resolution: str
