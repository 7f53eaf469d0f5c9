"""What arrives once a fault is planted: lines, answers on features of these lines, and outcomes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl
from benchmarks.detection.days import LINE, Tables
from benchmarks.detection.judging import Series
from benchmarks.detection.models import HISTORY_DAYS, MODELS, answer, came_of, questions
from benchmarks.detection.nightly import Nights
from benchmarks.detection.planted import Planted

from steek.monitoring import Monitor


@dataclass(frozen=True, slots=True)
class Base:
    """The untouched year: what arrived, what the models answered, and what the monitors measured of it."""

    tables: Tables
    nights: Nights
    series: Mapping[str, Series]

    @property
    def monitors(self) -> Sequence[Monitor]:
        return [one.monitor for one in self.series.values()]


@dataclass(frozen=True, slots=True)
class Spoiled:
    """The days from the fault on.

    `tables` are what the store has: from four weeks before, spoiled from the fault's day on.
    """

    base: Base
    planted: Planted
    tables: Tables

    @classmethod
    def of(cls, base: Base, planted: Planted) -> "Spoiled":
        first, end = planted.day - HISTORY_DAYS - 1, planted.day + planted.windows
        before, after = base.tables.between(first, planted.day), base.tables.between(planted.day, end)
        spoiled = planted.lines(after.lines).select(before.lines.columns)
        masters = planted.masters(base.tables)
        return cls(base, planted, replace(masters, lines=pl.concat([before.lines, spoiled])))

    def batch(self, day: int) -> pl.DataFrame:
        """What the tills send for a day, whatever times they print on it."""
        numbers = self.base.tables.between(day, day + 1).lines[LINE]
        return self.tables.lines.filter(pl.col(LINE).is_between(numbers.min(), numbers.max()))

    def answers(self, model: str, day: int) -> pl.DataFrame:
        """Answers to the true questions of a day, on features of the data as the store has them."""
        planted, nights = self.planted, self.base.nights
        if not planted.touches_lines or day <= planted.day:
            found = nights.answers(model).filter(day=day)
        else:
            asked = questions(model, self.tables, self.base.tables, day)
            found = answer(nights.booster(model, day), asked)
        return planted.answers(model, day, found) if day >= planted.day else found

    def outcomes(self, model: str, day: int) -> pl.DataFrame:
        """The answers of a day with what came of them, as the store's data tell it."""
        found = self.answers(model, day)
        if not self.planted.touches_lines or day < self.planted.day:
            return found
        return came_of(model, found, self.tables.between(day, day + 1))

    def known(self, model: str, day: int) -> pl.DataFrame:
        """Outcomes of the day before that are known by the end of this day."""
        found = self.outcomes(model, day - 1)
        share = self.planted.known(model, day)
        return found if share >= 1 else found.sample(fraction=share, seed=day)

    def days(self, windows: int) -> Mapping[str, pl.DataFrame]:
        """Lines under "transactions", and outcomes of each model, of the first windows; all of them that are known."""
        days = range(self.planted.day, self.planted.day + windows)
        found = {"transactions": pl.concat([self.batch(day) for day in days])}
        for model in MODELS:
            found[model] = pl.concat([self.outcomes(model, day) for day in days], how="diagonal")
        return found
