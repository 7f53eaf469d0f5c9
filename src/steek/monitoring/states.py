"""The present state of each monitor: one row each, written with every evaluation, so that a page costs one query."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, Row, and_, select
from sqlalchemy.dialects import postgresql, sqlite

from steek.kernel.verdict import Verdict
from steek.kernel.windows import Window
from steek.monitoring.monitor import Monitor
from steek.monitoring.points import Judged
from steek.monitoring.tables import WHOLE, states
from steek.monitoring.thresholds.tables import back_tests

State = Literal["well", "watch", "broken", "undecided"]

# Share of the way to a bound, from the middle of the band or from zero, at which a value is worth a look.
_NEAR = 0.9


@dataclass(frozen=True, slots=True)
class MonitorState:
    """How a monitor stands.

    `value`, `rows`, `lower` and `upper` are those of `slice` (None: the whole), the one nearest to its bounds or
    furthest outside them, in the latest window evaluated. `slices` were measured then; of these `failing` failed and
    `undecided` showed nothing either way. All are None or 0 before the first evaluation. `over_budget` says what the
    rule would have done where that is more than is bearable. `every` is the length of a window, `by` how it is sliced.
    """

    monitor: str
    indicator: str
    subject: str
    owner: str
    purpose: str
    unit: str
    threshold: str
    state: State
    reason: str
    slice: str | None = None
    value: float | None = None
    rows: int = 0
    lower: float | None = None
    upper: float | None = None
    slices: int = 0
    failing: int = 0
    undecided: int = 0
    window: Window | None = None
    evaluated_at: datetime | None = None
    over_budget: str | None = None
    every: str = "1d"
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StateRow:
    """The stored part of a state."""

    state: State
    slice: str | None
    value: float | None
    rows: int
    lower: float | None
    upper: float | None
    reason: str
    slices: int
    failing: int
    undecided: int
    window: Window
    evaluated_at: datetime
    over_budget: str | None = None


def summarise(
    monitor: Monitor, judged: Sequence[Judged], *, still_open: int, window: Window, evaluated_at: datetime
) -> StateRow:
    """One state from all slices of a window.

    Broken: a slice failed (for a chart, which never alarms, watch). Watch: an alert is open though nothing failed, or
    the whole is near a bound. Well: something passed. Undecided: nothing showed anything.

    Args:
        monitor: Its declaration.
        judged: Every slice of the window.
        still_open: Alerts of the monitor that are open after this window.
        window: The window.
        evaluated_at: Processing time.
    """
    count = {verdict: sum(one.judgement.verdict is verdict for one in judged) for verdict in Verdict}
    shown = max(judged, key=lambda one: (_RANK[one.judgement.verdict], strain(one)), default=None)
    state: State = "undecided"
    if count[Verdict.FAIL]:
        state = "watch" if monitor.purpose == "chart" else "broken"
    elif still_open:
        state = "watch"
    elif count[Verdict.PASS]:
        near = shown is not None and len(judged) == 1 and strain(shown) >= _NEAR
        state = "watch" if near else "well"
    return StateRow(
        state=state,
        slice=None if shown is None else shown.measurement.slice,
        value=None if shown is None else shown.measurement.value,
        rows=0 if shown is None else shown.measurement.rows,
        lower=None if shown is None else shown.judgement.lower,
        upper=None if shown is None else shown.judgement.upper,
        reason="nothing was measured" if shown is None else shown.judgement.reason,
        slices=len(judged),
        failing=count[Verdict.FAIL],
        undecided=count[Verdict.UNDECIDED],
        window=window,
        evaluated_at=evaluated_at,
    )


_RANK = {Verdict.FAIL: 2, Verdict.PASS: 1, Verdict.UNDECIDED: 0}


def strain(one: Judged) -> float:
    """How far a value is on its way from the middle of its band (0) to a bound (1) and beyond; 0 when nothing is known.

    With one bound: how near, relative to the bound, 1 at the bound.
    """
    value, lower, upper = one.measurement.value, one.judgement.lower, one.judgement.upper
    if value is None or (lower is None and upper is None):
        return 0.0
    if lower is not None and upper is not None:
        half = (upper - lower) / 2
        away = abs(value - (lower + upper) / 2)
        return away / half if half > 0 else (0.0 if away == 0 else math.inf)
    bound = lower if lower is not None else upper
    assert bound is not None
    beyond = bound - value if lower is not None else value - bound
    return max(0.0, 1 + beyond / abs(bound)) if bound else 1.0 + beyond


def write_state(connection: Connection, monitor: str, row: StateRow) -> None:
    """Store the state of a monitor, in place of the one before."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    values = {
        "monitor": monitor,
        "state": row.state,
        "slice": row.slice or WHOLE,
        "value": row.value,
        "rows": row.rows,
        "lower": row.lower,
        "upper": row.upper,
        "reason": row.reason[:500],
        "slices": row.slices,
        "failing": row.failing,
        "undecided": row.undecided,
        "window_start_at": row.window.start_at,
        "window_end_at": row.window.end_at,
        "evaluated_at": row.evaluated_at,
    }
    changed = {name: value for name, value in values.items() if name != "monitor"}
    statement = dialect.insert(states).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=["monitor"], set_=changed))


def read_states(connection: Connection) -> Mapping[str, StateRow]:
    """Stored states by monitor."""
    tested = back_tests.c
    noisy = and_(tested.monitor == states.c.monitor, tested.within_budget.is_(False))
    query = select(states, tested.sentence.label("over_budget")).select_from(states.outerjoin(back_tests, noisy))
    return {row.monitor: _state(row) for row in connection.execute(query)}


def read_latest_window(connection: Connection, monitor: str) -> Window | None:
    """The latest window that a monitor was evaluated on."""
    query = select(states.c.window_start_at, states.c.window_end_at).where(states.c.monitor == monitor)
    row = connection.execute(query).first()
    return None if row is None else Window(row.window_start_at, row.window_end_at)


def _state(row: Row[tuple[object, ...]]) -> StateRow:
    return StateRow(
        state=row.state,
        slice=row.slice or None,
        value=row.value,
        rows=row.rows,
        lower=row.lower,
        upper=row.upper,
        reason=row.reason,
        slices=row.slices,
        failing=row.failing,
        undecided=row.undecided,
        window=Window(row.window_start_at, row.window_end_at),
        evaluated_at=row.evaluated_at,
        over_budget=row.over_budget,
    )
