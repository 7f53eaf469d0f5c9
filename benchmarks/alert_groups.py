"""Grouping 10,000 alerts that fire in one minute over a lineage of 10,000 systems.

Ours stores them: it finds their causes along the lineage, writes the groups with their heads and the events, in one
transaction of SQLite. The peer only computes, and looks at every pair of a sample of 1,000, asking for each whether the
one lies below the other (reach is worked out beforehand); its figure is that of its pairs, carried to all of them.
"""

import tempfile
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path

import numpy as np

from measuring import Result, Spent, stopwatch
from steek.kernel import ReplayClock, Window
from steek.ledger import Database, Ledger
from steek.ledger.migrating import migrate
from steek.monitoring import Alert
from steek.monitoring.alerting.causes import TRAVEL
from steek.monitoring.alerting.grouping import place
from steek.monitoring.alerting.systems import Systems
from steek.monitoring.alerts import write_alerts

SYSTEMS, ALERTS, SAMPLE = 10_000, 10_000, 1_000
FIRST = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
GOAL_S = 5.0


def lineage() -> Systems:
    """Eight lines of business of their own, each thing made from two of the fifty before it."""
    random = np.random.default_rng(11)
    edges: list[tuple[str, str]] = []
    for at in range(8, SYSTEMS):
        before = list(range(at - 8, max(-1, at - 400), -8))
        edges += [(_name(before[int(random.integers(len(before)))]), _name(at)) for _ in range(2)]
    return Systems.of(edges)


def storm(count: int) -> list[Alert]:
    """Alerts on as many systems, which began in one of two windows."""
    fired = FIRST + 26 * HOUR
    return [_alert(at, Window(FIRST + at % 2 * HOUR, FIRST + 24 * HOUR), fired) for at in range(count)]


def _name(at: int) -> str:
    return f"dataset:n{at}"


def _alert(at: int, onset: Window, fired: datetime) -> Alert:
    return Alert(
        id=f"{at:012x}",
        monitor=f"rows of n{at}",
        subject=_name(at),
        slice=None,
        window=onset,
        value=0.0,
        lower=1.0,
        upper=None,
        onset=onset,
        state="firing",
        severity="sev3",
        evidence={"reason": "no rows at all"},
        declare=None,
        opened_at=fired,
        last_window_end_at=onset.end_at,
    )


def ours(folder: Path, systems: Systems, alerts: list[Alert]) -> tuple[Spent, int]:
    """Seconds to place and store the alerts, and how many groups they make."""
    database = Database.open(f"sqlite:///{folder / 'steek.db'}")
    migrate(database)
    clock = ReplayClock(folder / "clock")
    clock.set(alerts[0].opened_at)
    ledger = Ledger(database, clock)
    with stopwatch() as spent, database.transaction() as connection:
        placed = place(connection, alerts, now=clock.now(), systems=systems)
        write_alerts(connection, placed.alerts)
        ledger.append(connection, *placed.drafts)
    database.close()
    return spent(), len({alert.group for alert in placed.alerts})


def every_pair(systems: Systems, alerts: list[Alert]) -> Spent:
    """Seconds to look at every pair of these alerts."""
    with stopwatch() as spent:
        below = {alert.subject: _below(systems, alert.subject) for alert in alerts}
        sets = list(range(len(alerts)))
        for one, other in combinations(range(len(alerts)), 2):
            first, second = alerts[one], alerts[other]
            in_time = first.onset.start_at < second.onset.end_at + TRAVEL
            if in_time and (second.subject in below[first.subject] or first.subject in below[second.subject]):
                old, new = sets[other], sets[one]
                if old != new:
                    sets = [new if name == old else name for name in sets]
    return spent()


def _below(systems: Systems, name: str) -> set[str]:
    found: set[str] = set()
    frontier = [name]
    while frontier:
        frontier = [low for at in frontier for low in systems.below.get(at, ()) if low not in found]
        found.update(frontier)
    return found


def main() -> None:
    systems = lineage()
    rounds: list[Spent] = []
    count = 0
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder:
            spent, count = ours(Path(folder), systems, storm(ALERTS))
            rounds.append(spent)
    best = min(rounds, key=lambda one: one.cpu_s)
    paired = every_pair(systems, storm(SAMPLE))
    peer = paired.cpu_s * (ALERTS / SAMPLE) ** 2
    print(f"{ALERTS:,} alerts on {SYSTEMS:,} systems: {count} groups, {best.wall_s:.2f} s wall, {best.cpu_s:.2f} s CPU")
    print(f"every pair of {SAMPLE:,}: {paired.cpu_s:.2f} s CPU, {peer:,.0f} s for all")
    goal = f"a storm of 10,000 alerts in less than {GOAL_S:g} s and a handful of groups"
    Result(
        name="alert_groups",
        figure=best.cpu_s,
        unit="s of CPU",
        peer="every pair, from a sample of 1,000",
        peer_figure=peer,
        limit_figure=None,
        goal=goal,
        met=best.cpu_s < GOAL_S and count <= 10,
    ).end()


if __name__ == "__main__":
    main()
