"""Impact as intervals with evidence, one word on each dimension."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Dimension(StrEnum):
    """Whom or what an incident harmed."""

    USERS = "users"
    SLICES = "slices"
    PARTNERS = "partners"
    PREDICTIONS = "predictions"
    MONEY = "money"
    GROUPS = "groups"


# What is counted where nobody says otherwise; money has no unit of its own.
UNITS: Mapping[Dimension, str] = {
    Dimension.USERS: "users",
    Dimension.SLICES: "slices",
    Dimension.PARTNERS: "partners",
    Dimension.PREDICTIONS: "predictions",
    Dimension.GROUPS: "groups",
}


@dataclass(frozen=True, slots=True)
class Impact:
    """The latest word on one dimension: between `low` and `high` of `unit`; a bound that is not known is None.

    `names` are those harmed, as far as they are known: slices, partners, groups of people. `text` says it in words.
    `evidence` says how it is known. `machine` marks what was counted by rule and not said by a person.
    """

    dimension: Dimension
    low: float | None
    high: float | None
    unit: str
    names: tuple[str, ...]
    text: str
    evidence: str
    machine: bool
    assessed_by: str
    assessed_at: datetime | None

    @property
    def known(self) -> bool:
        """Whether something is known: "at least none" without a name or a word is nothing."""
        return self.assessed_at is not None and (
            self.high is not None or bool(self.low) or bool(self.names) or bool(self.text)
        )

    @property
    def words(self) -> str:
        """The interval as people say it; "not known" where nothing is."""
        return interval_words(self.low, self.high, self.unit) if self.known else "not known"

    @classmethod
    def unknown(cls, dimension: Dimension) -> "Impact":
        """Nobody has said anything, and nothing could be counted."""
        return cls(dimension, None, None, UNITS.get(dimension, ""), (), "", "", False, "", None)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What could be counted for one dimension; fields as of `Impact`."""

    dimension: Dimension
    low: float | None
    high: float | None
    unit: str
    evidence: str
    names: tuple[str, ...] = ()
    text: str = ""


def interval_words(low: float | None, high: float | None, unit: str) -> str:
    """An interval as people say it.

    >>> interval_words(100, 250, "users")
    '100 to 250 users'
    >>> interval_words(None, 0, "groups")
    'at most 0 groups'
    >>> interval_words(1, None, "slices")
    'at least 1 slice'
    >>> interval_words(0, 40000.5, "EUR")
    '0 to 40,000.5 EUR'
    >>> interval_words(0, None, "predictions")
    'not known'
    >>> interval_words(None, None, "")
    'not counted'
    """
    if low is None and high is None:
        return "not counted"
    if high is None:
        assert low is not None, "one bound is given"
        return f"at least {_amount(low, unit)}" if low else "not known"
    if low is None:
        return f"at most {_amount(high, unit)}"
    return _amount(high, unit) if low == high else f"{_number(low)} to {_amount(high, unit)}"


def _amount(value: float, unit: str) -> str:
    one = unit.removesuffix("s") if value == 1 and unit in UNITS.values() else unit
    return f"{_number(value)} {one}".strip()


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:,.2f}".rstrip("0").rstrip(".")
