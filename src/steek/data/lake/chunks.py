"""Rows that come in chunks, so that a change may be larger than memory."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import polars as pl
from arro3.core import RecordBatch, RecordBatchReader, Table

from steek.data.lake.types import storable


@dataclass(frozen=True, slots=True)
class Chunks:
    """Frames of one schema that are one change of a table.

    Args:
        schema: Columns and types of every chunk.
        rows: Rows of all chunks together.
        open: Begins from the first chunk; called again where a lost race makes the write start anew. The frames must
            be the same every time.
    """

    schema: pl.Schema
    rows: int
    open: Callable[[], Iterable[pl.DataFrame]]

    @classmethod
    def of(cls, frame: pl.DataFrame) -> "Chunks":
        """One frame."""
        return cls(frame.schema, frame.height, lambda: (frame,))

    def storable(self) -> "Chunks":
        """The same rows in types that the lake keeps; see `storable`.

        Raises:
            InputError: a type that the lake has no place for.
        """
        empty = storable(self.schema.to_frame(eager=True))
        return Chunks(empty.schema, self.rows, lambda: (storable(frame) for frame in self.open()))

    def reader(self) -> RecordBatchReader:
        """The rows as a stream that is read once, one chunk after the other."""
        return RecordBatchReader.from_batches(
            Table.from_arrow(self.schema.to_frame(eager=True)).schema, self._batches()
        )

    def _batches(self) -> Iterator[RecordBatch]:
        for frame in self.open():
            yield from Table.from_arrow(frame).to_batches()
