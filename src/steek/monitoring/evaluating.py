"""Evaluating monitors: their own windows, one scan for all that read a table, a bound on slices, their own health."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from itertools import groupby
from math import isfinite

import polars as pl
from sqlalchemy import Connection, select

from steek.kernel.clock import Clock
from steek.kernel.errors import NotFoundError, SteekError
from steek.kernel.windows import Window
from steek.ledger import Database, Draft, Ledger
from steek.monitoring.due import due_windows, latest_end, own_windows
from steek.monitoring.evaluation_step import Step, apply, evaluated_alerts
from steek.monitoring.indicators import health
from steek.monitoring.indicators.cardinality import bounded
from steek.monitoring.indicators.invariants import broken_invariant
from steek.monitoring.indicators.registry import indicator_of
from steek.monitoring.indicators.scans import Scans
from steek.monitoring.indicators.sources import Sources
from steek.monitoring.judgement import Measurement
from steek.monitoring.monitor import Monitor
from steek.monitoring.points import slices_of
from steek.monitoring.tables import evaluations

# As long as its column; PostgreSQL keeps no NUL in a text.
_MOST_SLICE_CHARACTERS = 300
# Windows that are measured with one scan when many are due.
_SCANNED_DAYS = 7


@dataclass(frozen=True, slots=True)
class EvaluationOptions:
    """How monitors are evaluated.

    Args:
        day_starts_at: When a business day begins, UTC.
        most_slices: Slices of a monitor beyond which the rest are counted together as "(other)".
        catch_up_windows: How many windows back those that were missed are measured by themselves.
    """

    day_starts_at: time = time()
    most_slices: int = 5000
    catch_up_windows: int = 400


@dataclass(frozen=True, slots=True)
class _Task:
    """One window of one monitor, as the calendar has it; its indicator may look further back."""

    monitor: Monitor
    window: Window
    key: str
    note: str | None = None

    @property
    def measured(self) -> Window:
        """The window that is measured: outcomes come later than what they are of."""
        delay = timedelta(seconds=self.monitor.indicator.delay_s)
        return Window(self.window.start_at - delay, self.window.end_at - delay)


class Evaluator:
    """Measures, judges and writes; see `Monitoring` for what is promised.

    Args:
        sources: Where indicators read.
        database: State, and the ledger's events in the same transactions.
        ledger: Where alerts and stalled monitors are told.
        clock: Processing time.
        options: How.
    """

    def __init__(
        self, sources: Sources, database: Database, ledger: Ledger, clock: Clock, options: EvaluationOptions
    ) -> None:
        self._sources = sources
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._options = options

    def evaluate(self, monitors: Sequence[Monitor], window: Window, key: str) -> list[str]:
        """Every window of these monitors in a stretch of time; ids of the alerts that changed."""
        tasks = [task for monitor in monitors for task in _tasks(monitor, window, key)]
        return self._run(tasks)

    def evaluate_due(self, monitors: Sequence[Monitor], until: datetime, key_prefix: str) -> list[str]:
        """Every window that was over at `until` and was not measured yet, oldest first; ids of changed alerts."""
        tasks = [task for monitor in monitors for task in self._due(monitor, until, key_prefix)]
        tasks.sort(key=lambda task: (task.window.end_at, task.monitor.name))
        changed: list[str] = []
        for _, part in groupby(tasks, key=lambda task: task.window.end_at.toordinal() // _SCANNED_DAYS):
            changed += self._run(list(part))
        return changed

    def tell_overdue(self, monitors: Sequence[Monitor]) -> None:
        """Write down and tell which monitors were not evaluated when they should have been; once each."""
        now = self._clock.now()
        with self._database.reading() as connection:
            rows = health.read_health(connection)
        for monitor in monitors:
            row = rows.get(monitor.name)
            if row is None or row.condition == "overdue" or not health.is_overdue(monitor, row.window_end_at, now):
                continue
            with self._database.transaction() as connection:
                known = health.read_one(connection, monitor.name)
                if known is not None and known.condition != "overdue":
                    late = replace(known, condition="overdue")
                    health.write_health(connection, late)
                    self._ledger.append(connection, *health.stall_events(monitor, known.condition, late, now))

    def _run(self, tasks: Sequence[_Task]) -> list[str]:
        sources = self._sharing(tasks)
        return [alert for task in tasks for alert in self._one(task, sources)]

    def _sharing(self, tasks: Iterable[_Task]) -> Sources:
        wanted = [
            (reads, task.measured)
            for task in tasks
            if (reads := indicator_of(task.monitor.indicator).reads(self._sources, task.monitor.indicator)) is not None
        ]
        return replace(self._sources, scans=Scans(self._sources.lake, wanted))

    def _one(self, task: _Task, sources: Sources) -> list[str]:
        with self._database.reading() as connection:
            known = evaluated_alerts(connection, task.key, task.monitor.name)
        if known is not None:
            return known
        began_s = self._clock.monotonic_s()
        found = _measure(sources, task.monitor, task.measured)
        indicator = indicator_of(task.monitor.indicator)
        impossible = broken_invariant(indicator.kind, found, is_additive=indicator.is_additive)
        with self._database.transaction() as connection:
            known = evaluated_alerts(connection, task.key, task.monitor.name)
            if known is not None:
                return known
            kept, folded = self._bounded(connection, task.monitor, _one_each([storable(one) for one in found]))
            step = Step(task.monitor, indicator, task.measured, task.key, self._clock.now())
            changed, drafts = apply(connection, step, kept)
            took_ms = 1000 * (self._clock.monotonic_s() - began_s)
            measured = health.Measured(kept, folded, impossible, task.note, took_ms)
            drafts += _note_health(connection, task, measured, step.now)
            self._ledger.append(connection, *drafts)
        return changed

    def _bounded(
        self, connection: Connection, monitor: Monitor, found: Sequence[Measurement]
    ) -> tuple[list[Measurement], int]:
        most = self._options.most_slices
        if len(found) <= most:
            return list(found), 0
        known = set(slices_of(connection, monitor.name))
        return bounded(found, known, most=most, kind=indicator_of(monitor.indicator).kind)

    def _due(self, monitor: Monitor, until: datetime, key_prefix: str) -> list[_Task]:
        day, delay = self._options.day_starts_at, timedelta(seconds=monitor.indicator.delay_s)
        c = evaluations.c
        with self._database.reading() as connection:
            query = select(c.window_start_at).where(c.monitor == monitor.name).distinct()
            done = {at + delay for at in connection.execute(query).scalars()}
        last = latest_end(until, monitor.length, day)
        most = 1 if indicator_of(monitor.indicator).is_live else self._options.catch_up_windows
        begun = None if most == 1 else self._begun(monitor)
        # Before the first evaluation the past begins with the data, and without any only the last window is due.
        firsts = [*([begun + delay] if begun is not None else []), *done]
        since = min(firsts, default=last - timedelta(microseconds=1))
        due = due_windows(until, monitor.length, day_starts_at=day, since=since, done=done, most=most)
        note = None
        if due.left_out and most > 1:
            note = f"{due.left_out:,} windows before the last {most} are not measured: 'steek monitor check DAY' does"
        return [_Task(monitor, window, f"{key_prefix}:{window.start_at:%Y-%m-%dT%H}", note) for window in due.windows]

    def _begun(self, monitor: Monitor) -> datetime | None:
        """Moment of the earliest row that the indicator can read."""
        spec = monitor.indicator
        reads = indicator_of(spec).reads(self._sources, spec)
        if reads is None:
            return None
        try:
            rows = self._sources.lake.scan(reads.table)
        except NotFoundError:
            return None
        if spec.target.kind == "model":
            rows = rows.filter(pl.col("model") == spec.target.name)
        return rows.select(pl.col(reads.at).min()).collect().item()


def _tasks(monitor: Monitor, window: Window, key: str) -> list[_Task]:
    windows = own_windows(window, monitor.length)
    if indicator_of(monitor.indicator).is_live:
        windows = windows[-1:]
    if len(windows) == 1:
        return [_Task(monitor, windows[0], key)]
    return [_Task(monitor, one, f"{key}@{one.start_at:%Y-%m-%dT%H}") for one in windows]


def _measure(sources: Sources, monitor: Monitor, window: Window) -> list[Measurement]:
    try:
        return indicator_of(monitor.indicator).measure(sources, monitor.indicator, window)
    except (SteekError, pl.exceptions.PolarsError) as error:
        # One series that cannot be read must not blind the others; its point says why.
        said = error.message if isinstance(error, SteekError) else f"{type(error).__name__}: {error}"
        return [Measurement(None, None, 0, unreadable=f"could not be measured: {said[:300]}")]


def storable(one: Measurement) -> Measurement:
    """With a slice that a database can keep, and without a value that cannot be judged, nor charted.

    >>> kept = storable(Measurement("page=/a" + chr(0) + "b" * 400, float("nan"), 3))
    >>> len(kept.slice), chr(0) in kept.slice, kept.value, kept.unreadable
    (300, False, None, 'measured nan, which is no number')
    """
    if one.slice is not None and (len(one.slice) > _MOST_SLICE_CHARACTERS or "\x00" in one.slice):
        one = replace(one, slice=one.slice.replace("\x00", "")[:_MOST_SLICE_CHARACTERS])
    if one.value is None or isfinite(one.value):
        return one
    return replace(one, value=None, unreadable=f"measured {one.value}, which is no number")


def _one_each(found: Sequence[Measurement]) -> list[Measurement]:
    """Of slices that became the same by being cut, the first."""
    return list({one.slice: one for one in reversed(found)}.values())[::-1]


def _note_health(connection: Connection, task: _Task, measured: health.Measured, now: datetime) -> list[Draft]:
    """Health after the evaluation of the latest window; one of an older window says nothing about now."""
    before = health.read_one(connection, task.monitor.name)
    if before is not None and before.window_end_at > task.measured.end_at:
        return []
    row = health.next_row(before, task.monitor, measured, window_end_at=task.measured.end_at, at=now)
    health.write_health(connection, row)
    condition = None if before is None else before.condition
    return [*health.redefined_event(task.monitor, before), *health.stall_events(task.monitor, condition, row, now)]
