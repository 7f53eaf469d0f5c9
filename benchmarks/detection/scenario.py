"""One planted fault: what the monitors measure of the spoiled days, through a real lake, and what they fire.

Every scenario is compared with the untouched year: an alert counts only where the same rule, on the same slice, fired
on no day of the same stretch without the fault.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.detection.days import start_of
from benchmarks.detection.judging import Day, Fired, Series, Walk, delay_days
from benchmarks.detection.measured import measure_day
from benchmarks.detection.models import MODELS
from benchmarks.detection.movers import named_first
from benchmarks.detection.planted import Planted
from benchmarks.detection.playing import begin
from benchmarks.detection.spoiling import Base, Spoiled
from benchmarks.detection.store import EDGES, Night, Store

from steek.kernel.windows import Window
from steek.monitoring import Monitor
from steek.monitoring.thresholds.calendar import ExpectedChange

# Windows that are still watched after the first alert: people look at all that fired by then.
WINDOWS_AFTER = 1
Measured = Mapping[str, Mapping[int, Day]]


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of a scenario.

    Args:
        windows: Number of the first window with an alert, 1 for the first that is touched; None when there was none.
        watched: How many windows were watched.
        alerts: Alerts that the untouched year has not, up to one window after the first.
        slice_named: Whether one of them names the right slice, or the whole where the whole is touched.
        first_mover_named: Whether what is broken is named as the first that moved, alone.
    """

    windows: int | None
    watched: int
    alerts: tuple[Fired, ...] = ()
    slice_named: bool = False
    first_mover_named: bool = False


def measure(base: Base, planted: Planted, monitors: Sequence[Monitor]) -> Measured:
    """What the monitors measure of the spoiled days, by monitor and day measured."""
    found: dict[str, dict[int, Day]] = {one.name: {} for one in monitors}
    with TemporaryDirectory(prefix="steek-detection-") as folder:
        store = Store(Path(folder), monitors)
        begin_spoiled(store, base, planted)
        spoiled = Spoiled.of(base, planted)
        for day in range(planted.day, planted.day + planted.windows):
            arrive(store, spoiled, day)
            for name, one in measure_day(store, monitors, day).items():
                found[name][day - delay_days(base.series[name].monitor)] = one
        store.close()
    return found


def look(base: Base, planted: Planted, measured: Measured) -> Seen:
    """Judge what was measured, day after day, until one window after the first alert."""
    days = range(planted.day, planted.day + planted.windows)
    expected = expectations(planted)
    walks = [Walk(base.series[name].with_days(spoiled), days, expected) for name, spoiled in measured.items()]
    quiet: dict[str, set[str | None]] = {}
    alerts: list[Fired] = []
    first, day = None, planted.day
    for day in days:
        for fired in [one for walk in walks for one in walk.step(day)]:
            if fired.monitor not in quiet:
                quiet[fired.monitor] = _fired_anyway(base.series[fired.monitor], days)
            if fired.slice not in quiet[fired.monitor]:
                alerts.append(fired)
        if alerts and first is None:
            first = day
        if first is not None and day >= first + WINDOWS_AFTER:
            break
    named = any(one.slice in planted.slices if planted.slices else one.slice is None for one in alerts)
    windows = None if first is None else first - planted.day + 1
    return Seen(windows, day - planted.day + 1, tuple(alerts), named, named_first(alerts) == planted.subject)


def begin_spoiled(store: Store, base: Base, planted: Planted) -> None:
    """The store before the fault, with the masters as the fault has them."""
    begin(store, base.tables, base.nights, planted.day)
    tables = planted.masters(base.tables)
    if tables is not base.tables:
        store.masters(tables, planted.day)


def arrive(store: Store, spoiled: Spoiled, day: int) -> None:
    """Everything that a spoiled day brings."""
    planted, nights = spoiled.planted, spoiled.base.nights
    for model in MODELS:
        store.train(Night(model, planted.trained(model, day, nights.golden_changes(model)[day])), day)
    store.answer({model: spoiled.answers(model, day) for model in MODELS}, day)
    store.learn({model: spoiled.known(model, day) for model in MODELS}, day)
    store.sell(spoiled.batch(day), day)


def touched_monitors(monitors: Sequence[Monitor], planted: Planted) -> list[Monitor]:
    """Monitors of what the fault can reach; the others measure what they measure without it."""
    reached, grown = {planted.subject}, True
    while grown:
        below = {lower for upper, lower in EDGES if upper in reached}
        grown = not below <= reached
        reached |= below
    return [one for one in monitors if one.subject in reached]


def expectations(planted: Planted) -> Sequence[ExpectedChange]:
    """What was announced."""
    if not planted.told:
        return ()
    span = Window(start_of(planted.day), start_of(planted.day + planted.windows))
    return (ExpectedChange("promotion", span),)


def _fired_anyway(series: Series, days: range) -> set[str | None]:
    walk = Walk(series, days)
    return {one.slice for day in days for one in walk.step(day)}
