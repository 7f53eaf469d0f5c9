"""A bench that plays windows of given measurements through the real tables, ledger and rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.monitoring.shop import Shop

from steek.kernel import ReplayClock, Verdict, Window
from steek.ledger import Database, Ledger
from steek.monitoring import Alert, Monitor, explicit, learned, volume
from steek.monitoring.alerts import read_alerts
from steek.monitoring.evaluation_step import Step, apply, evaluated_alerts
from steek.monitoring.indicators import INDICATORS
from steek.monitoring.judgement import Judgement, Measurement
from steek.monitoring.points import Judged, Point, read_points, write_points
from steek.monitoring.states import StateRow, read_states
from steek.monitoring.thresholds.declared import Threshold

DAY = timedelta(days=1)
FIRST = datetime(2017, 9, 4, 6, tzinfo=UTC)
Values = Mapping[str | None, float | None]

__all__ = ["DAY", "FIRST", "Bench", "day", "explicit", "learned", "monitor_of"]


def day(number: int) -> Window:
    """Window `number` days after the first."""
    return Window(FIRST + number * DAY, FIRST + (number + 1) * DAY)


def monitor_of(threshold: Threshold | None = None, *, name: str = "lines", chart: bool = False) -> Monitor:
    return Monitor(
        name,
        indicator=volume("transactions", by="store_id"),
        threshold=threshold or learned(),
        on="transactions",
        owner="data@grocer",
        purpose="chart" if chart else "alert",
    )


@dataclass
class Bench:
    database: Database
    ledger: Ledger
    clock: ReplayClock
    monitor: Monitor = field(default_factory=monitor_of)

    def play(self, number: int, values: Values, *, key: str | None = None) -> list[Alert]:
        """Evaluate one window on these values, as the service does; returns alerts that fired or were resolved."""
        return self.measure(
            number, [Measurement(name, value, int(value or 0)) for name, value in values.items()], key=key
        )

    def measure(self, number: int, measurements: Sequence[Measurement], *, key: str | None = None) -> list[Alert]:
        window = day(number)
        self.clock.set(window.end_at + timedelta(minutes=5))
        indicator = INDICATORS[self.monitor.indicator.name]
        step = Step(self.monitor, indicator, window, key or f"night:{number}", self.clock.now())
        with self.database.transaction() as connection:
            assert evaluated_alerts(connection, step.key, self.monitor.name) is None
            changed, drafts = apply(connection, step, measurements)
            self.ledger.append(connection, *drafts)
            return read_alerts(connection, ids=changed)

    def quiet(self, windows: int, values: Values, *, first: int = 0) -> None:
        """Windows that vary by a few percent around `values`."""
        for number in range(first, first + windows):
            wave = 1 + (number * 7 % 5 - 2) / 50
            self.play(number, {name: None if value is None else round(value * wave) for name, value in values.items()})

    def store(self, monitor: str, values: Sequence[tuple[datetime, float]], length: timedelta) -> None:
        """Points of the whole as if they had been evaluated, all undecided."""
        undecided = Judgement(Verdict.UNDECIDED, None, None, "")
        with self.database.transaction() as connection:
            for at, value in values:
                judged = [Judged(Measurement(None, value, int(value)), undecided)]
                write_points(connection, monitor, Window(at, at + length), judged, at)

    def judge_at(self, at: datetime, length: timedelta, value: float) -> Point:
        """Evaluate a window of any length on one value of the whole."""
        self.clock.set(at + length)
        indicator = INDICATORS[self.monitor.indicator.name]
        step = Step(self.monitor, indicator, Window(at, at + length), f"at {at}", self.clock.now())
        with self.database.transaction() as connection:
            _, drafts = apply(connection, step, [Measurement(None, value, int(value))])
            self.ledger.append(connection, *drafts)
        return self.points()[-1]

    def points(self, slice: str | None = None) -> list[Point]:
        with self.database.reading() as connection:
            return read_points(connection, self.monitor.name, slice, since=None, until=None)

    def state(self) -> StateRow:
        with self.database.reading() as connection:
            return read_states(connection)[self.monitor.name]

    def open_alerts(self) -> list[Alert]:
        with self.database.reading() as connection:
            return read_alerts(connection, monitor=self.monitor.name, open_only=True)


@pytest.fixture
def bench(database: Database, ledger: Ledger, clock: ReplayClock) -> Bench:
    return Bench(database, ledger, clock)


@pytest.fixture
def shop(tmp_path: Path, database: Database, ledger: Ledger, clock: ReplayClock) -> Shop:
    clock.set(FIRST)
    return Shop.open(tmp_path, database, ledger, clock)
