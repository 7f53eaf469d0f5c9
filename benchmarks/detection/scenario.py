"""One planted fault, watched as the store would be: the quiet past of its points, then spoiled days as they arrive.

Every scenario is compared with the untouched year: an alert counts only where the same rule on the same slice and
window was well without the fault.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from benchmarks.detection.days import AT, Tables, start_of, window_of
from benchmarks.detection.models import MODELS, answer, came_of, questions
from benchmarks.detection.movers import named_first
from benchmarks.detection.nightly import Nights
from benchmarks.detection.planted import Planted
from benchmarks.detection.quiet import Fired
from benchmarks.detection.store import Night, Store

from steek.monitoring import Monitor

# Seasons and the check for slow drift look eight weeks back, and a little further where incidents lie between.
_PAST_DAYS = 75
# Windows that are still watched after the first alert: people look at all that fired by then.
_WINDOWS_AFTER = 1


@dataclass(frozen=True, slots=True)
class Base:
    """The untouched year: its store, and where its points failed."""

    folder: Path
    tables: Tables
    nights: Nights
    monitors: Sequence[Monitor]


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
    tables: Tables
    alerts: list[Fired] = field(default_factory=list[Fired])


def watch(base: Base, planted: Planted) -> Seen:
    """Play a scenario to one window after its first alert, or to its end."""
    with TemporaryDirectory(prefix="steek-detection-") as folder:
        store = Store(Path(folder), base.monitors)
        try:
            return _watch(_Run(base, planted, store, _spoiled(base.tables, planted)))
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


def _spoiled(tables: Tables, planted: Planted) -> Tables:
    """The lines of the scenario, spoiled from its day on, and the masters with them."""
    end = planted.day + planted.windows
    before, after = tables.between(planted.day - 30, planted.day), tables.between(planted.day, end)
    spoiled = planted.lines(after.lines) if planted.touches_lines else after.lines
    masters = planted.masters(tables)
    return replace(masters, lines=pl.concat([before.lines, spoiled.select(before.lines.columns)]))


def _begin(run: _Run) -> None:
    """The store as it was before: points of its monitors, join reports, and the models that are in use."""
    day = run.planted.day
    _copy_past(run.base.folder, run.store, day)
    run.store.masters(run.base.tables, day - 1)
    for model in MODELS:
        for night in (day - 2, day - 1):
            run.store.train(Night(model, run.base.nights.golden_changes(model)[night]), night)
    if run.planted.told:
        run.store.announce(run.planted.subject, day, run.planted.windows)
    if run.planted.masters(run.base.tables) is not run.base.tables:
        run.store.masters(run.tables, day)


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
    today = {model: planted.answers(model, day, _answers(run, model, day)) for model in MODELS}
    store.answer(today, day)
    before = {model: _known(run, model, day) for model in MODELS}
    store.learn(before, day)
    # A batch holds what the tills sold that day, whatever times they print on it.
    store.sell(_batch(run, day), day)


def _batch(run: _Run, day: int) -> pl.DataFrame:
    window = window_of(day)
    true_at = run.base.tables.between(day, day + 1).lines["line"]
    if not run.planted.touches_lines:
        at = pl.col(AT)
        return run.tables.lines.filter(at >= window.start_at, at < window.end_at)
    return run.tables.lines.filter(pl.col("line").is_between(true_at.min(), true_at.max()))


def _answers(run: _Run, model: str, day: int) -> pl.DataFrame:
    """Answers of the night's model to the true questions, on features of the data as the store has them."""
    if not run.planted.touches_lines or day == run.planted.day:
        return run.base.nights.answers(model).filter(day=day)
    asked = questions(model, run.tables, run.base.tables, day)
    return answer(run.base.nights.booster(model, day), asked)


def _known(run: _Run, model: str, day: int) -> pl.DataFrame:
    """Outcomes of the day before that are known by the end of this day."""
    planted, past = run.planted, day - 1
    answers = planted.answers(model, past, _answers(run, model, past)) if past >= planted.day else None
    if answers is None:
        return run.base.nights.answers(model).filter(day=past)
    if planted.touches_lines:
        answers = came_of(model, answers, run.tables.between(past, past + 1))
    share = planted.known(model, day)
    return answers if share >= 1 else answers.sample(fraction=share, seed=day)


def _touched(run: _Run) -> list[str]:
    """Monitors of what the fault can reach; the others measure what they measure without it."""
    if run.planted.touches_lines:
        return [one.name for one in run.base.monitors]
    return [one.name for one in run.base.monitors if str(one.indicator.target).startswith("model:")]
