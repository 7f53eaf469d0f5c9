"""A planted fault, or a change that is none: where it lies, and what it does to what arrives."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from benchmarks.detection.days import AT, DAY, Tables, ranked, start_of
from benchmarks.detection.nightly import Nights

LINES = "dataset:transactions"


def as_they_are(frame: pl.DataFrame) -> pl.DataFrame:
    return frame


def same_tables(tables: Tables) -> Tables:
    return tables


def same_answers(model: str, day: int, frame: pl.DataFrame) -> pl.DataFrame:  # noqa: ARG001 - a default
    return frame


def all_known(model: str, day: int) -> float:  # noqa: ARG001 - a default
    return 1.0


def nightly_change(model: str, day: int, change: float) -> float | None:  # noqa: ARG001 - a default
    return change


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """What is planted from business day `day` on.

    Args:
        day: The first window that is touched.
        subject: URN of what is broken, which is what moved first.
        slices: Slices that a person would call right, "column=value"; empty for the whole.
        share: Largest share of one slice that is touched.
        windows: For how many windows the store is watched.
        lines: Spoils the lines sold on the days that are watched.
        masters: Spoils products and partners from that day on.
        answers: Spoils what a model answers on a day.
        known: Share of a day's outcomes that are known in time.
        trained: Golden change of a night's training; None when nothing is trained.
        told: Whether an external change is announced for the week.
    """

    day: int
    subject: str
    slices: tuple[str, ...] = ()
    share: float = 1.0
    windows: int = 7
    lines: Callable[[pl.DataFrame], pl.DataFrame] = as_they_are
    masters: Callable[[Tables], Tables] = same_tables
    answers: Callable[[str, int, pl.DataFrame], pl.DataFrame] = same_answers
    known: Callable[[str, int], float] = all_known
    trained: Callable[[str, int, float], float | None] = nightly_change
    told: bool = False

    @property
    def touches_lines(self) -> bool:
        return self.lines is not as_they_are or self.masters is not same_tables

    @property
    def touches_training(self) -> bool:
        return self.trained is not nightly_change


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a fault may be planted: the real year, its models' nights, a day, and chance with a seed."""

    tables: Tables
    nights: Nights
    day: int
    chance: np.random.Generator = field(repr=False)

    def pick(self, column: str, first: int, last: int) -> str:
        """A value of a column that had between the `first` and the `last` most lines in the four weeks before."""
        recent = self.tables.between(self.day - 28, self.day)
        names = list(ranked(recent, column))
        return names[int(self.chance.integers(first, min(last, len(names) - 1) + 1))]

    def pick_partner(self, first: int, last: int) -> str:
        """A partner by the rank of its lines in the four weeks before."""
        recent = self.tables.between(self.day - 28, self.day)
        made = recent.lines.join(self.tables.products, on="product_id").join(self.tables.partners, on="manufacturer_id")
        names = list(ranked(Tables(made, self.tables.products, self.tables.partners), "partner_id"))
        return names[int(self.chance.integers(first, last + 1))]

    def some(self, frame: pl.DataFrame, share: float) -> pl.Series:
        """A mask that is true for a random share of the rows."""
        return pl.Series(self.chance.random(frame.height) < share)

    def ramp(self, frame: pl.DataFrame, most: float, over_days: int) -> pl.Series:
        """A mask whose share rises evenly from 0 to `most` over so many days from the fault's day on."""
        age = (frame[AT] - start_of(self.day)).dt.total_seconds().to_numpy() / DAY.total_seconds()
        return pl.Series(self.chance.random(frame.height) < most * np.clip(age / over_days, 0.0, 1.0))
