"""A number that says how sure it is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95% interval and the number of rows it rests on.

    `value` is None when the rows cannot give one (none at all, or no denominator); `low` and `high` are None when
    there are too few rows for an interval, which is not the same as a narrow one.
    """

    value: float | None
    low: float | None
    high: float | None
    rows: int

    def holds(self, least_rows: int) -> bool:
        """Whether a decision may rest on it: a value, an interval and at least `least_rows` rows.

        >>> Estimate(0.5, 0.1, 0.9, rows=4).holds(least_rows=30)
        False
        """
        return self.value is not None and self.low is not None and self.high is not None and self.rows >= least_rows
