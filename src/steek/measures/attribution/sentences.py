"""Attributions in words."""

from steek.measures.attribution.explanation import Attribution, Explanation

# Beyond this, a part of the change is no figure to read, but a sign that the whole stood still.
_WHOLE = 1.5


def sentence(one: Explanation, unit: str) -> str:
    """One explanation: what it is, what was expected, and its part in the change.

    >>> line = Explanation(("store_id",), ("367",), "amount", 400.0, 100.0, 0.4, 0.14, -300.0, 0.75, 0.04, 30.0)
    >>> sentence(line, "rows")
    'store_id=367: 100 rows where 400 were expected (-75%), 75% of the change'
    """
    part = _part(one)
    if one.effect == "amount":
        assert one.before is not None
        assert one.after is not None
        if one.before == 0:
            return f"{one.slice}: {_amount(one.after, unit)}, and nothing before{part}"
        verb = "was" if _amount(one.before, "") == "1" else "were"
        change = percent(one.after / one.before - 1)
        return (
            f"{one.slice}: {_amount(one.after, unit)} where {_amount(one.before, '')} {verb} expected ({change}){part}"
        )
    if one.effect == "rate":
        return f"{one.slice}: its own ratio went from {_ratio(one.before, unit)} to {_ratio(one.after, unit)}{part}"
    shares = f"{_share(one.share_before)} of all to {_share(one.share_after)}"
    level = one.before if one.before is not None else one.after
    return f"{one.slice}: went from {shares}, with a ratio of {_ratio(level, unit)} (mix){part}"


def why_undecided(outcome: Attribution, *, few_rows: bool, drift: float) -> str:
    """Why nothing is explained."""
    if outcome.total_before is None or outcome.total_after is None:
        return "undecided: there is nothing to compare, one side has no rows"
    if outcome.total_after == 0 and outcome.metric == "sum":
        return "undecided: nothing came at all, in no slice"
    if few_rows:
        return "undecided: too few rows to tell slices from chance"
    if outcome.also:
        return f"undecided: {outcome.also[0].slice} stands out, but moves the whole too little to explain its change"
    if outcome.total_before and abs(outcome.total_after / outcome.total_before - 1) < 2 * drift:
        return "undecided: the whole hardly moved, and no slice stands out"
    return "undecided: no slice stands out; the change is spread evenly"


def headline(outcome: Attribution, unit: str) -> str:
    """The whole change, and its first explanation or why there is none."""
    whole = _whole(outcome, unit)
    if outcome.undecided is not None:
        return f"{whole} {outcome.undecided[0].upper()}{outcome.undecided[1:]}."
    more = len(outcome.explained) - 1
    also = f", and {more} more slice{'s' if more > 1 else ''}" if more else ""
    return f"{whole} {outcome.explained[0].sentence}{also}.{_mix_words(outcome)}"


def percent(part: float) -> str:
    """A relative change with its sign.

    >>> percent(-0.754), percent(99.0), percent(0.0004)
    ('-75%', '+9,900%', '+0.04%')
    """
    digits = 0 if abs(part) >= 0.095 else 1 if abs(part) >= 0.0095 else 2
    return f"{100 * part:+,.{digits}f}%"


def _whole(outcome: Attribution, unit: str) -> str:
    before, after = outcome.total_before, outcome.total_after
    if before is None or after is None:
        return "One side has no rows."
    change = f" ({percent(after / before - 1)})" if before else ""
    if outcome.metric == "ratio":
        return f"{_ratio(after, unit)} where {_ratio(before, unit)} was expected{change}."
    return f"{_amount(after, unit)} where {_amount(before, '')} were expected{change}."


def _mix_words(outcome: Attribution) -> str:
    """How much is rate and how much is mix, and whether the two go against each other."""
    rate, mix = outcome.rate, outcome.mix
    if rate is None or mix is None or rate + mix == 0:
        return ""
    if rate * (rate + mix) < 0:
        return f" Along {outcome.dimension} the slices themselves moved the other way: the whole follows their shares."
    if mix * (rate + mix) < 0:
        return f" Along {outcome.dimension} the change is the slices' own; their shares moved against it."
    part = f"{100 * mix / (rate + mix):.0f}%"
    return f" Along {outcome.dimension}, {part} of the change is mix, the rest the slices' own."


def _part(one: Explanation) -> str:
    if one.contribution is None:
        return ""
    if one.contribution < 0:
        return ", against the change of the whole"
    if one.contribution > _WHOLE:
        return ", more than the whole changed: others moved against it"
    return f", {100 * one.contribution:,.0f}% of the change"


def _amount(value: float, unit: str) -> str:
    shown = f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:,.3g}"
    return f"{shown} {unit}".rstrip()


def _ratio(value: float | None, unit: str) -> str:
    if value is None:
        return "nothing"
    if unit == "fraction":
        return f"{100 * value:.3g}%"
    return f"{value:,.4g} {unit}".rstrip()


def _share(part: float) -> str:
    return f"{100 * part:.3g}%"
