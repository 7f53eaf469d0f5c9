"""Rows that are left out at the door, by declaration."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from steek.kernel.code_identity import describe_code
from steek.kernel.errors import DeclarationError
from steek.kernel.records import content_hash
from steek.measures import Implied


@dataclass(frozen=True, slots=True, eq=False)
class Filter:
    """Leaves out good rows that nobody wants, e.g. of a test store.

    Args:
        name: What it leaves out, for people and reports.
        rows: From rows with the types of their contract to a mask, true where a row is left out; null is false.
        drops_at_most: Largest share of a batch that it may take.
        refuse: A batch that loses more is refused; by default it is a warning.
    """

    name: str
    rows: Callable[[pl.DataFrame], pl.Series]
    drops_at_most: float
    refuse: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.drops_at_most <= 1:
            message = f"filter {self.name!r} drops at most {self.drops_at_most:g}; allowed: a share from 0 to 1"
            raise DeclarationError(message)

    def leaves_out(self, rows: pl.DataFrame) -> pl.Series:
        """The mask."""
        return self.rows(rows)

    @property
    def implied(self) -> Implied:
        """What it implies for the rows of a batch."""
        return Implied(low_fraction=1 - self.drops_at_most, refuse=self.refuse)

    @property
    def hash(self) -> str:
        """Version by name, limits and source, 16 hexadecimal digits."""
        return content_hash([self.name, self.drops_at_most, self.refuse, describe_code(self.rows)])[:16]
