"""A piece of work: the rows of one version, or of one window, read in chunks and profiled."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from steek.kernel.windows import Window
from steek.monitoring.profiles.columns import needed_columns
from steek.monitoring.profiles.computing import Kept, profile_frame
from steek.monitoring.profiles.edges import ColumnEdges
from steek.monitoring.profiles.merging import merge
from steek.monitoring.profiles.spec import ProfileSpec
from steek.monitoring.profiles.table import SCHEMA, ProfileTable, concat

# Numbers in memory at once; 16 million are 128 MB.
_MOST_VALUES = 16_000_000
_LEAST_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows that are profiled in one go; pickles where the frame does.

    Args:
        frame: The rows, not yet read.
        spec: How they are profiled.
        edges: By column.
        kept: Slices that are counted by themselves, where there are too many.
        window: The window of all rows; None where each row says so itself.
        version: Version of the source table.
        replaces: Whether the rows are all there is of their windows.
    """

    frame: pl.LazyFrame
    spec: ProfileSpec
    edges: Mapping[str, ColumnEdges]
    kept: Kept
    window: Window | None
    version: int
    replaces: bool


def compute(piece: Piece) -> pl.DataFrame:
    """Rows of a profile table for one piece of work, with its version and whether it replaces; time is linear in the
    rows, memory does not depend on their number.
    """
    needed = needed_columns(piece.frame, piece.spec)
    size = max(_MOST_VALUES // max(len(needed), 1), _LEAST_ROWS)
    chunks = piece.frame.select(needed).collect_batches(chunk_size=size, maintain_order=False)
    table = merge_windows(
        profile_frame(chunk, piece.spec, piece.edges, piece.window, piece.kept) for chunk in chunks if chunk.height
    )
    return table.frame.with_columns(
        pl.lit(piece.version, pl.Int64).alias("source_version"), pl.lit(piece.replaces).alias("replaces")
    )


def merge_windows(tables: Iterable[ProfileTable]) -> ProfileTable:
    """One row for each window, slice and column of all tables."""
    waiting: list[ProfileTable] = []
    for table in tables:
        waiting.append(table)
        # Two at a time: what waits is never more than twice the result.
        waiting = [_by_window(waiting)] if len(waiting) > 1 else waiting
    return waiting[0] if waiting else ProfileTable(SCHEMA.to_frame(eager=True))


def _by_window(tables: list[ProfileTable]) -> ProfileTable:
    parts = concat(tables).frame.partition_by("window_start", maintain_order=True)
    return concat([merge([part]) for part in parts])
