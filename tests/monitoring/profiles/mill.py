"""A mill whose measurements are profiled, on the embedded defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from steek.data import Lake
from steek.engines.local import LocalEngine
from steek.kernel import ReplayClock, Window
from steek.kernel.errors import NotFoundError
from steek.ledger import Database, Ledger
from steek.monitoring.profiles.profiles import Profiles
from steek.monitoring.profiles.spec import ProfileSpec

FIRST = datetime(2017, 9, 4, tzinfo=UTC)
DAY = timedelta(days=1)
FLOUR = ProfileSpec("flour", "flour", "at", by=("stone",), bare=frozenset({"miller"}))
RECIPES = ProfileSpec("recipes", "recipes", whole=True)


@dataclass
class MillSubjects:
    specs: dict[str, ProfileSpec] = field(default_factory=lambda: {"flour": FLOUR, "recipes": RECIPES})

    def names(self) -> list[str]:
        return list(self.specs)

    def spec(self, what: str) -> ProfileSpec:
        if what not in self.specs:
            raise NotFoundError.among("profile", what, self.specs)
        return self.specs[what]

    def rows(self, what: str, table: pl.LazyFrame) -> pl.LazyFrame:  # noqa: ARG002 - the seam's
        return table


@dataclass
class Mill:
    lake: Lake
    database: Database
    ledger: Ledger
    clock: ReplayClock
    subjects: MillSubjects

    @classmethod
    def open(cls, path: Path, database: Database, ledger: Ledger, clock: ReplayClock) -> "Mill":
        clock.set(FIRST)
        return cls(Lake(path / "lake", {}, database, ledger, clock), database, ledger, clock, MillSubjects())

    def profiles(self) -> Profiles:
        return Profiles(self.lake, self.database, self.ledger, self.clock, LocalEngine(1), self.subjects)

    def grind(self, number: int, rows: int = 2000, *, seed: int = 0, shift: float = 0.0, key: str | None = None) -> int:
        """Append so many measurements of a day."""
        frame = measurements(number, rows, seed=seed or number + 1, shift=shift)
        self.clock.set(day(number).end_at)
        return self.lake.append("flour", frame, key=key or f"day {number} {seed}")


def day(number: int) -> Window:
    return Window(FIRST + number * DAY, FIRST + (number + 1) * DAY)


def measurements(number: int, rows: int, *, seed: int, shift: float = 0.0) -> pl.DataFrame:
    chance = np.random.default_rng(seed)
    grain = pl.Series(chance.choice(["rye", "wheat", "spelt"], rows, p=[0.5, 0.3, 0.2]))
    weight = chance.normal(50 + shift, 5, rows)
    weight[:3] = [np.nan, np.inf, 50.0]
    return pl.DataFrame(
        {
            "at": [
                FIRST + number * DAY + timedelta(seconds=int(one)) for one in np.sort(chance.integers(0, 86_400, rows))
            ],
            "stone": chance.integers(1, 4, rows),
            "weight": weight,
            "bags": pl.Series(chance.poisson(3, rows)).set(pl.Series(chance.random(rows) < 0.02), None),
            "grain": grain,
            "miller": [f"miller {one}" for one in chance.integers(0, 900, rows)],
        },
        schema_overrides={"at": pl.Datetime("us", "UTC")},
    )


def truth(frame: pl.DataFrame) -> Mapping[str, float]:
    """What is known of weights without any profile."""
    finite = frame["weight"].filter(frame["weight"].is_finite())
    return {"rows": frame.height, "mean": float(finite.mean()), "std": float(finite.std())}  # type: ignore[arg-type]
