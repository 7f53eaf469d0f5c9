"""Which checks of a feed only warn, and which hold a batch until a person decides."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from steek.kernel.errors import DeclarationError

Verdict = Literal["pass", "warn", "hold", "undecided"]
_WORST_FIRST: tuple[Verdict, ...] = ("hold", "warn", "pass")

# Name to what it asks, in the order in which verdicts are told.
FEED_CHECKS: dict[str, str] = {
    "duplicate_batch": "Is the content that of an earlier batch under another key?",
    "near_duplicate": "Were most rows in an earlier batch already?",
    "time_bucket": "Do the rows lie as long before their arrival as usual, not a day off?",
    "future": "Do rows say that they happen after they arrived?",
    "late_data": "Are more rows than usual older than the usual delay?",
    "volume": "Are there as many rows as usual, and as promised?",
    "slice_volume": "Does every watched slice have as many rows as usual, and as promised?",
    "vanished_slices": "Is a slice gone that was always there?",
    "new_slices": "Are there rows of slices that were never there?",
    "nulls": "Are more values missing than usual?",
    "distribution": "Are the values distributed as usual?",
    "new_categories": "Are there values that no earlier batch had?",
    "vanished_categories": "Is a value gone that every batch had?",
}

# No check of the feed: people hold every batch of the dataset, whatever it is like.
HELD_BY_PEOPLE = "held_by_people"
HELD_BY_PEOPLE_ASKS = "Do people hold all batches of the dataset?"


@dataclass(frozen=True, slots=True)
class FeedChecks:
    """How a dataset's batches are compared with the feed so far.

    Args:
        hold: Checks that hold a batch back until a person releases or rejects it.
        warn: Checks that only warn; None: all that do not hold. A check in neither is not made.
        least_history: Good batches needed before a check of what is usual decides anything.
        most_history: Good batches looked at, newest first.
        width: Half-width of what is usual, in robust standard deviations. At 3.5, nine in ten halved days of a year
            of a real chain of shops are told from usual ones, and one usual day in seventy is not.

    Raises:
        DeclarationError: an unknown check, one in both lists, or impossible numbers.
    """

    hold: tuple[str, ...] = ("duplicate_batch",)
    warn: tuple[str, ...] | None = None
    least_history: int = 7
    most_history: int = 56
    width: float = 3.5

    def __post_init__(self) -> None:
        named = (*self.hold, *(self.warn or ()))
        unknown = sorted(set(named) - set(FEED_CHECKS))
        if unknown:
            message = f"no feed check named {', '.join(unknown)}; there are: {', '.join(FEED_CHECKS)}"
            raise DeclarationError(message)
        twice = sorted(set(self.hold) & set(self.warn or ()))
        if twice:
            message = f"feed checks cannot both hold and warn: {', '.join(twice)}"
            raise DeclarationError(message, next_step="A check that holds tells as much as one that warns.")
        if not 3 <= self.least_history <= self.most_history:
            message = (
                f"least_history is {self.least_history} and most_history {self.most_history}; "
                "wanted: 3 <= least_history <= most_history"
            )
            raise DeclarationError(message)
        if self.width <= 0:
            message = f"width is {self.width}; it is a number of standard deviations above 0"
            raise DeclarationError(message)

    def made(self) -> tuple[str, ...]:
        """The checks that are made, in the order of `FEED_CHECKS`."""
        warned = set(FEED_CHECKS) if self.warn is None else set(self.warn)
        return tuple(name for name in FEED_CHECKS if name in self.hold or name in warned)

    def without(self, *names: str) -> "FeedChecks":
        """The same, but these checks are not made."""
        hold = tuple(name for name in self.hold if name not in names)
        return replace(self, hold=hold, warn=tuple(name for name in self.made() if name not in (*hold, *names)))


@dataclass(frozen=True, slots=True)
class FeedVerdict:
    """What one check says of one batch.

    Args:
        check: Name, of `FEED_CHECKS`.
        verdict: pass, warn, hold, or undecided where there is too little history or nothing to look at.
        value: What was measured, of the worst part; None when undecided.
        expected: What is usual for it, e.g. a median of the past; None where nothing is known.
        evidence: A sentence with numbers.
        parts: Columns or slices that are unusual, with what was measured of each.
    """

    check: str
    verdict: Verdict
    value: float | None
    expected: float | None
    evidence: str
    parts: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, before it is known whether it warns or holds."""

    unusual: bool
    value: float | None
    expected: float | None
    evidence: str
    parts: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class Undecided:
    """A check that cannot say anything, and why."""

    evidence: str


def judged(check: str, found: Finding | Undecided, checks: FeedChecks) -> FeedVerdict:
    """The verdict of a check on what it found."""
    if isinstance(found, Undecided):
        return FeedVerdict(check, "undecided", None, None, found.evidence)
    verdict: Verdict = "pass" if not found.unusual else "hold" if check in checks.hold else "warn"
    return FeedVerdict(check, verdict, found.value, found.expected, found.evidence, found.parts)


def overall(verdicts: tuple[FeedVerdict, ...]) -> Verdict:
    """The word for the whole batch: the worst that a check said; undecided only if none decided."""
    for worst in _WORST_FIRST:
        if any(verdict.verdict == worst for verdict in verdicts):
            return worst
    return "undecided"
