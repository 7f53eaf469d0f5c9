"""One measured window, as charts take it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Point:
    """One window of a series. `value` None is a gap: nothing was measured. `rows` is what it was measured on."""

    at: datetime
    value: float | None
    rows: int | None = None
