"""Windows of a monitor as slots: each an event, or each slice of each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from steek.kernel.verdict import Verdict
from steek.kernel.windows import Window
from steek.measures.budgets import Tally
from steek.monitoring.objectives.objective import Objective
from steek.monitoring.objectives.slots import Seen, Slot
from steek.monitoring.tables import points

# How `Monitoring` says that an indicator raised; such a window is not known to have been empty.
_UNREADABLE = "could not be measured"


@dataclass(frozen=True, slots=True)
class Judged:
    """What monitoring made of one slice of one window."""

    slice: str | None
    value: float | None
    verdict: Verdict
    reason: str


def read_monitored(
    connection: Connection, objective: Objective, step: timedelta, *, since: datetime, until: datetime
) -> list[Seen]:
    """The monitor's windows that end in (since, until] as slots, oldest first.

    A slot lies at the end of its window: of windows of seven days, each day a new one, the last day.
    """
    query = select(points).where(
        points.c.monitor == objective.monitor_name,
        points.c.window_end_at > since,
        points.c.window_end_at <= until,
    )
    if objective.slice is not None:
        query = query.where(points.c.slice == objective.slice)
    by_end: dict[datetime, list[Judged]] = {}
    measured: dict[datetime, datetime] = {}
    for row in connection.execute(query.order_by(points.c.window_end_at, points.c.slice)):
        end = row.window_end_at
        by_end.setdefault(end, []).append(Judged(row.slice or None, row.value, Verdict(row.verdict), row.reason))
        measured[end] = max(measured.get(end, row.measured_at), row.measured_at)
    return [
        Seen(window_slot(found, Window(end - step, end), each_slice=objective.each_slice), measured[end])
        for end, found in by_end.items()
    ]


def window_slot(found: Sequence[Judged], window: Window, *, each_slice: bool) -> Slot:
    """One slot from all slices of a window.

    A slice counts when it passed or failed. Without any that did, the slot was not measured if the indicator raised,
    and holds no event otherwise: nothing happened, or too little to judge.
    """
    failed = sum(one.verdict is Verdict.FAIL for one in found)
    passed = sum(one.verdict is Verdict.PASS for one in found)
    if failed + passed:
        tally = Tally(passed, failed + passed) if each_slice else Tally(int(not failed), 1)
        return Slot(window, tally, _first_reason(found, Verdict.FAIL))
    unreadable = [one for one in found if one.value is None and one.reason.startswith(_UNREADABLE)]
    if unreadable or not found:
        return Slot(window, None, unreadable[0].reason if unreadable else "the monitor was not evaluated")
    return Slot(window, Tally(0, 0), found[0].reason)


def _first_reason(found: Iterable[Judged], verdict: Verdict) -> str:
    return next(
        (f"{one.slice}: {one.reason}" if one.slice else one.reason for one in found if one.verdict is verdict), ""
    )
