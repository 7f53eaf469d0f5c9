"""Files and bodies that are looked at as a whole: drafts of contracts, labels."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from steek.data.ingest.reading import receive


@dataclass(frozen=True, slots=True)
class WholeFile:
    """All rows of a payload; `textual` when they came as text, so that text may stand for numbers and moments."""

    frame: pl.DataFrame
    textual: bool


def read_rows_of(payload: bytes | Path, format: str | None, *, max_bytes: int) -> WholeFile:
    """Every row at once, in memory.

    Raises:
        InputError, TooLargeError, NotFoundError, UnreadableError: as for a batch of data.
    """
    received = receive(payload, format, max_bytes=max_bytes)
    chunks = list(received.chunks(most_bytes=4 * max_bytes))
    return WholeFile(pl.concat(chunks, how="vertical_relaxed"), received.textual)
