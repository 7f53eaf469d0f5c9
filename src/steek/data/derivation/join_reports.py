"""What joins found, kept: counts in total and per slice, beside what the windows before lead one to expect."""

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import datetime
from statistics import median
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select

from steek.data.derivation.matching import JoinPlan, Matched
from steek.data.tables import join_reports
from steek.kernel.windows import Window
from steek.ledger import Draft

_HISTORY_WINDOWS = 28
_LEAST_HISTORY = 3


@dataclass(frozen=True, slots=True)
class JoinSlice:
    """The part of a join whose left rows have one value.

    Args:
        slice: That value as text, None where it is absent.
        left_rows: Rows that looked for a partner.
        matched_rows: Of these, the rows that found at least one.
        expected_fraction: Median of the slice's own fractions in up to 28 earlier windows; None with fewer than 3.
        must_match: The join was told that this slice must find some partner.
    """

    slice: str | None
    left_rows: int
    matched_rows: int
    expected_fraction: float | None = None
    must_match: bool = False

    @property
    def matched_fraction(self) -> float | None:
        """Share of its rows that found a partner; None without rows."""
        return self.matched_rows / self.left_rows if self.left_rows else None

    @property
    def found_nothing(self) -> bool:
        """It had rows, and not one of them found a partner."""
        return self.left_rows > 0 and self.matched_rows == 0


@dataclass(frozen=True, slots=True)
class JoinReport:
    """What one join of one run found.

    Args:
        name: Name of the join, e.g. "transactions x products".
        dataset: The derived dataset that it belongs to; of an ad-hoc join, the dataset of its left rows.
        window: Event time of its left rows.
        left_rows: Rows that looked for a partner.
        matched_rows: Of these, the rows that found at least one.
        unmatched_rows: The others.
        matched_fraction: matched_rows / left_rows; None when there were no left rows.
        expected_fraction: Median of the fractions of up to 28 earlier windows; None with fewer than 3 of them.
        at: Processing time.
        slices: Counts per slice, largest first; empty unless the join was asked for them.
        several_rows: Left rows that found more than one partner; None in reports of old that did not count them.
        point_in_time: Each row took the partner that held at its own moment.
    """

    name: str
    dataset: str
    window: Window
    left_rows: int
    matched_rows: int
    unmatched_rows: int
    matched_fraction: float | None
    expected_fraction: float | None
    at: datetime
    slices: tuple[JoinSlice, ...] = ()
    several_rows: int | None = None
    point_in_time: bool = False

    @property
    def found_nothing(self) -> bool:
        """Rows looked for a partner and not one found any, in all or in a slice that must match."""
        nothing = self.left_rows > 0 and self.matched_rows == 0
        return nothing or any(each.must_match and each.found_nothing for each in self.slices)

    @property
    def shortage(self) -> str:
        """For people: whose rows found nothing, e.g. "lines x products: 0 of 10 rows; usual: 80%"."""
        told = [_shortage(self.name, self.left_rows, self.expected_fraction)] if self.matched_rows == 0 else []
        empty = [each for each in self.slices if each.must_match and each.found_nothing] if not told else []
        return "; ".join(
            told
            or [_shortage(f"{self.name}, slice {each.slice}", each.left_rows, each.expected_fraction) for each in empty]
        )


@dataclass(frozen=True, slots=True)
class Measured:
    """Counts of one join, before they are compared with the past."""

    name: str
    left_rows: int
    matched_rows: int
    slices: tuple[JoinSlice, ...]
    several_rows: int = 0
    point_in_time: bool = False

    @classmethod
    def of(cls, plan: JoinPlan, found: Matched) -> "Measured":
        """What a plan found; a slice that must match and has no rows at all is not missed."""
        must_match = plan.must_match
        slices = tuple(
            JoinSlice(each.slice, each.left_rows, each.matched_rows, must_match=each.slice in must_match)
            for each in found.slices
        )
        return cls(plan.name, found.left_rows, found.matched_rows, slices, found.several_rows, plan.point_in_time)

    @property
    def found_nothing(self) -> bool:
        """As of a report."""
        nothing = self.left_rows > 0 and self.matched_rows == 0
        return nothing or any(each.must_match and each.found_nothing for each in self.slices)


