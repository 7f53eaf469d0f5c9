"""Records of an incident, as they are handed out; none of them can be changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from steek.incidents.lifecycle import State
from steek.kernel.urn import Urn


class Severity(StrEnum):
    """How bad it is; sev1 is the worst."""

    SEV1 = "sev1"
    SEV2 = "sev2"
    SEV3 = "sev3"


# Several people may shadow; their names stand in one text.
SHADOWS_BETWEEN = ", "


class Role(StrEnum):
    """Who does what. One person may hold several; a role without a person is shown as empty.

    A shadow looks on and learns, decides nothing, and there may be several.
    """

    COMMANDER = "commander"
    COMMUNICATIONS = "communications"
    OPERATIONS = "operations"
    PLANNING = "planning"
    SHADOW = "shadow"


@dataclass(frozen=True, slots=True)
class Span:
    """An instant that is known only to lie between two: `earliest_at` <= it <= `latest_at`; None is unknown."""

    earliest_at: datetime | None
    latest_at: datetime | None

    @classmethod
    def exactly(cls, at: datetime | None) -> "Span":
        return cls(at, at)

    @property
    def known(self) -> bool:
        return self.earliest_at is not None or self.latest_at is not None


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time in seconds that is known only to lie between two; None is unknown."""

    shortest_s: float | None
    longest_s: float | None

    @classmethod
    def between(cls, start: Span, end: Span) -> "Duration":
        """From `start` to `end`; never negative.

        >>> from datetime import UTC
        >>> at = lambda hour: datetime(2017, 10, 2, hour, tzinfo=UTC)
        >>> Duration.between(Span(at(1), at(3)), Span.exactly(at(4)))
        Duration(shortest_s=3600.0, longest_s=10800.0)
        """
        return cls(_difference(start.latest_at, end.earliest_at), _difference(start.earliest_at, end.latest_at))


def _difference(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else max((end - start).total_seconds(), 0.0)


@dataclass(frozen=True, slots=True)
class AlertEvidence:
    """An alert that belongs to an incident, pinned as it was when it was attached.

    `value` lies outside [`lower`, `upper`]; a side that has no bound is None. `onset` is when the value left them.
    """

    alert_id: str
    event_id: str
    monitor: str
    subject: str
    slice: str | None
    value: float | None
    lower: float | None
    upper: float | None
    onset: Span
    opened_at: datetime
    attached_at: datetime


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident. `version` grows with every decision; pass it back to be told when somebody decided first.

    `systems` are URNs without versions: what it was declared on, and what is made from that.
    `machine` says whether an alert declared it or a person. `said_at` is when it was said, by the clock of whoever
    said it, where it could not be written at once. `severity_reason` is why a person set the severity; None while it
    is as declared. `merged_into` is the incident it is a duplicate of. `near_miss` says which defence held.
    """

    id: str
    title: str
    subject: str
    systems: tuple[str, ...]
    severity: Severity
    state: State
    version: int
    machine: bool
    frozen: bool
    roles: Mapping[Role, str]
    declared_at: datetime
    declared_by: str
    changed_by: str
    resolved_at: datetime | None
    closed_at: datetime | None
    said_at: datetime | None = None
    severity_reason: str | None = None
    merged_into: str | None = None
    near_miss: str | None = None

    @property
    def shadows(self) -> tuple[str, ...]:
        """Everybody who looks on and learns."""
        return tuple(each for each in self.roles.get(Role.SHADOW, "").split(SHADOWS_BETWEEN) if each)

    @property
    def urn(self) -> str:
        return str(Urn("incident", self.id))
