"""What the indicators measure of each day, through a real lake, kept in a file."""

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.detection.days import Tables, window_of
from benchmarks.detection.judging import Day, Series, completed, delay_days
from benchmarks.detection.nightly import Nights
from benchmarks.detection.playing import begin, play
from benchmarks.detection.store import Store

from steek.kernel.errors import SteekError
from steek.kernel.windows import Window
from steek.monitoring import Monitor, Sources
from steek.monitoring.indicators.registry import indicator_of
from steek.monitoring.indicators.scans import Scans
from steek.monitoring.judgement import Measurement

# The lake of the year is made anew now and then, so that reading it stays as quick as on its first days.
_DAYS_A_LAKE = 56


def measure_day(store: Store, monitors: Sequence[Monitor], day: int) -> dict[str, Day]:
    """Measurements of one evaluation, by monitor; those with a delay look that far back."""
    windows = {one.name: _window(one, day) for one in monitors}
    wanted = [
        (reads, windows[one.name])
        for one in monitors
        if (reads := indicator_of(one.indicator).reads(store.sources, one.indicator)) is not None
    ]
    sources = replace(store.sources, scans=Scans(store.lake, wanted))
    return {one.name: _measured(sources, one, windows[one.name]) for one in monitors}


def measure_year(
    tables: Tables, nights: Nights, monitors: Sequence[Monitor], folder: Path, days: range
) -> Mapping[str, Series]:
    """Series of every monitor over the untouched days; what was measured before is read."""
    kept = folder / "measured.pickle"
    known: dict[str, dict[int, Day]] = {}
    if kept.exists():
        known = pickle.loads(kept.read_bytes())
    missing = [one for one in monitors if _identity(one) not in known]
    if missing:
        folder.mkdir(parents=True, exist_ok=True)
        found = _measure(tables, nights, missing, folder, days)
        known.update({_identity(one): found[one.name] for one in missing})
        kept.write_bytes(pickle.dumps(known))
    return {one.name: completed(Series(one, known[_identity(one)])) for one in monitors}


def _measure(
    tables: Tables, nights: Nights, monitors: Sequence[Monitor], folder: Path, days: range
) -> dict[str, dict[int, Day]]:
    found: dict[str, dict[int, Day]] = {one.name: {} for one in monitors}
    for first in range(days.start, days.stop, _DAYS_A_LAKE):
        store = Store(folder / f"lake-{first}", monitors)
        begin(store, tables, nights, first)
        for day in range(first, min(first + _DAYS_A_LAKE, days.stop)):
            play(store, tables, nights, day)
            measured = measure_day(store, monitors, day)
            for monitor in monitors:
                found[monitor.name][day - delay_days(monitor)] = measured[monitor.name]
        store.remove()
        print(f"  measured to day {day}", flush=True)
    return found


def _identity(monitor: Monitor) -> str:
    return repr(monitor.indicator)


def _window(monitor: Monitor, day: int) -> Window:
    return window_of(day - delay_days(monitor))


def _measured(sources: Sources, monitor: Monitor, window: Window) -> Day:
    try:
        return tuple(indicator_of(monitor.indicator).measure(sources, monitor.indicator, window))
    except SteekError as error:
        return (Measurement(None, None, 0, unreadable=error.message),)