def report(connection: Connection, measured: Measured, dataset: str, window: Window, at: datetime) -> JoinReport:
    """Compare counts with the windows before; reads the history, writes nothing."""
    left, matched = measured.left_rows, measured.matched_rows
    history = _history(connection, dataset, measured.name, window)
    per_slice: dict[str | None, list[float]] = defaultdict(list)
    for _, _, slices in history:
        for part in slices:
            if part["left_rows"]:
                per_slice[part["slice"]].append(part["matched_rows"] / part["left_rows"])
    return JoinReport(
        name=measured.name,
        dataset=dataset,
        window=window,
        left_rows=left,
        matched_rows=matched,
        unmatched_rows=left - matched,
        matched_fraction=matched / left if left else None,
        expected_fraction=_usual([found / asked for asked, found, _ in history]),
        at=at,
        slices=tuple(
            JoinSlice(
                each.slice, each.left_rows, each.matched_rows, _usual(per_slice[each.slice]), must_match=each.must_match
            )
            for each in measured.slices
        ),
        several_rows=measured.several_rows,
        point_in_time=measured.point_in_time,
    )


def write(connection: Connection, found: JoinReport, key: str) -> None:
    """Store a report under the key of its run."""
    row = {
        "dataset": found.dataset,
        "key": key,
        "name": found.name,
        "window_start_at": found.window.start_at,
        "window_end_at": found.window.end_at,
        "left_rows": found.left_rows,
        "matched_rows": found.matched_rows,
        "several_rows": found.several_rows,
        "point_in_time": found.point_in_time,
        "expected_fraction": found.expected_fraction,
        "slices": [asdict(part) for part in found.slices],
        "at": found.at,
    }
    connection.execute(insert(join_reports).values(row))


def read(
    connection: Connection,
    dataset: str | None,
    *,
    key: str | None = None,
    name: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[JoinReport]:
    """Reports whose window starts in [since, until), ordered by window, then by writing."""
    query = select(join_reports)
    for column, wanted in (("dataset", dataset), ("key", key), ("name", name)):
        if wanted is not None:
            query = query.where(join_reports.c[column] == wanted)
    if since is not None:
        query = query.where(join_reports.c.window_start_at >= since)
    if until is not None:
        query = query.where(join_reports.c.window_start_at < until)
    query = query.order_by(join_reports.c.window_start_at, join_reports.c.sequence)
    return [_to_report(row) for row in connection.execute(query).mappings()]


def measured_event(found: JoinReport, *, kind: str, actor: str) -> Draft:
    """The event that tells of a report: `join.measured`, or `join.failed` when nothing matched."""
    facts: dict[str, object] = {
        "join": found.name,
        "window_start_at": found.window.start_at,
        "window_end_at": found.window.end_at,
        "left_rows": found.left_rows,
        "matched": found.matched_rows,
        "unmatched": found.unmatched_rows,
        "several": found.several_rows,
        "matched_fraction": found.matched_fraction,
        "expected_fraction": found.expected_fraction,
    }
    return Draft(kind, f"dataset:{found.dataset}", actor, facts, at=found.at)


def _history(connection: Connection, dataset: str, name: str, window: Window) -> list[tuple[int, int, Any]]:
    """Left rows, matched rows and slices of up to 28 earlier windows, of each its last run."""
    table = join_reports
    query = select(table.c.window_start_at, table.c.left_rows, table.c.matched_rows, table.c.slices)
    query = query.where(table.c.dataset == dataset, table.c.name == name, table.c.window_end_at <= window.start_at)
    # Windows where nothing matched were failures; they say nothing about what is normal.
    query = query.where(table.c.matched_rows > 0)
    query = query.order_by(table.c.window_start_at.desc(), table.c.sequence.desc()).limit(2 * _HISTORY_WINDOWS)
    latest: dict[datetime, tuple[int, int, Any]] = {}
    for start_at, left, matched, slices in connection.execute(query):
        latest.setdefault(start_at, (left, matched, slices))
    return list(latest.values())[:_HISTORY_WINDOWS]


def _usual(fractions: list[float]) -> float | None:
    return median(fractions) if len(fractions) >= _LEAST_HISTORY else None


def _shortage(what: str, left_rows: int, expected: float | None) -> str:
    usual = "" if expected is None else f"; usual: {expected:.0%}"
    return f"{what}: 0 of {left_rows} rows{usual}"


def _to_report(row: RowMapping) -> JoinReport:
    left, matched = row["left_rows"], row["matched_rows"]
    return JoinReport(
        name=row["name"],
        dataset=row["dataset"],
        window=Window(row["window_start_at"], row["window_end_at"]),
        left_rows=left,
        matched_rows=matched,
        unmatched_rows=left - matched,
        matched_fraction=matched / left if left else None,
        expected_fraction=row["expected_fraction"],
        at=row["at"],
        slices=tuple(JoinSlice(**part) for part in row["slices"]),
        several_rows=row["several_rows"],
        point_in_time=row["point_in_time"],
    )
