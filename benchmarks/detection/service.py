"""A scenario once more, through the service `Monitoring` with its tables: does judging without them say the same?"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.detection.days import DAY, start_of
from benchmarks.detection.judging import Day, Fired, Walk, delay_days
from benchmarks.detection.measured import measure_day
from benchmarks.detection.movers import named_first_by
from benchmarks.detection.planted import Planted
from benchmarks.detection.scenario import arrive, begin_spoiled
from benchmarks.detection.spoiling import Base, Spoiled
from benchmarks.detection.store import Store

from steek.kernel.verdict import Verdict
from steek.kernel.windows import Window
from steek.monitoring import Monitor
from steek.monitoring.judgement import Judgement
from steek.monitoring.points import Judged, write_points

# As far back as the check for slow drift looks, and a week.
_PAST_DAYS = 105
_WINDOWS = 2
Key = tuple[str, str | None, int]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Alerts of the first windows by rule, slice and day: fired by both, by the service alone, by judging alone.

    `first_mover_named` is whether the onsets that the service found put what is broken first.
    """

    both: int
    service_only: tuple[Key, ...]
    judging_only: tuple[Key, ...]
    first_mover_named: bool


def agreement(base: Base, planted: Planted, monitors: Sequence[Monitor]) -> Agreement:
    """Play the first windows of a scenario both ways, with these monitors."""
    days = range(planted.day, planted.day + _WINDOWS)
    with TemporaryDirectory(prefix="steek-detection-") as folder:
        store = Store(Path(folder), monitors)
        for monitor in monitors:
            _write_past(store, base, monitor, planted.day)
        begin_spoiled(store, base, planted)
        spoiled, served, onsets = Spoiled.of(base, planted), set[Key](), dict[str, Window]()
        measured: dict[str, dict[int, Day]] = {one.name: {} for one in monitors}
        for day in days:
            arrive(store, spoiled, day)
            for name, one in measure_day(store, monitors, day).items():
                measured[name][day - delay_days(base.series[name].monitor)] = one
            for alert in store.evaluate(day):
                served.add((alert.monitor, alert.slice, day))
                known = onsets.get(alert.subject)
                onsets[alert.subject] = alert.onset if known is None or alert.onset.end_at < known.end_at else known
        store.close()
    judged = {
        (one.monitor, one.slice, one.day)
        for monitor in monitors
        for one in _walked(Walk(base.series[monitor.name].with_days(measured[monitor.name]), days), days)
    }
    return Agreement(
        len(served & judged), tuple(sorted(served - judged, key=str)), tuple(sorted(judged - served, key=str)),
        named_first_by(onsets) == planted.subject,
    )  # fmt: skip


def _walked(walk: Walk, days: range) -> list[Fired]:
    return [one for day in days for one in walk.step(day)]


def _write_past(store: Store, base: Base, monitor: Monitor, day: int) -> None:
    """Points of the untouched days before, as the service would have written them."""
    series = base.series[monitor.name].days
    open_bounds = Judgement(Verdict.UNDECIDED, None, None, "untouched past")
    with store.database.transaction() as connection:
        for past in range(max(day - _PAST_DAYS, 0), day - delay_days(monitor)):
            window = Window(start_of(past), start_of(past) + DAY)
            judged = [Judged(one, open_bounds) for one in series.get(past, ())]
            write_points(connection, monitor.name, window, judged, window.end_at)
