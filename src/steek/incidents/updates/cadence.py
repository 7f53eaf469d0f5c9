"""How often an incident is told of, when the next update is due, and when somebody must be reminded: pure decisions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from steek.incidents.types import Severity
from steek.kernel.errors import InputError

LONGEST_MINUTES = 60 * 24 * 7
# So long before it is due communications is reminded, or half the cadence where that is shorter.
REMIND_BEFORE = timedelta(minutes=10)


class Due(StrEnum):
    """How an incident stands to its next update."""

    NOT_YET = "not yet"
    SOON = "soon"
    OVERDUE = "overdue"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Cadence:
    """Minutes between updates, and whether people set them for this incident or its severity did."""

    every_minutes: int
    is_set: bool

    @property
    def every(self) -> timedelta:
        return timedelta(minutes=self.every_minutes)


def checked_minutes(every_minutes: int) -> int:
    """Minutes that updates may lie apart.

    Raises:
        InputError: less than a minute or more than a week.
    """
    if not 1 <= every_minutes <= LONGEST_MINUTES:
        message = f"an update every {every_minutes} minutes; 1 to {LONGEST_MINUTES:,} are allowed"
        raise InputError(message, next_step="30 minutes is usual for the worst, 4 hours for what can wait.")
    return every_minutes


def cadence_of(severity: Severity, by_severity: Mapping[str, int], own: int | None) -> Cadence:
    """The cadence of an incident: what people set for it, else that of its severity.

    >>> cadence_of(Severity.SEV1, {"sev1": 30}, None)
    Cadence(every_minutes=30, is_set=False)
    """
    return Cadence(by_severity[severity.value] if own is None else own, own is not None)


def due_at(
    *, is_open: bool, declared_at: datetime, last_at: datetime | None, promised_at: datetime | None, cadence: Cadence
) -> datetime | None:
    """When the next update is due; None once the outage is over.

    What the last update promised holds; before the first one it is the declaration that begins the wait.
    """
    if not is_open:
        return None
    return promised_at or (last_at or declared_at) + cadence.every


def standing(due_at: datetime | None, cadence: Cadence, *, now: datetime) -> Due:
    """How an incident stands to an update that is due at one instant."""
    if due_at is None:
        return Due.NEVER
    if now >= due_at:
        return Due.OVERDUE
    return Due.SOON if now >= due_at - min(REMIND_BEFORE, cadence.every / 2) else Due.NOT_YET
