"""Profiles in the lake: one table for each thing that is profiled, one part for each run, window and slice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from steek.data import Lake
from steek.kernel.windows import Window
from steek.monitoring.profiles.edges import ColumnEdges
from steek.monitoring.profiles.rows import Part, floors_of
from steek.monitoring.profiles.table import CELL_COLUMNS, EXACT, SCHEMA, WHOLE

_BATCH_ROWS = 500_000
# Counts of one slice in one window are small; half the width is half the room in memory and on disk.
STORED = pl.Schema(
    {
        **{name: pl.Int32() if name in CELL_COLUMNS else dtype for name, dtype in SCHEMA.items()},
        "source_version": pl.Int64(),
        "replaces": pl.Boolean(),
    }
)


@dataclass(frozen=True, slots=True)
class Stored:
    """Rows as they were stored, of some windows and slices, without what was replaced; None where there are none."""

    frame: pl.DataFrame | None
    edges: Mapping[tuple[str, int], ColumnEdges]

    def within(self, window: Window) -> pl.DataFrame:
        """The rows of windows that start in a stretch."""
        if self.frame is None:
            return SCHEMA.to_frame(eager=True)
        return self.frame.filter(pl.col("window_start").is_between(window.start_at, window.end_at, closed="left"))


def table_of(what: str) -> str:
    """Name of the lake table that keeps the profiles of something."""
    return f"profiles.{what}"


def storable(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows as they are stored."""
    return frame.select(pl.col(name).cast(dtype) for name, dtype in STORED.items())


def scan_stored(
    lake: Lake, what: str, span: Window, parts: Sequence[Part], slices: Sequence[str] | None
) -> pl.LazyFrame:
    """Rows of the windows that start in `span`, not yet read.

    Args:
        lake: Where they are.
        what: What was profiled.
        span: Stretch of time.
        parts: Those in force.
        slices: Names, "" for the whole; None for all. Sketches are read where the whole alone is asked for.
    """
    names = [name for name in STORED if name in EXACT or slices is None or WHOLE in slices]
    found = lake.scan(table_of(what)).select(*names, *(["source_version"] if "source_version" not in names else []))
    found = found.filter(pl.col("window_start").is_between(span.start_at, span.end_at, closed="left"))
    if slices is not None:
        found = found.filter(pl.col("slice").is_in(list(slices)))
    floors = floors_of(parts)
    if floors:
        # What a later version replaced is still in the table.
        bounds = pl.LazyFrame(
            {"window_start": list(floors), "floor": list(floors.values())},
            schema={"window_start": SCHEMA["window_start"], "floor": pl.Int64()},
        )
        found = found.join(bounds, on="window_start", how="left").filter(
            pl.col("source_version").is_null()
            | pl.col("floor").is_null()
            | (pl.col("source_version") >= pl.col("floor"))
        )
        found = found.drop("floor")
    return found.drop("source_version", "replaces", strict=False)


def pieces(stored: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """The rows in pieces of mostly one window each, as they lie in the table; only some are in memory at once."""
    for batch in stored.collect_batches(chunk_size=_BATCH_ROWS, maintain_order=True):
        starts = batch.select(pl.arg_where(pl.col("window_start").rle_id().diff() != 0)).to_series().to_list()
        for start, end in pairwise([0, *starts, batch.height]):
            yield batch.slice(start, end - start)
