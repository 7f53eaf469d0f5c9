"""How sure it is that an incident is over: how usual are such windows when all is well, and while it was not."""

from collections.abc import Sequence
from dataclasses import dataclass

# Before the windows speak, both are as likely: well, or bad and well by chance.
_PRIOR = 0.5
_HIGH, _MODERATE = 0.95, 0.8


@dataclass(frozen=True, slots=True)
class Record:
    """Windows of one indicator: `well_within` of `well_windows` before the onset were within bounds, `bad_within` of
    `bad_windows` from the onset until it was back, and the last `in_a_row` are.
    """

    name: str
    well_within: int
    well_windows: int
    bad_within: int
    bad_windows: int
    in_a_row: int


@dataclass(frozen=True, slots=True)
class Confidence:
    """Probability from 0 to 1 that it is over; None when nothing is known. `sentence` says from which windows."""

    probability: float | None
    level: str
    sentence: str


def confidence_of(record: Record) -> Confidence:
    """Bayes' rule on one indicator: a run of windows within bounds, when all is well, against luck while it is not.

    Shares are estimated with half a window added to either side (Jeffreys), so that nothing is ever certain.

    >>> confidence_of(Record("joins", 28, 28, 0, 4, 3)).level
    'high'
    >>> confidence_of(Record("joins", 28, 28, 0, 4, 0)).probability
    0.0
    """
    if record.in_a_row == 0:
        return Confidence(0.0, "none", f"{record.name}: its last window is not within bounds")
    well = _share(record.well_within, record.well_windows)
    bad = _share(record.bad_within, record.bad_windows)
    by_well, by_luck = _PRIOR * well**record.in_a_row, (1 - _PRIOR) * bad**record.in_a_row
    probability = round(by_well / (by_well + by_luck), 4)
    before = (
        "nothing is known of it before"
        if record.well_windows == 0
        else f"before the incident {record.well_within} of {record.well_windows} were"
    )
    sentence = (
        f"{record.name}: the last {_windows(record.in_a_row)} within bounds; during the incident "
        f"{record.bad_within} of {record.bad_windows} were, {before}"
    )
    return Confidence(probability, _level(probability), sentence)


def confidence_of_all(records: Sequence[Record]) -> Confidence:
    """As sure as the least sure of them, because all must be back.

    >>> confidence_of_all([]).probability is None
    True
    """
    if not records:
        return Confidence(None, "none", "no indicator that is measured here showed this incident")
    weakest = min((confidence_of(record) for record in records), key=lambda one: one.probability or 0.0)
    if len(records) == 1:
        return weakest
    return Confidence(
        weakest.probability, weakest.level, f"of {len(records)} indicators the least sure: {weakest.sentence}"
    )


def _share(within: int, windows: int) -> float:
    return (within + 0.5) / (windows + 1)


def _level(probability: float) -> str:
    return "high" if probability >= _HIGH else "moderate" if probability >= _MODERATE else "low"


def _windows(count: int) -> str:
    return "window is" if count == 1 else f"{count} windows are"
