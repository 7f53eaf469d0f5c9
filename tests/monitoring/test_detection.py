"""The default monitors on a few weeks of real lines: calm on an ordinary day, alarmed by planted faults at once."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from benchmarks.detection.days import AT, Tables, real_year
from benchmarks.detection.judging import Fired, Series, Walk
from benchmarks.detection.measured import measure_day
from benchmarks.detection.store import TRANSACTIONS, Store

from steek.monitoring.defaults import dataset_monitors

FIRST, DAY = 160, 178
STORE = "store_id=367"
WATCHED = (
    "transactions: rows by department",
    "transactions: rows that came twice",
    "transactions: numbers that are none",
    "transactions: new values of department",
    "transactions: size of sales_value by store_id",
    "transactions: rows at odd hours",
)
MONITORS = [one for one in dataset_monitors(TRANSACTIONS) if one.name in WATCHED]
Fault = Callable[[pl.DataFrame], pl.DataFrame]

HERE = pl.col("store_id") == 367
FAULTS: dict[str, tuple[Fault, str | None]] = {
    "rows by department": (lambda rows: rows.filter(pl.col("department") != "PRODUCE"), "department=PRODUCE"),
    "rows that came twice": (lambda rows: pl.concat([rows, rows.head(60)]), None),
    "numbers that are none": (
        lambda rows: rows.with_columns(
            pl.when(pl.int_range(pl.len()) == 7).then(float("nan")).otherwise("sales_value").alias("sales_value")
        ),
        None,
    ),
    "new values of department": (
        lambda rows: rows.with_columns(pl.col("department").replace("PRODUCE", "Produce")),
        None,
    ),
    "size of sales_value by store_id": (
        lambda rows: rows.with_columns(
            pl.when(HERE).then(pl.col("sales_value") * 100).otherwise("sales_value").alias("sales_value")
        ),
        STORE,
    ),
    "rows at odd hours": (lambda rows: rows.with_columns(pl.col(AT) + timedelta(hours=8)), None),
}


@pytest.fixture(scope="module")
def lines() -> Tables:
    """Seven weeks of the forty largest stores."""
    year = real_year().between(FIRST - 28, DAY + 2)
    largest = year.lines.group_by("store_id").len().top_k(40, by="len")["store_id"]
    return Tables(year.lines.filter(pl.col("store_id").is_in(largest.implode())), year.products, year.partners)


@pytest.fixture(scope="module")
def calm(lines: Tables, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Series]:
    """What the monitors measured on eighteen ordinary days, and on the day after."""
    store = Store(tmp_path_factory.mktemp("calm"), MONITORS)
    store.already(lines.between(FIRST - 28, DAY + 1).lines, DAY + 1)
    days = {day: measure_day(store, MONITORS, day) for day in range(FIRST, DAY + 1)}
    store.remove()
    return {one.name: Series(one, {day: found[one.name] for day, found in days.items()}) for one in MONITORS}


def fired(series: Series) -> list[Fired]:
    return Walk(series, range(DAY, DAY + 1)).step(DAY)


@pytest.mark.covers("O3", "O6")
def test_an_ordinary_day_is_calm(calm: dict[str, Series]) -> None:
    assert sorted(calm) == sorted(WATCHED)
    assert [one for series in calm.values() for one in fired(series)] == []


@pytest.mark.covers("O3", "O6", "O8")
@pytest.mark.parametrize("rule", FAULTS)
def test_a_planted_fault_is_told_in_its_first_window_with_its_slice(
    rule: str, lines: Tables, calm: dict[str, Series], tmp_path: Path
) -> None:
    spoil, slice_ = FAULTS[rule]
    name = f"transactions: {rule}"
    (monitor,) = [one for one in MONITORS if one.name == name]
    store = Store(tmp_path, [monitor])
    before, today = lines.between(DAY - 28, DAY).lines, lines.between(DAY, DAY + 1).lines
    store.already(pl.concat([before, spoil(today)]), DAY + 1)
    measured = measure_day(store, [monitor], DAY)[name]
    store.remove()
    alerts = fired(calm[name].with_days({DAY: measured}))
    assert [one.slice for one in alerts] == [slice_]
