"""Default rules over the real year by back-test: what they say of quiet months, and of a slow decay planted in them."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from tests.real_year import real_year

from steek.kernel import Window
from steek.monitoring import learned
from steek.monitoring.kinds import Kind
from steek.monitoring.thresholds.back_test import BackTest, Play, back_test
from steek.monitoring.thresholds.declared import DAY, LearnedThreshold
from steek.monitoring.thresholds.learning import Lesson
from steek.monitoring.thresholds.series_frame import SeriesFrame

START, DAYS = datetime(2017, 1, 2, 6, tzinfo=UTC), 361
CHRISTMAS = {"Christmas": [date(2017, 12, 25)]}


@pytest.fixture(scope="module")
def store_days() -> pl.DataFrame:
    """Lines and mean value of a line, per store and business day."""
    moment = pl.col("transaction_timestamp").dt.replace_time_zone("UTC")
    lines = pl.scan_parquet(real_year() / "transactions.parquet").with_columns(day=(moment - START).dt.total_days())
    within = lines.filter(pl.col("day").is_between(0, DAYS - 1), moment >= START)
    return within.group_by("store_id", "day").agg(rows=pl.len(), value=pl.col("sales_value").mean()).collect()


def frame_of(found: pl.DataFrame, column: str, stores: int) -> SeriesFrame:
    """The largest stores as series."""
    largest = found.group_by("store_id").agg(pl.col("rows").sum()).sort("rows", "store_id", descending=True)
    places = {store: place for place, store in enumerate(largest["store_id"].head(stores))}
    values, rows = (np.full((len(places), DAYS), np.nan) for _ in range(2))
    for store, day, counted, value in found.select("store_id", "day", "rows", column).iter_rows():
        if store in places:
            values[places[store], day], rows[places[store], day] = value, counted
    starts = tuple(START + number * timedelta(days=1) for number in range(DAYS))
    return SeriesFrame(tuple(f"store_id={store}" for store in places), starts, values, rows)


def played(frame: SeriesFrame, kind: Kind, threshold: LearnedThreshold, days: int) -> BackTest:
    last = Window(frame.starts[-1], frame.starts[-1] + DAY)
    lesson = Lesson("of the year", kind, threshold, last, 10.0, [], [])
    return back_test(frame, Play(lesson, threshold, kind is Kind.COUNT), days=days)


def total(found: pl.DataFrame) -> SeriesFrame:
    lines = np.zeros((1, DAYS))
    for day, rows in found.group_by("day").agg(pl.col("rows").sum()).iter_rows():
        lines[0, day] = rows
    starts = tuple(START + number * timedelta(days=1) for number in range(DAYS))
    return SeriesFrame((None,), starts, lines, lines)


@pytest.mark.covers("O6")
def test_the_year_in_all_with_its_holidays_is_calm(store_days: pl.DataFrame) -> None:
    for season in (None, "week"):
        found = played(total(store_days), Kind.COUNT, learned(season=season, holidays=CHRISTMAS), 330)
        assert (found.fired, found.windows) == ((), 329)
    undeclared = played(total(store_days), Kind.COUNT, learned(), 330)
    assert [(one.day, one.value) for one in undeclared.fired] == [(date(2017, 12, 25), 0.0)]


@pytest.mark.covers("O6")
def test_means_of_hundreds_of_stores_share_one_allowance(store_days: pl.DataFrame) -> None:
    """Without it, a width of 6 is eight false alarms a month on these series."""
    found = played(frame_of(store_days, "value", 457), Kind.AMOUNT, learned(min_volume=10), 112)
    assert len(found.fired) <= 2
    assert found.windows == 111


@pytest.mark.covers("O6")
@pytest.mark.parametrize("first", [120, 200, 280])
def test_a_slow_decay_of_thirty_percent_is_noticed_before_its_six_weeks_are_over(
    store_days: pl.DataFrame, first: int
) -> None:
    frame = total(store_days)
    decay = np.ones(DAYS)
    decay[first : first + 42] = 1 - 0.3 * np.arange(1, 43) / 42
    decay[first + 42 :] = 0.7
    slow = SeriesFrame(frame.slices, frame.starts, frame.values * decay, frame.rows)
    found = played(slow.between(0, first + 49), Kind.COUNT, learned(8), 49)
    assert 1 <= len(found.fired) <= 2
    assert all(alert.reason.startswith("slow drift") for alert in found.fired)
    assert found.fired[0].window.start_at <= START + timedelta(days=first + 45)
