"""Every night of the year once: train both models, answer the day's questions, compare on the golden set.

A scenario takes the model of each night from here, so a fault in the data reaches the features that are served, but
not the training.
"""

import json
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import polars as pl
from benchmarks.detection.days import DAYS, Tables
from benchmarks.detection.models import (
    FIRST_MODEL_DAY,
    LEARNING_DAYS,
    MODELS,
    Questions,
    answer,
    golden_change,
    questions,
    train,
)

GOLDEN_DAY = FIRST_MODEL_DAY - 1


@dataclass(frozen=True, slots=True)
class Nights:
    """What the nights left in `folder`: answers of the untouched year, boosters, changes of the golden answers."""

    folder: Path

    def answers(self, model: str) -> pl.DataFrame:
        """Questions of the whole year with slices, moment, expected, observed and the day."""
        return _answers(self.folder / f"{model}.parquet")

    def booster(self, model: str, day: int) -> str:
        """The model that answers on `day`, as text; trained on the days before it."""
        return (self.folder / model / f"{day}.txt").read_text()

    def golden_changes(self, model: str) -> dict[int, float]:
        """Change of the golden answers, by the day that the newer model serves."""
        told: dict[str, float] = json.loads((self.folder / f"{model}.json").read_text())
        return {int(day): change for day, change in told.items()}


def run_nights(tables: Tables, folder: Path, seed: int, last_day: int = DAYS) -> Nights:
    """Make what is not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    for model in MODELS:
        if not (folder / f"{model}.json").exists():
            _run(model, tables, folder, seed, last_day)
    return Nights(folder)


def _run(model: str, tables: Tables, folder: Path, seed: int, last_day: int) -> None:
    (folder / model).mkdir(exist_ok=True)
    golden, asked = questions(model, tables, tables, GOLDEN_DAY), deque[Questions](maxlen=LEARNING_DAYS)
    for day in range(FIRST_MODEL_DAY - LEARNING_DAYS, FIRST_MODEL_DAY):
        asked.append(questions(model, tables, tables, day))
    before, answers, changes = "", list[pl.DataFrame](), dict[int, float]()
    for day in range(FIRST_MODEL_DAY, last_day):
        booster = train(model, list(asked), seed + day)
        (folder / model / f"{day}.txt").write_text(booster)
        today = questions(model, tables, tables, day)
        answers.append(answer(booster, today).with_columns(day=pl.lit(day)))
        if before:
            changes[day] = golden_change(before, booster, golden)
        before = booster
        asked.append(today)
    pl.concat(answers).write_parquet(folder / f"{model}.parquet")
    (folder / f"{model}.json").write_text(json.dumps(changes))


@lru_cache(maxsize=4)
def _answers(path: Path) -> pl.DataFrame:
    return pl.read_parquet(path)
