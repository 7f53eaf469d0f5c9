"""Reading the formats that carry types, Parquet and Arrow, chunk by chunk."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import polars as pl

from steek.data.ingest.arrow_messages import END, FILE_MAGIC, Message, file_batches, read_messages
from steek.data.ingest.expansion import CHUNK_ROWS, Expansion
from steek.data.ingest.parquet_sizes import row_groups

# A record batch or row group is read at once; the client chose its size.
_MOST_AT_ONCE_BYTES = 1_000_000_000


def parquet_chunks(content: bytes | Path, expansion: Expansion) -> Iterator[pl.DataFrame]:
    """Rows of a Parquet file, in order."""
    with opened(content) as file:
        groups = row_groups(file)
    for group in groups:
        expansion.declared(group.expanded_bytes)
    scanned = pl.scan_parquet(content if isinstance(content, Path) else io.BytesIO(content))
    schema = scanned.collect_schema()
    expansion.rows(schema, sum(group.rows for group in groups))
    if not groups or sum(group.rows for group in groups) <= CHUNK_ROWS:
        yield from _counted(scanned.collect(), expansion)
        return
    begins = 0
    for group in groups:
        yield from _slices(scanned, begins, group.rows, expansion)
        begins += group.rows


def arrow_chunks(content: bytes | Path, expansion: Expansion) -> Iterator[pl.DataFrame]:
    """Rows of an Arrow stream or file, in order."""
    with opened(content) as file:
        if file.read(len(FILE_MAGIC)) != FILE_MAGIC:
            file.seek(0)
            yield from stream_frames(file, expansion)
            return
        batches = file_batches(file, most_bytes=_MOST_AT_ONCE_BYTES)
    for _, expanded in batches:
        expansion.declared(expanded)
    scanned = pl.scan_ipc(content if isinstance(content, Path) else io.BytesIO(content))
    rows = sum(count for count, _ in batches)
    expansion.rows(scanned.collect_schema(), rows)
    if rows <= CHUNK_ROWS:
        yield from _counted(scanned.collect(), expansion)
        return
    begins = 0
    for count, _ in batches:
        # Each is decompressed as a whole, so each is read once.
        for chunk in scanned.slice(begins, count).collect().iter_slices(CHUNK_ROWS):
            yield from _counted(chunk, expansion)
        begins += count


def stream_frames(file: BinaryIO, expansion: Expansion) -> Iterator[pl.DataFrame]:
    """Frames of an Arrow stream, each of at most `CHUNK_ROWS` rows; one without rows where there are none."""
    schema, dictionaries, empty = b"", dict[int, list[bytes]](), True
    for message in read_messages(file, most_bytes=_MOST_AT_ONCE_BYTES):
        expansion.declared(message.expanded_bytes)
        if message.kind == "schema":
            schema = message.content
        elif message.kind == "dictionary":
            _keep(dictionaries, message)
        else:
            parts = [schema, *(part for each in dictionaries.values() for part in each), message.content, END]
            shape = pl.read_ipc_stream(io.BytesIO(b"".join([schema, *parts[1:-2], END])), n_rows=0).schema
            expansion.rows(shape, message.rows)
            frame = pl.read_ipc_stream(io.BytesIO(b"".join(parts)))
            for chunk in frame.iter_slices(CHUNK_ROWS):
                if dictionaries:
                    expansion.text(chunk)
                empty = False
                yield chunk
    if empty:
        yield pl.read_ipc_stream(io.BytesIO(schema + END))


def opened(content: bytes | Path) -> BinaryIO:
    """The bytes as a file."""
    return content.open("rb") if isinstance(content, Path) else io.BytesIO(content)


def _keep(dictionaries: dict[int, list[bytes]], message: Message) -> None:
    if message.extends:
        dictionaries.setdefault(message.dictionary, []).append(message.content)
    else:
        dictionaries[message.dictionary] = [message.content]


def _slices(scanned: pl.LazyFrame, begins: int, rows: int, expansion: Expansion) -> Iterator[pl.DataFrame]:
    for at in range(begins, begins + rows, CHUNK_ROWS):
        yield from _counted(scanned.slice(at, min(CHUNK_ROWS, begins + rows - at)).collect(), expansion)


def _counted(frame: pl.DataFrame, expansion: Expansion) -> Iterator[pl.DataFrame]:
    expansion.text(frame)
    yield frame
