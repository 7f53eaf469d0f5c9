"""Burn-rate rules: over which two windows a burn must show, and how fast it must be.

Source: Google, "The Site Reliability Workbook" (2018), chapter 5, "Multiwindow, Multi-Burn-Rate Alerts": of a 30-day
budget 2% in an hour and 5% in six page, 10% in three days is a ticket; a short window of a twelfth of the long one
ends the alert soon after the burn ends.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from steek.measures.budgets import NOTHING, Tally, budget, burn_rate, events_that_decide, is_beyond_chance

Pace = Literal["fast", "slow"]
Seen = Literal["burns", "calm", "undecided"]

_SHORT_PART = 12
# With fewer slots than this, a tenth of the period is too few of them to tell a slow burn from a bad day.
_FINE = 120


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the ladder: long window as a part of the period, and share of the budget that may go in it.

    `coarse_slots` and `coarse_rate` stand for it where slots are too long for its windows.
    """

    pace: Pace
    period_parts: int
    budget_fraction: float
    coarse_slots: int
    coarse_rate: float


# The workbook's table, with periods of any length. Where a slot is longer than the long window, the budget share that
# is gone when the first slot closes can no longer be that small: the rates of the ladder are kept, one rung lower
# (6, 3 and 1 instead of 14.4, 6 and 1; 3 is the day-long rung of its earlier tables), over 1, 3 and 7 slots.
LADDER = (Step("fast", 720, 0.02, 1, 6.0), Step("fast", 120, 0.05, 3, 3.0), Step("slow", 10, 0.10, 7, 1.0))


@dataclass(frozen=True, slots=True)
class BurnRule:
    """Burns when the burn rate over `long` slots and over the last `short` slots is above `rate`."""

    pace: Pace
    long: int
    short: int
    rate: float

    def budget_gone(self, period: int) -> float:
        """Share of the budget that is gone when a burn of just this rate is seen, over a period of so many slots."""
        return self.rate * self.long / period

    def slots_until_seen(self, burn: float) -> int | None:
        """Whole slots from the start of a steady burn until the rule sees it, after quiet ones; None for never.

        >>> BurnRule("fast", 3, 1, 3.0).slots_until_seen(10.0)
        1
        """
        if burn <= self.rate:
            return None
        return min(math.floor(self.long * self.rate / burn) + 1, self.long)


def burn_rules(period: int, target: float) -> tuple[BurnRule, ...]:
    """The rules for a period of so many slots, fastest first; each at most once.

    A rate that not even total failure reaches is lowered to 90% of total failure: with a target of 50% the budget never
    burns faster than twice.

    Args:
        period: Slots in the period.
        target: Share of good events that is promised, 0 < target < 1.

    >>> [(rule.pace, rule.long, rule.short, round(rule.rate, 1)) for rule in burn_rules(28, 0.99)]
    [('fast', 1, 1, 6.0), ('fast', 3, 1, 3.0), ('slow', 7, 1, 1.0)]
    >>> [(rule.pace, rule.long, rule.short, round(rule.rate, 1)) for rule in burn_rules(30 * 24, 0.99)]
    [('fast', 1, 1, 14.4), ('fast', 6, 1, 6.0), ('slow', 72, 6, 1.0)]
    """
    fastest = 0.9 / (1 - target)
    found: dict[tuple[int, int], BurnRule] = {}
    for step in LADDER:
        parts = round(period / step.period_parts)
        is_coarse = not parts or (step.pace == "slow" and period < _FINE)
        long = min(step.coarse_slots, period) if is_coarse else parts
        rate = step.coarse_rate if is_coarse else step.budget_fraction * period / long
        rule = BurnRule(step.pace, long, max(long // _SHORT_PART, 1), max(min(rate, fastest), 1.0))
        known = found.get((rule.long, rule.short))
        if known is None or known.rate > rule.rate:
            found[rule.long, rule.short] = rule
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class BurnLook:
    """One rule looked at: what it saw in both windows, and why it says what it says.

    Rates are None where a window had no events. `decided_by` is the number of events that would decide, where
    "undecided" is for want of them.
    """

    rule: BurnRule
    seen: Seen
    long_rate: float | None
    short_rate: float | None
    events: int
    reason: str
    decided_by: int | None = None


def look(slots: Sequence[Tally | None], rule: BurnRule, target: float, *, is_census: bool) -> BurnLook:
    """Apply a rule to the newest slots.

    Args:
        slots: One tally per slot, oldest first, the newest last; None where nothing was measured or nothing counts.
        rule: The rule.
        target: Share of good events that is promised.
        is_census: Events are windows, each judged already; else they are draws, and few of them may be chance.
    """
    long, short = _sum(slots[-rule.long :]), _sum(slots[-rule.short :])
    long_rate, short_rate = burn_rate(long, target), burn_rate(short, target)
    found = (long_rate, short_rate, long.total)
    if long_rate is None:
        return BurnLook(rule, "undecided", *found, "nothing was measured")
    if long_rate <= rule.rate:
        return BurnLook(rule, "calm", *found, "slower than the rule")
    if short_rate is None:
        return BurnLook(rule, "undecided", *found, "nothing was measured lately, so whether it goes on is not known")
    if short_rate <= rule.rate:
        return BurnLook(rule, "calm", *found, "it was faster, and is no more")
    if not is_census and not is_beyond_chance(long, target):
        needed = events_that_decide(long, target)
        enough = f"; {needed:,} events with the same share would decide" if needed else ""
        why = f"{long.bad:,} bad of {long.total:,} events can be chance{enough}"
        return BurnLook(rule, "undecided", *found, why, needed)
    return BurnLook(rule, "burns", *found, "faster than the rule in both windows")


def period_events(total: int, measured: int, period: int, *, is_census: bool) -> float:
    """Events of the whole period: those counted; where each slot is an event or several, also of slots not measured.

    A month of daily windows leaves room for as many bad days on its third day as on its last one.

    >>> period_events(3, 3, 28, is_census=True), period_events(5000, 3, 28, is_census=False)
    (28.0, 5000.0)
    """
    return total * max(period / measured, 1.0) if is_census and measured else float(total)


def left_over_time(
    slots: Sequence[Tally | None], target: float, period: int, *, is_census: bool, excluded: Sequence[bool] = ()
) -> list[float | None]:
    """Share of the budget that was left at the end of each slot, over the period that ended there.

    Args:
        slots: As for `look`.
        target: As for `look`.
        period: Slots in the period.
        is_census: See `period_events`.
        excluded: For each slot whether it is agreed not to count; empty when all do.

    Returns:
        One number per slot, 1 at most, None where the period that ended there had no events.

    >>> left_over_time([Tally(1, 1), Tally(0, 1)], 0.9, 20, is_census=True)
    [1.0, 0.5]
    """
    facts = [
        (one.bad, one.total, int(one.total > 0), int(out)) if one else (0, 0, 0, int(out))
        for one, out in zip(slots, excluded or [False] * len(slots), strict=True)
    ]
    sums = list(accumulate(facts, _plus, initial=(0, 0, 0, 0)))
    found: list[float | None] = []
    for end in range(1, len(sums)):
        first, last = sums[max(end - period, 0)], sums[end]
        bad, total, measured, out = (after - before for before, after in zip(first, last, strict=True))
        events = period_events(total, measured, period - out, is_census=is_census)
        left = budget(bad, events, target).left_fraction
        found.append(None if left is None else round(left, 9))
    return found


def _plus(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2], one[3] + other[3]


def _sum(slots: Sequence[Tally | None]) -> Tally:
    return sum((one for one in slots if one is not None), start=NOTHING)
