"""Is a promise kept? A pure decision from its slots, with the budget, the burn and every reason."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from steek.kernel.verdict import Verdict
from steek.kernel.windows import Window
from steek.measures.budgets import NOTHING, Budget, Tally, budget, burn_rate, is_beyond_chance, least_events
from steek.measures.burning import BurnLook, BurnRule, Pace, look, period_events
from steek.measures.robust import median
from steek.monitoring.objectives.lifecycle import Sight
from steek.monitoring.objectives.slots import Slot
from steek.monitoring.silence import before_silence, silent_windows_needed

# Rounding of (1 - target) x events must not make the last allowed event one too many.
_CRUMB = 1e-9
# pyrra (pull request 757) waits until 1% of the budget would be gone if "not measured" meant "all bad".
_BLIND_FRACTION = 0.01
_LEAST_HISTORY = 7


@dataclass(frozen=True, slots=True)
class Terms:
    """What a standing is judged by: `period` in slots, `least` how many events show something, `counts` their name."""

    target: float
    period: int
    is_census: bool
    rules: tuple[BurnRule, ...]
    least: int
    counts: str = "events"

    @classmethod
    def of(
        cls,
        target: float,
        period: int,
        *,
        is_census: bool,
        rules: tuple[BurnRule, ...],
        least: int | None = None,
        counts: str = "events",
    ) -> "Terms":
        """Terms with the default for the least number of events: one bad event does not overspend their budget."""
        needed = least_events(target) if least is None else least
        return cls(target, period, is_census, rules, min(needed, period) if is_census else needed, counts)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a promise stands at the end of its newest slot.

    `tally` holds the events of the period that count; `budget.left_fraction` is None before the first of them.
    `more_events` says how many more would decide, where too few is why it is undecided. `pace` is that of the fastest
    burn, None without one; `onset` is when the trouble that is seen began. `slots`, `silent`, `unmeasured` and
    `excluded` are slots of the period: all that have passed, those in which nothing happened, those that nobody
    measured, those that are agreed not to count.
    """

    verdict: Verdict
    reason: str
    sight: Sight
    sight_reason: str
    tally: Tally
    budget: Budget
    looks: tuple[BurnLook, ...]
    pace: Pace | None
    onset: Window | None
    more_events: int | None
    slots: int
    silent: int
    unmeasured: int
    excluded: int


def stand(slots: Sequence[Slot], terms: Terms) -> Standing:
    """Judge a promise by its slots.

    Args:
        slots: Oldest first, without gaps, the newest last; those before the period are history only.
        terms: Target, period and rules.
    """
    now = slots[-terms.period :]
    counted = [slot.counted for slot in now]
    tally = sum((one for one in counted if one is not None), start=NOTHING)
    excluded = sum(slot.exclusion is not None for slot in now)
    unmeasured = sum(slot.tally is None and slot.exclusion is None for slot in now)
    measured = sum(one is not None and one.total > 0 for one in counted)
    events = period_events(tally.total, measured, terms.period - excluded, is_census=terms.is_census)
    room = budget(tally.bad, events, terms.target)
    # Slots nobody measured, as if all of their usual events had been bad.
    feared = math.ceil(unmeasured * tally.total / measured) if measured else unmeasured
    verdict, reason, more = _verdict(tally, room, terms, feared=feared, unmeasured=unmeasured)
    looks = tuple(look(counted, rule, terms.target, is_census=terms.is_census) for rule in terms.rules)
    sight, sight_reason = _sight(slots, terms, verdict, reason, looks)
    return Standing(
        verdict=verdict,
        reason=reason,
        sight=sight,
        sight_reason=sight_reason,
        tally=tally,
        budget=room,
        looks=looks,
        pace=next((one.rule.pace for one in looks if one.seen == "burns"), None),
        onset=_onset(slots, terms, sight),
        more_events=more,
        slots=len(now),
        silent=sum(one is not None and one.total == 0 for one in counted),
        unmeasured=unmeasured,
        excluded=excluded,
    )


