"""Rows of a view with a single entity column, kept in memory for looking up many candidates at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

import numpy as np
import numpy.typing as npt

from steek.features.blocks import Block, Scalar, key_text, unpack
from steek.features.ports import OnlineStore


@dataclass(frozen=True, slots=True)
class RowTable:
    """Rows of one publication that were read so far.

    Args:
        as_of: The snapshot; None while no row was found.
        names: Names of the features.
        values: float32, rows x (features + 1); row 0 and the last column are NaN.
        positions: Entity to its row; 0 for entities that are known to be missing.
    """

    as_of: datetime | None = None
    names: tuple[str, ...] = ()
    values: npt.NDArray[np.float32] = field(default_factory=lambda: np.full((1, 1), np.nan, np.float32))
    positions: dict[Scalar, int] = field(default_factory=dict[Scalar, int])


class ResidentRows:
    """Remembers rows of one view; safe to share between threads.

    Its owner drops it when the store's epoch changes. When more than `limit` entities were asked for, it forgets.

    Args:
        online: Where rows come from.
        view: Name of the view.
        limit: Entities to remember.
    """

    def __init__(self, online: OnlineStore, view: str, limit: int) -> None:
        self._online = online
        self._view = view
        self._limit = limit
        self._lock = Lock()
        self._table = RowTable()

    def find(self, candidates: Sequence[Scalar]) -> tuple[RowTable, npt.NDArray[np.intp]]:
        """The table, and the row of each candidate in it; row 0 where there is none."""
        table = self._table
        found = [table.positions.get(candidate, -1) for candidate in candidates]
        if -1 in found:
            with self._lock:
                table = self._table = self._read(self._table, candidates)
            found = [table.positions[candidate] for candidate in candidates]
        return table, np.array(found, dtype=np.intp)

    def _read(self, table: RowTable, candidates: Sequence[Scalar]) -> RowTable:
        asked = dict.fromkeys(candidates)
        missing = [candidate for candidate in asked if candidate not in table.positions]
        if len(table.positions) + len(missing) > self._limit:
            table, missing = RowTable(), list(asked)
        blocks = self._blocks(missing)
        if not _same_publication(table, blocks):
            # The view was published between two reads: what is held belongs to the one before.
            table, missing = RowTable(), list(asked)
            blocks = self._blocks(missing)
        return _extended(table, missing, blocks)

    def _blocks(self, candidates: list[Scalar]) -> list[Block | None]:
        blobs = self._online.get(self._view, [key_text((candidate,)) for candidate in candidates])
        return [None if blob is None else unpack(blob) for blob in blobs]


def _same_publication(table: RowTable, blocks: list[Block | None]) -> bool:
    if table.as_of is None:
        return True
    return all(block is None or (block.as_of, block.names) == (table.as_of, table.names) for block in blocks)


def _extended(table: RowTable, candidates: list[Scalar], blocks: list[Block | None]) -> RowTable:
    positions = dict(table.positions)
    present = [block for block in blocks if block is not None]
    used = len(table.values)
    for candidate, block in zip(candidates, blocks, strict=True):
        positions[candidate] = 0 if block is None else used
        used += block is not None
    if not present:
        return RowTable(table.as_of, table.names, table.values, positions)
    names = present[0].names
    held = table.values if table.as_of is not None else np.full((1, len(names) + 1), np.nan, np.float32)
    return RowTable(present[0].as_of, names, np.vstack([held, *(block.values[:1] for block in present)]), positions)
