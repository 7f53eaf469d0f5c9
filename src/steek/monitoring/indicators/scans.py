"""Rows of lake tables for many indicators at once: one scan per table and stretch of time, shared by all of them."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import polars as pl

from steek.data import Lake
from steek.kernel.errors import InputError, NotFoundError
from steek.kernel.windows import Window

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Reads:
    """What an indicator reads.

    Args:
        table: Name of a lake table.
        at: Its column of event time.
        columns: Columns it needs besides.
        optional: Columns it takes where they are there.
        prefixes: Beginnings of the names of further such columns.
    """

    table: str
    at: str
    columns: frozenset[str]
    optional: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()

    @property
    def all(self) -> frozenset[str]:
        """Every column that may be read."""
        return self.columns | self.optional | {self.at}

    def takes(self, column: str) -> bool:
        """Whether a column is read."""
        return column in self.all or column.startswith(self.prefixes)


def rows_of(lake: Lake, reads: Reads, window: Window) -> pl.LazyFrame | None:
    """Rows with an event time in the window, only the columns that are read; None while there is no such table.

    Raises:
        InputError: the table lacks a column that is needed.
    """
    try:
        table = lake.scan(reads.table, technical=True)
    except NotFoundError:
        return None
    names = table.collect_schema().names()
    require(reads, names)
    kept = [name for name in names if reads.takes(name)]
    return _inside(table, reads.at, window).select(kept)


def require(reads: Reads, names: Iterable[str]) -> None:
    """Raises InputError when a column that is needed is not among `names`."""
    there = set(names)
    missing = sorted((reads.columns | {reads.at}) - there)
    if missing:
        known = ", ".join(sorted(name for name in there if not name.startswith("_")))
        message = f"{reads.table} have no column {', '.join(missing)}; there are: {known}"
        raise InputError(message, next_step=f"Correct the indicator that reads {reads.table}.")


@dataclass(frozen=True, slots=True)
class _Planned:
    """What all indicators of a table read together."""

    reads: Reads
    window: Window

    def covers(self, reads: Reads, window: Window) -> bool:
        """Whether it holds what one of them asks for."""
        inside = self.window.start_at <= window.start_at and window.end_at <= self.window.end_at
        return inside and reads.all <= self.reads.all and set(reads.prefixes) <= set(self.reads.prefixes)

    def and_also(self, reads: Reads, window: Window) -> "_Planned":
        """With what another one reads. Columns are all optional: one that is missing is told to its own indicator."""
        known = self.reads
        optional = known.optional | reads.columns | reads.optional
        prefixes = tuple(dict.fromkeys((*known.prefixes, *reads.prefixes)))
        stretch = Window(min(self.window.start_at, window.start_at), max(self.window.end_at, window.end_at))
        return _Planned(Reads(known.table, known.at, frozenset(), optional, prefixes), stretch)


class Scans:
    """Rows that several indicators read in one evaluation; the first that asks pays for the scan.

    Args:
        lake: Where tables are.
        wanted: What will be read, and the stretch of time it is read for.
    """

    def __init__(self, lake: Lake, wanted: Iterable[tuple[Reads, Window]]) -> None:
        self._lake = lake
        self._plan = _planned(wanted)
        self._frames: dict[tuple[str, str], pl.DataFrame | None] = {}
        self._made: dict[Hashable, Any] = {}
        self.scanned = 0

    def rows(self, reads: Reads, window: Window) -> pl.LazyFrame | None:
        """As `rows_of`."""
        name = (reads.table, reads.at)
        planned = self._plan.get(name)
        if planned is None or not planned.covers(reads, window):
            self.scanned += 1
            return rows_of(self._lake, reads, window)
        if name not in self._frames:
            self.scanned += 1
            found = rows_of(self._lake, planned.reads, planned.window)
            self._frames[name] = None if found is None else found.collect()
        frame = self._frames[name]
        if frame is None:
            return None
        require(reads, frame.columns)
        rows = frame.lazy().select(column for column in frame.columns if reads.takes(column))
        return rows if window == planned.window else _inside(rows, reads.at, window)

    def once(self, name: Hashable, make: Callable[[], Made]) -> Made:
        """Anything else that several indicators need, made for the first of them; one that fails is tried again."""
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]


def _planned(wanted: Iterable[tuple[Reads, Window]]) -> Mapping[tuple[str, str], _Planned]:
    plan: dict[tuple[str, str], _Planned] = {}
    for reads, window in wanted:
        name = (reads.table, reads.at)
        known = plan.get(name, _Planned(Reads(reads.table, reads.at, frozenset()), window))
        plan[name] = known.and_also(reads, window)
    return plan


def _inside(rows: pl.LazyFrame, at: str, window: Window) -> pl.LazyFrame:
    return rows.filter(pl.col(at) >= window.start_at, pl.col(at) < window.end_at)