def _verdict(
    tally: Tally, room: Budget, terms: Terms, *, feared: int, unmeasured: int
) -> tuple[Verdict, str, int | None]:
    if not tally.total:
        return Verdict.UNDECIDED, f"nothing was counted; it takes {terms.least:,} of its {terms.counts}", terms.least
    said = f"{tally.bad:,} bad of {tally.total:,} {terms.counts}, {room.allowed:,.3g} allowed"
    few = f"{tally.total:,} of the {terms.least:,} {terms.counts} that it takes"
    more = terms.least - tally.total if tally.total < terms.least else None
    if tally.bad > room.allowed + _CRUMB:
        if terms.is_census or more is None or is_beyond_chance(tally, terms.target):
            return Verdict.FAIL, said, None
        return Verdict.UNDECIDED, f"{said}, which can be chance: only {few}", more
    if tally.bad + feared > room.allowed + (0 if terms.is_census else feared * (1 - terms.target)) + _CRUMB and feared:
        windows = "1 window was" if unmeasured == 1 else f"{unmeasured} windows were"
        return Verdict.UNDECIDED, f"{said}; {windows} not measured, and would overspend the budget if bad", None
    if more is not None:
        return Verdict.UNDECIDED, f"{said}, but only {few}", more
    return Verdict.PASS, said, None


def _sight(
    slots: Sequence[Slot], terms: Terms, verdict: Verdict, reason: str, looks: Sequence[BurnLook]
) -> tuple[Sight, str]:
    blind = _blindness(slots, terms)
    if blind:
        return "blind", blind
    if verdict is Verdict.FAIL:
        return "spent", f"the budget is spent: {reason}"
    burning = next((one for one in looks if one.seen == "burns"), None)
    if burning is not None:
        return burning.rule.pace, _burning_words(burning, terms)
    open_ones = [one for one in looks if one.seen == "undecided"]
    if open_ones and (len(open_ones) == len(looks) or any(one.long_rate is not None for one in open_ones)):
        return "undecided", open_ones[0].reason
    return "calm", "no rule sees a burn"


def _burning_words(one: BurnLook, terms: Terms) -> str:
    windows = "window" if one.rule.long == 1 else f"{one.rule.long} windows"
    rate = f"{one.long_rate:.3g}" if one.long_rate is not None else "unknown"
    last = one.rule.long * (one.long_rate or 0.0) / terms.period
    return f"over the last {windows} it burned {rate} times as fast as allowed, {last:.0%} of the budget"


def _blindness(slots: Sequence[Slot], terms: Terms) -> str:
    """Why nobody can tell how it stands now; "" when somebody can."""
    counting = [slot for slot in slots if slot.exclusion is None]
    lost = _trailing([slot.tally is None for slot in counting])
    patience = max(math.ceil(_BLIND_FRACTION * (1 - terms.target) * terms.period), 1)
    if lost >= patience:
        windows = "window was" if lost == 1 else f"{lost} windows were"
        return f"the last {windows} not measured: {counting[-1].reason or 'nobody knows why'}"
    totals = [float(slot.tally.total) for slot in counting if slot.tally is not None]
    known = before_silence(totals)
    silent = len(totals) - len(known)
    needed = silent_windows_needed(known, slices=1) if silent and len(known) >= _LEAST_HISTORY else None
    if needed is not None and silent >= needed:
        windows = "window" if silent == 1 else f"{silent} windows"
        usual = f"{median(known):,.0f} {terms.counts} in the middle window before"
        return f"nothing happened in the last {windows}, {usual}: it may no longer be measured"
    return ""


def _trailing(marks: Sequence[bool]) -> int:
    """How many at the end are set."""
    return next((number for number, mark in enumerate(reversed(marks)) if not mark), len(marks))


def _onset(slots: Sequence[Slot], terms: Terms, sight: Sight) -> Window | None:
    """Of the run of troubled slots that ends with the newest one, the first; None when nothing is wrong."""
    counting = [slot for slot in slots if slot.exclusion is None]
    if sight == "blind":
        run = max(_trailing([slot.tally is None or not slot.tally.total for slot in counting]), 1)
    elif sight in {"slow", "fast", "spent"}:
        rates = [0.0 if slot.tally is None else burn_rate(slot.tally, terms.target) for slot in counting]
        run = _trailing([rate is None or rate > 1 for rate in rates])
        if not run:
            last_bad = [number for number, rate in enumerate(rates) if rate is not None and rate > 1]
            return counting[last_bad[-1]].window if last_bad else None
    else:
        return None
    return counting[-run].window
