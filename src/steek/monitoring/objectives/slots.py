"""A promise's time, cut into slots: what each counted, what was not measured, what is agreed not to count."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from steek.kernel.windows import Window
from steek.measures.budgets import Tally

# Less of a slot under an exclusion leaves it counting, or a minute of maintenance would wipe out a bad day.
_EXCLUDED_FROM = 0.5


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot. `tally` is None when it was not measured, and has no events when nothing happened.

    `reason` says why there is no tally or no event; `exclusion` is the id of the exclusion that takes it out.
    """

    window: Window
    tally: Tally | None
    reason: str = ""
    exclusion: str | None = None

    @property
    def counted(self) -> Tally | None:
        """The tally, unless it is agreed not to count."""
        return None if self.exclusion is not None else self.tally


@dataclass(frozen=True, slots=True)
class Seen:
    """A slot as it was measured at some moment."""

    slot: Slot
    measured_at: datetime


@dataclass(frozen=True, slots=True)
class Span:
    """An exclusion as far as slots know it."""

    id: str
    window: Window


def newest(seen: Iterable[Seen]) -> dict[datetime, Seen]:
    """What is known of each slot, by its start: measured beats not measured, then later beats earlier.

    The order in which measurements arrive does not matter. Of two at the same moment the one with more events counts,
    and of those the one with fewer good ones.
    """
    known: dict[datetime, Seen] = {}
    for one in seen:
        before = known.get(one.slot.window.start_at)
        if before is None or _rank(one) > _rank(before):
            known[one.slot.window.start_at] = one
    return known


def _rank(seen: Seen) -> tuple[bool, datetime, int, int]:
    tally = seen.slot.tally
    return tally is not None, seen.measured_at, tally.total if tally else 0, -tally.good if tally else 0


def grid(known: Mapping[datetime, Slot], step: timedelta, until: datetime, most: int) -> list[Slot]:
    """All slots from the first known one to `until`, at most `most`, oldest first; what is missing is unmeasured.

    Slots lie as the newest known one does, so that a business day that begins at another hour from now on heals itself.

    Args:
        known: Slots by their start.
        step: Length of a slot.
        until: Where the newest slot ends, or later by less than a slot.
        most: How many at most; the newest.
    """
    if not known:
        return []
    anchor = max(known)
    newest_start = anchor + (until - anchor - step) // step * step
    count = min((newest_start - min(known)) // step + 1, most)
    starts = [newest_start - number * step for number in range(count)][::-1]
    missing = "it was not measured"
    return [known.get(start) or Slot(Window(start, start + step), None, missing) for start in starts]


def without_excluded(slots: Sequence[Slot], exclusions: Sequence[Span]) -> list[Slot]:
    """The slots, marked where exclusions cover at least half of them; overlapping exclusions count once."""
    return [replace(slot, exclusion=_covering(slot.window, exclusions)) for slot in slots]


def _covering(window: Window, exclusions: Sequence[Span]) -> str | None:
    touching = sorted(
        (max(one.window.start_at, window.start_at), min(one.window.end_at, window.end_at), one.id)
        for one in exclusions
        if one.window.start_at < window.end_at and one.window.end_at > window.start_at
    )
    covered, edge = timedelta(), window.start_at
    for start, end, _ in touching:
        covered += max(end - max(start, edge), timedelta())
        edge = max(edge, end)
    enough = covered >= _EXCLUDED_FROM * (window.end_at - window.start_at)
    return touching[0][2] if touching and enough else None
