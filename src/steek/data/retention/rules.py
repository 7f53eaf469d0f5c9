"""What contracts promise about time and place, as pure decisions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, Literal

from steek.data.contracts.contract import Contract
from steek.kernel.units import parse_duration

Met = Literal["yes", "no", "undecided"]


@dataclass(frozen=True, slots=True)
class Objective:
    """One rule about one thing, and whether it holds.

    Args:
        rule: "retention", "jurisdiction" or "erasure".
        subject: Dataset, or "erasures".
        met: "undecided" where nobody said what should hold, or it cannot be measured.
        reason: In words.
        measured: Figures behind it.
        since_at: Since when it is so, as the last check found it; None where it never was otherwise.
    """

    rule: str
    subject: str
    met: Met
    reason: str
    measured: dict[str, Any] = field(default_factory=dict[str, Any])
    since_at: datetime | None = None


def kept_from(retention: str, now: datetime, day_starts_at: time) -> datetime:
    """The moment before which rows must be gone: the beginning of a business day, so that a day ends at once.

    >>> from datetime import UTC
    >>> kept_from("2d", datetime(2017, 10, 5, 12, tzinfo=UTC), time(6)).isoformat()
    '2017-10-03T06:00:00+00:00'
    """
    earliest = now - parse_duration(retention)
    start = datetime.combine(earliest.date(), day_starts_at, tzinfo=earliest.tzinfo)
    return start if start <= earliest else start - timedelta(days=1)


def judge_retention(dataset: str, retention: str | None, over: int | None, oldest_at: datetime | None) -> Objective:
    """Whether a dataset holds rows beyond its retention.

    Args:
        dataset: Its name.
        retention: As its contract says it; None when it does not.
        over: Rows beyond; None where rows have no moment.
        oldest_at: Moment of the oldest row.
    """
    measured = {"retention": retention, "rows_over": over, "oldest_at": oldest_at}
    if retention is None:
        return Objective("retention", dataset, "undecided", "its contract names no retention", measured)
    if over is None:
        reason = "its rows have no moment, so only old versions are ended"
        return Objective("retention", dataset, "undecided", reason, measured)
    if over:
        return Objective("retention", dataset, "no", f"{over:,} rows are older than {retention}", measured)
    return Objective("retention", dataset, "yes", f"no row is older than {retention}", measured)


def judge_jurisdiction(contract: Contract, allowed: Sequence[str]) -> Objective:
    """Whether a dataset may lie where this lake lies."""
    measured = {"jurisdiction": contract.jurisdiction, "allowed": list(allowed)}
    if not allowed:
        reason = "nobody said where this lake lies (setting jurisdictions)"
        return Objective("jurisdiction", contract.dataset, "undecided", reason, measured)
    if not contract.jurisdiction:
        reason = "its contract names no jurisdiction"
        return Objective("jurisdiction", contract.dataset, "undecided", reason, measured)
    if contract.jurisdiction in allowed:
        reason = f"{contract.jurisdiction} is allowed here"
        return Objective("jurisdiction", contract.dataset, "yes", reason, measured)
    reason = f"{contract.jurisdiction} is not allowed here, only {', '.join(allowed)}"
    return Objective("jurisdiction", contract.dataset, "no", reason, measured)


def judge_erasures(overdue: int, incomplete: int, patience: timedelta) -> Objective:
    """Whether erasures are certified within a time after they are due."""
    measured = {"overdue": overdue, "incomplete": incomplete}
    if incomplete:
        reason = f"{incomplete} erasures still find rows"
        return Objective("erasure", "erasures", "no", reason, measured)
    if overdue:
        reason = f"{overdue} erasures are not certified {patience.total_seconds() / 3600:.0f} h after they were due"
        return Objective("erasure", "erasures", "no", reason, measured)
    return Objective("erasure", "erasures", "yes", "every erasure that is due is certified", measured)
