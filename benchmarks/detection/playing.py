"""Days as they arrive in a store: what is there before, and everything that a day brings."""

import polars as pl
from benchmarks.detection.days import Tables
from benchmarks.detection.models import FIRST_MODEL_DAY, HISTORY_DAYS, MODELS
from benchmarks.detection.nightly import Nights
from benchmarks.detection.store import Night, Store


def begin(store: Store, tables: Tables, nights: Nights, day: int) -> None:
    """The lake as it is before a day: four weeks of lines, the answers of the day before, the models in use."""
    store.masters(tables, max(day - 1, 0))
    if day:
        store.already(tables.between(max(day - HISTORY_DAYS - 1, 0), day).lines, day)
    for before in range(max(day - 2, FIRST_MODEL_DAY + 1), day):
        for model in MODELS:
            store.train(Night(model, nights.golden_changes(model)[before]), before)
    if day > FIRST_MODEL_DAY:
        store.answer(answers_of(nights, day - 1), day - 1)


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
