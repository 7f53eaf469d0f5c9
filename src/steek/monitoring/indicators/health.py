"""How each monitor itself is doing: evaluated, measuring something, measuring what can be. An SLI may break, too."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from steek.kernel.records import content_hash
from steek.ledger import Draft
from steek.monitoring.indicators.tables import monitor_health
from steek.monitoring.judgement import Measurement
from steek.monitoring.monitor import Monitor

Condition = Literal["measuring", "new", "overdue", "empty", "unreadable", "impossible"]
# In these a monitor would not notice what it is there for.
STALLED: frozenset[str] = frozenset({"overdue", "empty", "unreadable", "impossible"})

# Windows without any value until a monitor that measured before, or one that never did, counts as empty.
_EMPTY_WINDOWS = 3
_NEVER_WINDOWS = 14
# Every monitor is evaluated once a day; so long after the end of what came after its last window it is overdue.
_GRACE = timedelta(hours=6)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class HealthRow:
    """The stored part: what the last evaluation of a monitor's latest window found of the monitor itself.

    `definition` is a hash of what it measures. `value_window_end_at` is the end of the last window with any value;
    since then `empty_windows` had none. `folded` slices were put together as "(other)".
    """

    monitor: str
    definition: str
    first_window_end_at: datetime
    window_end_at: datetime
    evaluated_at: datetime
    took_ms: float
    value_window_end_at: datetime | None
    empty_windows: int
    slices: int
    folded: int
    problem: str | None
    note: str | None
    condition: Condition


@dataclass(frozen=True, slots=True)
class MonitorHealth:
    """How a monitor itself is doing.

    Args:
        monitor: Its name.
        condition: "measuring"; "new" (never evaluated); "overdue" (not evaluated when it should have been); "empty"
            (evaluated, but nothing was there to measure); "unreadable"; "impossible" (it measured what cannot be).
        reason: One sentence.
        owner, purpose: As declared.
        evaluated_at: When it was last evaluated, processing time; None for never.
        window_end_at: End of the last window evaluated.
        value_window_end_at: End of the last window in which it measured anything.
        slices: Measured then.
        folded: Further slices that were put together as "(other)".
        took_ms: What measuring and judging them took.
    """

    monitor: str
    condition: Condition
    reason: str
    owner: str
    purpose: str
    evaluated_at: datetime | None = None
    window_end_at: datetime | None = None
    value_window_end_at: datetime | None = None
    slices: int = 0
    folded: int = 0
    took_ms: float = 0.0

    @property
    def is_stalled(self) -> bool:
        """Whether it would not notice what it is there for."""
        return self.condition in STALLED


@dataclass(frozen=True, slots=True)
class Measured:
    """What one evaluation found of a monitor itself."""

    measurements: Sequence[Measurement]
    folded: int
    impossible: str | None
    note: str | None
    took_ms: float


def definition_of(monitor: Monitor) -> str:
    """Hash of what a monitor measures; another one is another series."""
    spec = monitor.indicator
    return content_hash([spec.name, str(spec.target), dict(spec.parameters), spec.delay_s, monitor.window])[:32]


def next_row(
    before: HealthRow | None, monitor: Monitor, measured: Measured, *, window_end_at: datetime, at: datetime
) -> HealthRow:
    """Health after one more window."""
    found = any(one.value is not None for one in measured.measurements)
    unreadable = next((one.unreadable for one in measured.measurements if one.unreadable is not None), None)
    again = before is not None and before.window_end_at == window_end_at
    emptied = (before.empty_windows if before else 0) + (0 if again and before and before.empty_windows else 1)
    row = HealthRow(
        monitor=monitor.name,
        definition=definition_of(monitor),
        first_window_end_at=window_end_at if before is None else before.first_window_end_at,
        window_end_at=window_end_at,
        evaluated_at=at,
        took_ms=measured.took_ms,
        value_window_end_at=window_end_at if found else before.value_window_end_at if before else None,
        empty_windows=0 if found else emptied,
        slices=len(measured.measurements),
        folded=measured.folded,
        problem=_cut(measured.impossible or unreadable),
        note=_cut(measured.note),
        condition="measuring",
    )
    return replace(row, condition=_condition(row, is_impossible=measured.impossible is not None))


def _condition(row: HealthRow, *, is_impossible: bool) -> Condition:
    if row.problem is not None:
        return "impossible" if is_impossible else "unreadable"
    patience = _NEVER_WINDOWS if row.value_window_end_at is None else _EMPTY_WINDOWS
    return "empty" if row.empty_windows >= patience else "measuring"


def health_of(monitor: Monitor, row: HealthRow | None, now: datetime) -> MonitorHealth:
    """How a monitor stands at `now`; overdue comes before all else, because what is known is old then."""
    if row is None:
        return MonitorHealth(monitor.name, "new", "never evaluated", monitor.owner, monitor.purpose)
    condition: Condition = "overdue" if is_overdue(monitor, row.window_end_at, now) else row.condition
    return MonitorHealth(
        monitor=monitor.name,
        condition=condition,
        reason=_reason(row, condition, now),
        owner=monitor.owner,
        purpose=monitor.purpose,
        evaluated_at=row.evaluated_at,
        window_end_at=row.window_end_at,
        value_window_end_at=row.value_window_end_at,
        slices=row.slices,
        folded=row.folded,
        took_ms=row.took_ms,
    )


def is_overdue(monitor: Monitor, window_end_at: datetime, now: datetime) -> bool:
    """Whether windows after the one that ended then should have been evaluated by now."""
    patience = _DAY + min(monitor.length, _DAY) + _GRACE + timedelta(seconds=monitor.indicator.delay_s)
    return now - window_end_at > patience


def _reason(row: HealthRow, condition: Condition, now: datetime) -> str:
    if condition == "overdue":
        return f"not evaluated for any window since {_moment(row.window_end_at)}, {_hours(now - row.window_end_at)} ago"
    if condition in ("unreadable", "impossible"):
        return row.problem or ""
    if condition == "empty":
        if row.value_window_end_at is None:
            return f"measured nothing in any of {row.empty_windows} windows since {_moment(row.first_window_end_at)}"
        return f"measures nothing since {_moment(row.value_window_end_at)}, {row.empty_windows} windows in a row"
    folded = f"{row.folded:,} slices beyond the {row.slices - 1:,} kept are counted together as (other)"
    parts = [folded] if row.folded else []
    return "; ".join([*parts, *([row.note] if row.note else [])])


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def _hours(length: timedelta) -> str:
    hours = length / timedelta(hours=1)
    return f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.0f} days"


def _cut(text: str | None) -> str | None:
    return None if text is None else text[:500]


def stall_events(monitor: Monitor, before: Condition | None, row: HealthRow, now: datetime) -> list[Draft]:
    """`monitor.stalled` when a monitor no longer notices what it is for; when it does again, `monitor.recovered`."""
    is_stalled = row.condition in STALLED
    if row.condition == before or (before not in STALLED and not is_stalled):
        return []
    kind = "monitor.stalled" if is_stalled else "monitor.recovered"
    text = f"{monitor.name}: {_reason(row, row.condition, now)}" if is_stalled else f"{monitor.name} measures again"
    payload: dict[str, object] = {
        "condition": row.condition,
        "text": text,
        "owner": monitor.owner,
        "purpose": monitor.purpose,
        "on": monitor.subject,
        "window_end_at": row.window_end_at,
    }
    return [Draft(kind, f"monitor:{monitor.name}", "steek", payload)]


def redefined_event(monitor: Monitor, before: HealthRow | None) -> list[Draft]:
    """`monitor.redefined` when a monitor measures something else than before under the same name."""
    definition = definition_of(monitor)
    if before is None or before.definition == definition:
        return []
    spec = monitor.indicator
    payload: dict[str, object] = {
        "text": f"{monitor.name} measures something else now: {spec.parameters.get('formula') or spec.name}",
        "indicator": spec.name,
        "target": str(spec.target),
        "before": before.definition,
        "after": definition,
    }
    return [Draft("monitor.redefined", f"monitor:{monitor.name}", "steek", payload)]


def read_health(connection: Connection) -> Mapping[str, HealthRow]:
    """Stored rows by monitor."""
    return {row["monitor"]: HealthRow(**row) for row in connection.execute(select(monitor_health)).mappings()}


def read_one(connection: Connection, monitor: str) -> HealthRow | None:
    """The row of one monitor; None before its first evaluation."""
    found = connection.execute(select(monitor_health).where(monitor_health.c.monitor == monitor)).mappings().first()
    return None if found is None else HealthRow(**found)


def write_health(connection: Connection, row: HealthRow) -> None:
    """Store the row of a monitor in place of the one before."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    values: dict[str, Any] = asdict(row)
    changed = {field.name: values[field.name] for field in fields(row) if field.name != "monitor"}
    statement = dialect.insert(monitor_health).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=["monitor"], set_=changed))
