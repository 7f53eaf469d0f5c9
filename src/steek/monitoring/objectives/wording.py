"""Objectives in words: what is promised, and how it stands."""

from datetime import timedelta

from steek.kernel.units import format_duration
from steek.measures.burning import BurnLook, BurnRule
from steek.monitoring.objectives.objective import Objective
from steek.monitoring.objectives.standing import Standing


def share_text(share: float | None) -> str:
    """A share in percent, with as many digits as it takes to tell it from all.

    >>> share_text(0.99), share_text(0.9995), share_text(0.99999), share_text(None)
    ('99%', '99.95%', '99.999%', 'nothing')
    """
    if share is None:
        return "nothing"
    for digits in range(6):
        shown = f"{100 * share:.{digits}f}"
        if abs(float(shown) - 100 * share) < 0.05 * max(100 - 100 * share, 1e-4):
            break
    return f"{shown.rstrip('0').rstrip('.') if '.' in shown else shown}%"  # pyright: ignore[reportPossiblyUnboundVariable]


def promise_text(objective: Objective) -> str:
    """What is promised.

    >>> from steek.monitoring.objectives.slis import rows_accepted
    >>> promise_text(Objective("a", target=0.99, owner="o", indicator=rows_accepted("lines")))
    '99% of events good over 28 d'
    """
    good = "events good" if objective.indicator is not None else "windows well"
    if objective.each_slice:
        good = "slices of windows well"
    return f"{share_text(objective.target)} of {good} over {format_duration(objective.period)}"


def trouble_text(objective: Objective, standing: Standing) -> str:
    """One sentence for a pager and for the title of an incident."""
    if standing.sight == "blind":
        return f"{objective.name}: {standing.sight_reason}"
    kept = f"{share_text(standing.tally.share)} of {share_text(objective.target)} kept"
    return f"{objective.name}: {standing.sight_reason} ({kept})"


def budget_text(standing: Standing) -> str:
    """What is left of the budget.

    >>> budget_text.__name__
    'budget_text'
    """
    left = standing.budget.left_fraction
    if left is None:
        return "no events yet"
    if left < 0:
        return f"overspent by {-left:.0%}"
    return f"{left:.0%} left"


def rule_text(rule: BurnRule, step: timedelta, period: int) -> str:
    """A rule with what it takes and when it sees it.

    >>> rule_text(BurnRule("fast", 3, 1, 3.0), timedelta(days=1), 28)
    'fast: more than 3 times as fast as allowed over 3 d and over the last 24 h; 32% of the budget gone when it is seen'
    """
    long, short = format_duration(rule.long * step), format_duration(rule.short * step)
    gone = rule.budget_gone(period)
    lately = "" if rule.long == rule.short else f" and over the last {short}"
    needed = f"{rule.pace}: more than {rule.rate:.3g} times as fast as allowed over {long}{lately}"
    return f"{needed}; {gone:.0%} of the budget gone when it is seen"


def detection_text(rule: BurnRule, step: timedelta, target: float) -> str:
    """When total failure is seen: whole slots, because nothing is known of a slot before it closes.

    >>> detection_text(BurnRule("fast", 1, 1, 6.0), timedelta(days=1), 0.99)
    'total failure is seen when the first window of 24 h closes'
    """
    slots = rule.slots_until_seen(1 / (1 - target))
    number = "first window" if slots == 1 else f"{slots} windows"
    verb = "closes" if slots == 1 else "have closed"
    return f"total failure is seen when the {number} of {format_duration(step)} {verb}"


def look_text(one: BurnLook) -> str:
    """What a rule saw."""
    rates = [f"{rate:.3g}" if rate is not None else "unknown" for rate in (one.long_rate, one.short_rate)]
    if one.long_rate is None:
        return f"{one.seen}: {one.reason}"
    lately = "" if one.rule.long == one.rule.short else f", {rates[1]} times lately"
    return f"{one.seen}, {rates[0]} times{lately}: {one.reason}"
