"""Impact as somebody types it in one line while they declare: `users=100..250: tickets of support`."""

from steek.incidents.impact.assessing import checked_estimate
from steek.incidents.impact.types import Estimate
from steek.kernel.errors import InputError

_EVIDENCE = "said when it was declared"


def parse_impact(line: str) -> Estimate:
    """One dimension with its interval, perhaps its unit, and how it is known.

    Raises:
        InputError: not of that form, or `checked_estimate` refuses it.

    >>> said = parse_impact("money=0..40,000 EUR: a guess of finance")
    >>> said.dimension.value, said.low, said.high, said.unit, said.evidence
    ('money', 0.0, 40000.0, 'EUR', 'a guess of finance')
    >>> said = parse_impact("users=100..")
    >>> said.low, said.high
    (100.0, None)
    """
    name, is_said, rest = line.partition("=")
    amounts, _, evidence = rest.partition(":")
    interval, _, unit = amounts.strip().partition(" ")
    low, is_between, high = interval.partition("..")
    try:
        least = _number(low)
        most = _number(high) if is_between else least
    except ValueError:
        least = most = None
    if not is_said or (least is None and most is None):
        message = f"{line[:100]!r} is no impact"
        step = 'Write it as users=100..250, users=100.. for at least, or "money=0..40000 EUR: how it is known".'
        raise InputError(message, next_step=step)
    return checked_estimate(
        name.strip(),
        low=least,
        high=most,
        unit=unit.strip() or None,
        names=(),
        text="",
        evidence=evidence.strip() or _EVIDENCE,
    )


def _number(text: str) -> float | None:
    digits = text.replace(",", "").replace("_", "").strip()
    return float(digits) if digits else None
