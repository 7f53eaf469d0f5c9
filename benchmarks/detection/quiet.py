"""The year as it is, evaluated day by day: every alert of it is one that somebody has to explain."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import polars as pl
from benchmarks.detection.days import DAYS, Tables, day_of, window_of
from benchmarks.detection.models import FIRST_MODEL_DAY, MODELS
from benchmarks.detection.nightly import Nights
from benchmarks.detection.store import Night, Store

from steek.monitoring import Alert, Monitor


@dataclass(frozen=True, slots=True)
class Fired:
    """An alert, as far as it is counted: when, by which rule, about what, for which slice."""

    day: int
    monitor: str
    subject: str
    slice: str | None
    value: float | None
    lower: float | None
    upper: float | None
    onset_day: int
    reason: str

    @property
    def date(self) -> date:
        return window_of(self.day).start_at.date()

    @classmethod
    def of(cls, alert: Alert, day: int) -> "Fired":
        onset = day_of(alert.onset.start_at)
        reason = str(alert.evidence.get("reason", ""))
        return cls(day, alert.monitor, alert.subject, alert.slice, alert.value, alert.lower, alert.upper, onset, reason)


def run_year(tables: Tables, nights: Nights, monitors: Sequence[Monitor], folder: Path, days: range) -> list[Fired]:
    """Evaluate the untouched days once; later calls read what the first found.

    The store is left in `folder / "store"`: scenarios begin with its points.
    """
    found = folder / "fired.json"
    if found.exists():
        return [Fired(**one) for one in json.loads(found.read_text())]
    shutil.rmtree(folder, ignore_errors=True)
    store = Store(folder / "store", monitors)
    store.masters(tables, days.start)
    fired: list[Fired] = []
    for day in days:
        play(store, tables, nights, day)
        fired += [Fired.of(alert, day) for alert in store.evaluate(day)]
        if day % 28 == 0:
            print(f"  quiet day {day} of {DAYS}: {len(fired)} alerts so far", flush=True)
    store.close()
    found.write_text(json.dumps([asdict(one) for one in fired]))
    return fired


def play(store: Store, tables: Tables, nights: Nights, day: int) -> None:
    """Everything that arrives on an untouched day."""
    if day >= FIRST_MODEL_DAY:
        for model in MODELS:
            store.train(Night(model, nights.golden_changes(model).get(day)), day)
        store.answer(answers_of(nights, day), day)
    if day > FIRST_MODEL_DAY:
        store.learn(answers_of(nights, day - 1), day)
    store.sell(tables.between(day, day + 1).lines, day)


def answers_of(nights: Nights, day: int) -> dict[str, pl.DataFrame]:
    """Answers of both models on a day."""
    return {model: nights.answers(model).filter(day=day) for model in MODELS}
