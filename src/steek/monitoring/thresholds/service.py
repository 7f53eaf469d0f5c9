"""The service: back-tests of rules, what was learned, and changes that were announced."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import Connection, func, select

from steek.kernel.clock import Clock
from steek.kernel.errors import InputError, NotFoundError, SteekError
from steek.kernel.windows import Window
from steek.ledger import Database, Event
from steek.measures.robust_rows import known_windows
from steek.monitoring.holds import read_holds
from steek.monitoring.indicators.registry import indicator_of
from steek.monitoring.indicators.sources import Sources
from steek.monitoring.judgement import Measurement
from steek.monitoring.monitor import Monitor
from steek.monitoring.points import read_frame
from steek.monitoring.tables import evaluations, points
from steek.monitoring.thresholds.arming import ARMING_DAYS, KeptBackTest, keep_back_test, read_back_tests
from steek.monitoring.thresholds.back_test import BackTest, Play, back_test
from steek.monitoring.thresholds.calendar import read_expected, take_in_expected
from steek.monitoring.thresholds.declared import DAY, LearnedThreshold, learned
from steek.monitoring.thresholds.learning import Lesson
from steek.monitoring.thresholds.learnings import LearningNote, read_notes
from steek.monitoring.thresholds.series_frame import SeriesFrame, even_starts

_MOST_DAYS = 730
# A window that has to be measured for a back-test costs a query or more.
_MOST_MEASURED = 2000


class Thresholds:
    """Back-tests and learned bounds of a project's monitors; safe to share between threads and processes.

    Args:
        sources: Where indicators read, for windows of which there are no points yet.
        database: Points and what was learned.
        clock: Processing time.
        monitors: Declarations by name.
    """

    def __init__(self, sources: Sources, database: Database, clock: Clock, monitors: Mapping[str, Monitor]) -> None:
        self._sources = sources
        self._database = database
        self._clock = clock
        self._monitors = monitors

    def back_test(
        self, name: str, days: int = ARMING_DAYS, *, width: float | None = None, until: datetime | None = None,
        keep: bool = False,
    ) -> BackTest:  # fmt: skip
        """How often a monitor's rule would have fired, and when; no alert is written.

        Windows without a point are measured, so that a monitor can be tested before it was ever evaluated.

        Args:
            name: Of the monitor.
            days: How many days back; 1 to 730.
            width: Try this width instead of the declared one; learned thresholds only.
            until: End of the last window; None means the end of the last one evaluated, or of the data's last day.
            keep: Keep the result, to be shown with the monitor; only for the rule as it is declared.

        Raises:
            NotFoundError: no such monitor.
            InputError: days out of range, or a width for an explicit threshold.
        """
        monitor = self._monitor(name)
        threshold = _tried(monitor, width)
        if not 1 <= days <= _MOST_DAYS:
            message = f"a back-test of {days} days is not possible; allowed: 1 to {_MOST_DAYS}"
            raise InputError(message)
        with self._database.reading() as connection:
            length = _length(connection, monitor)
            end = until or self._end(connection, monitor, length)
            lesson = _lesson(connection, monitor, Window(end - length, end), threshold)
            back = timedelta(days=days) + lesson.threshold.sized(length).windows * length
            frame = read_frame(connection, name, since=end - back, until=end, window=length)
        frame, measured = self._completed(monitor, frame, end, back, length)
        indicator = indicator_of(monitor.indicator)
        play = Play(lesson, threshold or monitor.threshold, indicator.missing_is_zero)
        test = back_test(frame, play, days=days, measured=measured)
        if keep and width is None:
            with self._database.transaction() as connection:
                keep_back_test(connection, test, lesson.rule, self._clock.now())
        return test

    def kept(self, name: str) -> KeptBackTest | None:
        """The last back-test that was kept of a monitor. Raises NotFoundError when there is no such monitor."""
        with self._database.reading() as connection:
            return read_back_tests(connection, self._monitor(name).name).get(name)

    def learned(self, name: str) -> list[LearningNote]:
        """When, from which windows and why a monitor's bounds were learned, latest first.

        Raises:
            NotFoundError: no such monitor.
        """
        with self._database.reading() as connection:
            return read_notes(connection, self._monitor(name).name)

    def on_change(self, event: Event) -> None:
        """Subscription to `EXPECTED_KINDS`: remember changes whose effect was announced."""
        with self._database.transaction() as connection:
            take_in_expected(connection, event)

    def _monitor(self, name: str) -> Monitor:
        if name not in self._monitors:
            raise NotFoundError.among("monitor", name, self._monitors)
        return self._monitors[name]

    def _end(self, connection: Connection, monitor: Monitor, length: timedelta) -> datetime:
        c = evaluations.c
        own = connection.scalar(select(func.max(c.window_end_at)).where(c.monitor == monitor.name))
        any_of = own or connection.scalar(select(func.max(c.window_end_at)))
        if any_of is not None:
            return any_of
        now = self._clock.now()
        return now.replace(hour=now.hour if length < DAY else 0, minute=0, second=0, microsecond=0)

    def _completed(
        self, monitor: Monitor, frame: SeriesFrame, end: datetime, back: timedelta, length: timedelta
    ) -> tuple[SeriesFrame, int]:
        """The frame over the whole span, with windows that have no point measured now, latest first."""
        size = max(1, round(back / length))
        starts = even_starts(end - size * length, end - length, length)
        there = known_windows(frame.values)[::-1]
        missing = [index for index in range(size) if index >= len(there) or not there[index]][:_MOST_MEASURED]
        found = {index: self._measure(monitor, Window(starts[-1 - index], starts[-1 - index] + length))
                 for index in missing}  # fmt: skip
        seen = {*frame.slices, *(one.slice for many in found.values() for one in many)}
        names = sorted(seen, key=lambda one: one or "")
        places = {name: place for place, name in enumerate(names)}
        values, rows = (np.full((len(names), size), np.nan) for _ in range(2))
        kept = min(size, len(frame.starts))
        for place, name in enumerate(frame.slices):
            if kept:
                values[places[name], size - kept :] = frame.values[place, -kept:]
                rows[places[name], size - kept :] = np.nan if frame.rows is None else frame.rows[place, -kept:]
        for index, many in found.items():
            for one in many:
                if one.value is not None:
                    values[places[one.slice], size - 1 - index] = one.value
                    rows[places[one.slice], size - 1 - index] = one.rows
        return SeriesFrame(tuple(names), starts, values, rows), len(found)

    def _measure(self, monitor: Monitor, window: Window) -> list[Measurement]:
        indicator = indicator_of(monitor.indicator)
        if indicator.is_live:
            # What is measured now says nothing about then.
            return []
        try:
            return indicator.measure(self._sources, monitor.indicator, window)
        except SteekError:
            # A window that cannot be read is a gap in the test, which counts the windows that it judged.
            return []


def _tried(monitor: Monitor, width: float | None) -> LearnedThreshold | None:
    if isinstance(monitor.threshold, LearnedThreshold):
        return monitor.threshold if width is None else _at_width(monitor.threshold, width)
    if width is not None:
        message = f"monitor {monitor.name} has an explicit threshold, which has no width"
        raise InputError(message, next_step="Leave the width out.")
    return None


def _at_width(threshold: LearnedThreshold, width: float) -> LearnedThreshold:
    if not 0 < width < float("inf"):
        message = f"a width of {width:g} cannot work; it must be positive"
        raise InputError(message)
    return threshold.wider(float(width))


def _length(connection: Connection, monitor: Monitor) -> timedelta:
    """Length of the monitor's windows: that of its last point, else the declared one."""
    c = points.c
    last = select(c.window_start_at, c.window_end_at).where(c.monitor == monitor.name)
    row = connection.execute(last.order_by(c.window_start_at.desc()).limit(1)).first()
    return monitor.length if row is None else row.window_end_at - row.window_start_at


def _lesson(connection: Connection, monitor: Monitor, window: Window, threshold: LearnedThreshold | None) -> Lesson:
    minimum = monitor.indicator.parameters.get("minimum_expected", 0.0)
    return Lesson(
        monitor.name,
        indicator_of(monitor.indicator).kind,
        threshold or learned(),
        window,
        float(minimum) if isinstance(minimum, int | float) else 0.0,
        read_holds(connection, monitor.subject),
        read_expected(connection, [monitor.subject, str(monitor.indicator.target)]),
    )
