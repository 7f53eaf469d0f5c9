"""What a transformation does to rows and bytes, against what it implies: a 30% sample yields 30%."""

import math
from dataclasses import dataclass

_SIGMAS = 4.0


@dataclass(frozen=True, slots=True)
class Implied:
    """What a step says about the rows and bytes that leave it.

    Args:
        low_fraction: Least share of the rows that must come out.
        high_fraction: Largest share of the rows that may come out.
        high_bytes_fraction: Largest share of the bytes that may come out; None where nothing is implied.
        refuse: A difference is an error; else it is a warning.
    """

    low_fraction: float = 1.0
    high_fraction: float = 1.0
    high_bytes_fraction: float | None = None
    refuse: bool = True


@dataclass(frozen=True, slots=True)
class Volume:
    """Rows, and their size where somebody measured it."""

    rows: int
    size_bytes: int | None = None

    def plus(self, other: "Volume") -> "Volume":
        """Both together; the size is unknown where one of them is.

        >>> Volume(1, 10).plus(Volume(2, 5))
        Volume(rows=3, size_bytes=15)
        """
        known = self.size_bytes is not None and other.size_bytes is not None
        size_bytes = (self.size_bytes or 0) + (other.size_bytes or 0) if known else None
        return Volume(self.rows + other.rows, size_bytes)


def unexpected(implied: Implied, before: Volume, after: Volume) -> str | None:
    """The difference in numbers, as one sentence; None where what came out is what was implied.

    >>> unexpected(Implied(), Volume(10), Volume(9))
    '9 of 10 rows came out (90%); implied: all of them'
    >>> unexpected(Implied(low_fraction=0.8), Volume(10), Volume(9)) is None
    True
    """
    # One row of slack on either side where a share is not a whole number of rows.
    least, most = math.floor(implied.low_fraction * before.rows), math.ceil(implied.high_fraction * before.rows)
    if not least <= after.rows <= most:
        share = f" ({_percent(after.rows / before.rows)})" if before.rows else ""
        return f"{after.rows} of {before.rows} rows came out{share}; implied: {_told(implied)}"
    limit = implied.high_bytes_fraction
    if limit is None or before.size_bytes is None or after.size_bytes is None:
        return None
    if after.size_bytes > limit * before.size_bytes:
        return f"{before.size_bytes} bytes became {after.size_bytes}; implied: at most {limit:g} times as many"
    return None


def unexpected_draw(expected_rows: float, variance: float, rows: int) -> str | None:
    """Whether a sample has the rows that its rates imply, within 4 standard deviations of the draw; else a sentence.

    Args:
        expected_rows: Sum of the rates of all rows.
        variance: Of the number of rows drawn. Where every row is drawn for itself it is the binomial one, the sum of
            rate times (1 - rate); where rows are drawn together, rows of a unit squared times the same.
        rows: Rows that came out.

    >>> unexpected_draw(300.0, 210.0, 310) is None
    True
    >>> unexpected_draw(300.0, 210.0, 400)
    '400 rows came out; the rates imply 300, give or take 58'
    """
    # Half a row for the step from whole rows to a continuous bound.
    reach = _SIGMAS * math.sqrt(max(variance, 0.0)) + 0.5
    if abs(rows - expected_rows) <= reach:
        return None
    return f"{rows} rows came out; the rates imply {expected_rows:.0f}, give or take {reach:.0f}"


def _told(implied: Implied) -> str:
    low, high = implied.low_fraction, implied.high_fraction
    if low == high:
        return "all of them" if low == 1 else _percent(low)
    return f"{_percent(low)} to {_percent(high)}"


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.4g}%"
