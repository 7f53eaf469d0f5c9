"""One planted fault, watched as the store would be: the quiet past of its points, then spoiled days as they arrive.

Every scenario is compared with the untouched year: an alert counts only where the same rule on the same slice and
window was well without the fault.
"""

import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.detection.days import start_of
from benchmarks.detection.models import HISTORY_DAYS, MODELS
from benchmarks.detection.movers import named_first
from benchmarks.detection.planted import Planted
from benchmarks.detection.quiet import Fired, answers_of
from benchmarks.detection.spoiling import Base, Spoiled
from benchmarks.detection.store import Night, Store

# The check for slow drift looks fourteen weeks back, and a little further where incidents lie between.
_PAST_DAYS = 125
# Windows that are still watched after the first alert: people look at all that fired by then.
_WINDOWS_AFTER = 1


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of a scenario.

    Args:
        windows: Number of the first window with an alert, 1 for the first that is touched; None when there was none.
        watched: How many windows were watched.
        alerts: Alerts that the untouched year has not.
        slice_named: Whether one of them names the right slice, or the whole where the whole is touched.
        first_mover_named: Whether what is broken is named as the first that moved, alone.
    """

    windows: int | None
    watched: int
    alerts: tuple[Fired, ...] = ()
    slice_named: bool = False
    first_mover_named: bool = False


@dataclass(slots=True)
class _Run:
    base: Base
    planted: Planted
    store: Store
    spoiled: Spoiled
    alerts: list[Fired] = field(default_factory=list[Fired])


def watch(base: Base, planted: Planted) -> Seen:
    """Play a scenario to one window after its first alert, or to its end."""
    with TemporaryDirectory(prefix="steek-detection-") as folder:
        store = Store(Path(folder), base.monitors)
        try:
            return _watch(_Run(base, planted, store, Spoiled.of(base, planted)))
        finally:
            store.close()


def _watch(run: _Run) -> Seen:
    planted, first = run.planted, None
    _begin(run)
    only = _touched(run)
    day = planted.day
    for day in range(planted.day, planted.day + planted.windows):
        _arrive(run, day)
        quiet = _failing_anyway(run.base.folder, day)
        fired = [Fired.of(alert, day) for alert in run.store.evaluate(day, only)]
        run.alerts += [one for one in fired if (one.monitor, one.slice) not in quiet]
        if run.alerts and first is None:
            first = day
        if first is not None and day >= first + _WINDOWS_AFTER:
            break
    named = any(one.slice in planted.slices if planted.slices else one.slice is None for one in run.alerts)
    return Seen(
        None if first is None else first - planted.day + 1,
        day - planted.day + 1,
        tuple(run.alerts),
        named,
        named_first(run.alerts) == planted.subject,
    )


def _begin(run: _Run) -> None:
    """The store as it was before: points of its monitors, join reports, and the models that are in use."""
    day = run.planted.day
    _copy_past(run.base.folder, run.store, day)
    run.store.masters(run.base.tables, day - 1)
    run.store.already(run.base.tables.between(day - HISTORY_DAYS, day).lines, day)
    run.store.answer(answers_of(run.base.nights, day - 1), day - 1)
    for model in MODELS:
        for night in (day - 2, day - 1):
            run.store.train(Night(model, run.base.nights.golden_changes(model)[night]), night)
    if run.planted.told:
        run.store.announce(run.planted.subject, day, run.planted.windows)
    if run.planted.masters(run.base.tables) is not run.base.tables:
        run.store.masters(run.spoiled.tables, day)


def _copy_past(folder: Path, store: Store, day: int) -> None:
    past = (_text(day - _PAST_DAYS), _text(day))
    store.database.close()
    with sqlite3.connect(store.database.engine.url.database or "") as connection:
        connection.execute("ATTACH ? AS base", (str(folder / "store" / "steek.db"),))
        for table in ("indicator_points", "join_reports"):
            columns = ", ".join(row[1] for row in connection.execute(f"PRAGMA table_info({table})"))
            connection.execute(
                f"INSERT INTO {table} ({columns}) SELECT {columns} FROM base.{table}"
                " WHERE window_start_at >= ? AND window_start_at < ?",
                past,
            )


def _failing_anyway(folder: Path, day: int) -> set[tuple[str, str | None]]:
    """Monitors and slices that fail in the untouched year too."""
    with sqlite3.connect(f"file:{folder / 'store' / 'steek.db'}?mode=ro", uri=True) as connection:
        rows = connection.execute(
            "SELECT monitor, slice FROM indicator_points WHERE verdict = 'fail' AND window_start_at >= ?"
            " AND window_start_at <= ?",
            (_text(day - 1), _text(day)),
        ).fetchall()
    return {(monitor, name or None) for monitor, name in rows}


def _text(day: int) -> str:
    """As SQLAlchemy writes an instant into SQLite."""
    return f"{start_of(day):%Y-%m-%d %H:%M:%S.%f}"


def _arrive(run: _Run, day: int) -> None:
    planted, nights, store = run.planted, run.base.nights, run.store
    for model in MODELS:
        store.train(Night(model, planted.trained(model, day, nights.golden_changes(model)[day])), day)
    store.answer({model: run.spoiled.answers(model, day) for model in MODELS}, day)
    store.learn({model: run.spoiled.known(model, day) for model in MODELS}, day)
    store.sell(run.spoiled.batch(day), day)


def _touched(run: _Run) -> list[str]:
    """Monitors of what the fault can reach; the others measure what they measure without it."""
    if run.planted.touches_lines:
        return [one.name for one in run.base.monitors]
    return [one.name for one in run.base.monitors if str(one.indicator.target).startswith("model:")]
