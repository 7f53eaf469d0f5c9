"""Error budgets: what may still go wrong, how fast it is used up, and what chance alone can do.

Sources: Google, "The Site Reliability Workbook" (2018), chapter 2 (budgets) and chapter 5 (alerting on SLOs: burn
rates, multiple windows, low traffic); Hidalgo, "Implementing Service Level Objectives" (2020), chapter 5.
"""

import math
from dataclasses import dataclass

# A verdict that chance gives less often than this, were the target just met, is not chance.
CHANCE_FRACTION = 0.01
_MOST_REPEATS = 10_000


@dataclass(frozen=True, slots=True)
class Tally:
    """Good events of all events of a stretch of time; tallies of stretches that do not overlap add up.

    Raises:
        ValueError: a negative number, or more good events than events.

    >>> Tally(97, 100) + Tally(3, 4)
    Tally(good=100, total=104)
    """

    good: int
    total: int

    def __post_init__(self) -> None:
        if not 0 <= self.good <= self.total:
            message = f"{self.good} good of {self.total} events cannot be"
            raise ValueError(message)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.good + other.good, self.total + other.total)

    @property
    def bad(self) -> int:
        return self.total - self.good

    @property
    def share(self) -> float | None:
        """Good events over all; None without any."""
        return self.good / self.total if self.total else None


NOTHING = Tally(0, 0)


@dataclass(frozen=True, slots=True)
class Budget:
    """What a target leaves room for, in events.

    `allowed` may be a fraction of an event; `left_fraction` is 1 with nothing spent, 0 with all of it, negative beyond.
    """

    allowed: float
    spent: int

    @property
    def left(self) -> float:
        return self.allowed - self.spent

    @property
    def left_fraction(self) -> float | None:
        """None when nothing is allowed and nothing was spent, because there were no events."""
        return self.left / self.allowed if self.allowed else None


def budget(spent: int, events: float, target: float) -> Budget:
    """The budget of a period with `events` events, of which `spent` were bad.

    >>> round(budget(3, 1000, 0.99).left_fraction, 6)
    0.7
    """
    return Budget(events * (1 - target), spent)


def burn_rate(tally: Tally, target: float) -> float | None:
    """How many times faster than the target allows the budget is spent; None without events.

    1 spends exactly the budget over the whole period; all events bad gives 1 / (1 - target).

    >>> round(burn_rate(Tally(90, 100), 0.99), 6)
    10.0
    """
    return tally.bad / tally.total / (1 - target) if tally.total else None


def chance_of_bad(bad: int, total: int, fraction: float) -> float:
    """Probability of at least `bad` bad events of `total` when each is bad with probability `fraction`.

    The exact upper tail of the binomial law, summed from its largest term; 1 for `bad` of 0, and at or below the mean,
    where it no longer decides anything, the bound 1.

    >>> round(chance_of_bad(2, 10, 0.01), 4), chance_of_bad(0, 5, 0.1)
    (0.0043, 1.0)
    """
    if bad <= 0 or bad <= total * fraction:
        return 1.0
    if fraction <= 0:
        return 0.0
    logs = math.lgamma(total + 1) - math.lgamma(bad + 1) - math.lgamma(total - bad + 1)
    term = math.exp(logs + bad * math.log(fraction) + (total - bad) * math.log1p(-fraction))
    odds, tail = fraction / (1 - fraction), 0.0
    for number in range(bad, total + 1):
        tail += term
        term *= (total - number) / (number + 1) * odds
        if term <= tail * 1e-15:
            break
    return min(tail, 1.0)


def is_beyond_chance(tally: Tally, target: float) -> bool:
    """Whether so many bad events are no accident of a service that just meets its target.

    >>> is_beyond_chance(Tally(9, 10), 0.99), is_beyond_chance(Tally(8, 10), 0.99)
    (False, True)
    """
    return chance_of_bad(tally.bad, tally.total, 1 - target) <= CHANCE_FRACTION


def least_events(target: float) -> int:
    """Events from which a single bad one no longer overspends the budget: below it, one accident would decide.

    Source: the workbook's "low-traffic services", chapter 5: with ten requests an hour, one failure is a burn of 100.

    >>> least_events(0.99), least_events(0.9)
    (100, 10)
    """
    return math.ceil(round(1 / (1 - target), 6))


def events_that_decide(tally: Tally, target: float) -> int | None:
    """How many events with the same share of bad ones would be beyond chance; None when no number of them would.

    >>> events_that_decide(Tally(9, 10), 0.99)
    30
    """
    if not tally.total or tally.bad / tally.total <= 1 - target:
        return None
    for repeats in range(1, _MOST_REPEATS):
        if is_beyond_chance(Tally(tally.good * repeats, tally.total * repeats), target):
            return tally.total * repeats
    return None
