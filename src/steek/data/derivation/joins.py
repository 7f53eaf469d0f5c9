"""Joins that count: left, matched and unmatched rows, per slice, against what the past would lead one to expect."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from statistics import median

import polars as pl
from sqlalchemy import Connection, RowMapping, insert, select

from steek.data.tables import join_reports
from steek.kernel.errors import DeclarationError
from steek.kernel.windows import Window
from steek.ledger import Draft

_HISTORY_WINDOWS = 28
_LEAST_HISTORY = 3


@dataclass(frozen=True, slots=True)
class JoinSlice:
    """The part of a join whose left rows have one value; `slice` is that value as text, None where it is absent."""

    slice: str | None
    left_rows: int
    matched_rows: int


@dataclass(frozen=True, slots=True)
class JoinReport:
    """What one join of one run found.

    Args:
        name: Name of the join, e.g. "transactions x products".
        dataset: The derived dataset that it belongs to.
        window: Event time of its left rows.
        left_rows: Rows that looked for a partner.
        matched_rows: Of these, the rows that found at least one.
        unmatched_rows: The others.
        matched_fraction: matched_rows / left_rows; None when there were no left rows.
        expected_fraction: Median of the fractions of up to 28 earlier windows; None with fewer than 3 of them.
        at: Processing time.
        slices: Counts per slice, largest first; empty unless the join was asked for them.
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

    @property
    def found_nothing(self) -> bool:
        """Rows looked for a partner and not one found any."""
        return self.left_rows > 0 and self.matched_rows == 0


@dataclass(frozen=True, slots=True)
class Measured:
    """Counts of one join, before they are compared with the past."""

    name: str
    left_rows: int
    matched_rows: int
    slices: tuple[JoinSlice, ...]


class CountingJoin:
    """The `join` that a derived dataset's function is given; it remembers what it counted in `measured`."""

    def __init__(self) -> None:
        self.measured: list[Measured] = []

    @property
    def found_nothing(self) -> bool:
        """Some join so far had rows on its left and not one of them found a partner."""
        return any(each.left_rows > 0 and each.matched_rows == 0 for each in self.measured)

    def __call__(
        self,
        left: pl.LazyFrame,
        right: pl.LazyFrame,
        *,
        on: str | Sequence[str],
        name: str,
        how: str = "inner",
        slice_by: str | None = None,
    ) -> pl.LazyFrame:
        """Join two frames, and count.

        Args:
            left: The rows that look for a partner; held in memory, as are the partners they find.
            right: Where they look. Several partners of one row give several rows, counted as one match.
            on: Columns that must be equal; null equals nothing.
            name: What the join is called in reports, once per derived dataset.
            how: "inner" drops rows without partner, "left" keeps them with nulls.
            slice_by: Column of `left` whose values are counted separately too.

        Raises:
            DeclarationError: another `how`, or a name used twice.
        """
        if how not in ("inner", "left"):
            message = f"join {name!r} has how={how!r}; allowed: inner, left"
            raise DeclarationError(message)
        if any(other.name == name for other in self.measured):
            message = f"two joins are named {name!r}; reports could not tell them apart"
            raise DeclarationError(message)
        keys = [on] if isinstance(on, str) else list(on)
        rows = left.collect()
        wanted = rows.lazy().select(keys).unique()
        partners = right.join(wanted, on=keys, how="semi", maintain_order="left").collect()
        found = rows.lazy().join(partners.lazy().select(keys).unique(), on=keys, how="semi").collect()
        slices = () if slice_by is None else _by_slice(rows, found, slice_by)
        self.measured.append(Measured(name, rows.height, found.height, slices))
        kind = "inner" if how == "inner" else "left"
        return rows.lazy().join(partners.lazy(), on=keys, how=kind, maintain_order="left_right")


def report(connection: Connection, measured: Measured, dataset: str, window: Window, at: datetime) -> JoinReport:
    """Compare counts with the windows before; reads the history, writes nothing."""
    left, matched = measured.left_rows, measured.matched_rows
    return JoinReport(
        name=measured.name,
        dataset=dataset,
        window=window,
        left_rows=left,
        matched_rows=matched,
        unmatched_rows=left - matched,
        matched_fraction=matched / left if left else None,
        expected_fraction=_expected(connection, dataset, measured.name, window),
        at=at,
        slices=measured.slices,
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
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[JoinReport]:
    """Reports whose window starts in [since, until), ordered by window, then by writing."""
    query = select(join_reports)
    if dataset is not None:
        query = query.where(join_reports.c.dataset == dataset)
    if key is not None:
        query = query.where(join_reports.c.key == key)
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
        "matched_fraction": found.matched_fraction,
        "expected_fraction": found.expected_fraction,
    }
    return Draft(kind, f"dataset:{found.dataset}", actor, facts, at=found.at)


def _expected(connection: Connection, dataset: str, name: str, window: Window) -> float | None:
    table = join_reports
    query = select(table.c.window_start_at, table.c.left_rows, table.c.matched_rows)
    query = query.where(table.c.dataset == dataset, table.c.name == name, table.c.window_end_at <= window.start_at)
    # Windows where nothing matched were failures; they say nothing about what is normal.
    query = query.where(table.c.matched_rows > 0)
    query = query.order_by(table.c.window_start_at.desc(), table.c.sequence.desc()).limit(2 * _HISTORY_WINDOWS)
    latest: dict[datetime, float] = {}
    for start_at, left, matched in connection.execute(query):
        latest.setdefault(start_at, matched / left)
    fractions = list(latest.values())[:_HISTORY_WINDOWS]
    return median(fractions) if len(fractions) >= _LEAST_HISTORY else None


def _by_slice(rows: pl.DataFrame, found: pl.DataFrame, column: str) -> tuple[JoinSlice, ...]:
    value = pl.col(column).cast(pl.String).alias("slice")
    left = rows.group_by(value).agg(pl.len().alias("left"))
    matched = found.group_by(value).agg(pl.len().alias("matched"))
    counted = left.join(matched, on="slice", how="left", nulls_equal=True).with_columns(pl.col("matched").fill_null(0))
    ordered = counted.sort(["left", "slice"], descending=[True, False])
    return tuple(JoinSlice(*row) for row in ordered.iter_rows())


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
    )
