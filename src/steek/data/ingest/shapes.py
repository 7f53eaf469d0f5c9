"""How many cells text becomes: a few bytes of it can name a column, and every row has a cell in each."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import polars as pl

from steek.kernel.errors import TooLargeError, UnreadableError

MOST_COLUMNS = 10_000
"""Columns of one batch."""
MOST_CELLS = 16_000_000
"""Rows times columns of what is worked on at once."""
_BLOCK_BYTES = 8_000_000
_LONGEST_HEADER_BYTES = 4_000_000
# Whole texts, so that what stands in a value is not taken for a name.
_TEXTS = r'"(?:[^"\\]|\\.)*"\s*:?'
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")


def check_cells(rows: int, columns: int) -> None:
    """Refuse rows that would take far more memory than they have values.

    Raises:
        TooLargeError: too many columns, or too many cells at once.
    """
    if columns > MOST_COLUMNS:
        message = f"the batch has {columns} columns; at most {MOST_COLUMNS} are taken"
        raise TooLargeError(message, next_step="Send the fields of the contract, and each under one name.")
    if rows * columns > MOST_CELLS:
        message = f"{rows} rows and {columns} columns make {rows * columns} cells, most of them empty"
        step = f"Send rows with the fields of the contract; {MOST_CELLS} cells are worked on at once."
        raise TooLargeError(message, next_step=step)


def check_csv(content: bytes | Path) -> int:
    """The number of columns, once it is known that the rows fill them.

    A row may leave out its last fields, so that one byte could stand for thousands of cells.

    Raises:
        TooLargeError: too many columns, or rows that leave out most of them.
        UnreadableError: it is not UTF-8, by its first bytes.
    """
    columns = 0
    for block in _blocks(content):
        if not columns:
            columns = _header(block)
        check_cells(block.count(b"\n"), columns)
    return columns


def check_ndjson(content: bytes) -> None:
    """Refuse objects that have few names in common, or a name twice.

    Raises:
        TooLargeError: too many names, or too many for so many rows.
        UnreadableError: a name stands there more often than there are rows.
    """
    rows = content.rstrip().count(b"\n") + 1
    texts = pl.Series([content], dtype=pl.Binary).cast(pl.String, strict=False).str.extract_all(_TEXTS).explode()
    names = texts.filter(texts.str.ends_with(":"))
    counts = names.value_counts(name="rows")["rows"]
    check_cells(rows, len(counts))
    most = max(counts, default=0)
    if most > rows:
        message = f"{rows} JSON objects have one name {most} times"
        raise UnreadableError(message, next_step="Write each name once in an object.")


def is_flat(content: bytes) -> bool:
    """Whether no line can hold an object or a list as a value."""
    return b"[" not in content and content.count(b"{") <= content.count(b"\n") + 1


def _header(block: bytes) -> int:
    if block.startswith(_WIDE_MARKS):
        message = "the csv payload is UTF-16, at its first byte; UTF-8 is read"
        raise UnreadableError(message, next_step="Write it in UTF-8.")
    line = block.partition(b"\n")[0]
    if b"\0" in line:
        message = f"the header of the csv payload holds the byte 0 at {line.index(0)}"
        raise UnreadableError(message, next_step="Write it in UTF-8.")
    if len(line) > _LONGEST_HEADER_BYTES:
        message = f"the header of the csv payload is longer than {_LONGEST_HEADER_BYTES} bytes"
        raise UnreadableError(message, next_step="The first line names the columns.")
    return line.count(b",") + 1


def _blocks(content: bytes | Path) -> Iterator[bytes]:
    file: BinaryIO = content.open("rb") if isinstance(content, Path) else io.BytesIO(content)
    with file:
        while block := file.read(_BLOCK_BYTES):
            yield block
