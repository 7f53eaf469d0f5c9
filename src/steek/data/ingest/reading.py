"""From bytes to rows: the formats in which batches arrive."""

import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

import polars as pl

from steek.data.ingest.expansion import CHUNK_ROWS, Expansion
from steek.data.ingest.reading_tables import arrow_chunks, opened, parquet_chunks
from steek.data.ingest.reading_text import csv_chunks, json_chunks, ndjson_chunks
from steek.kernel.errors import InputError, NotFoundError, TooLargeError, UnreadableError

Format = Literal["parquet", "arrow", "csv", "ndjson", "json"]
FORMATS: tuple[str, ...] = get_args(Format)
_TEXTUAL = ("csv", "ndjson", "json")
_SUFFIXES: dict[str, Format] = {
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".ipc": "arrow",
    ".feather": "arrow",
    ".csv": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".json": "json",
}
# Read at once rather than from the disk, piece by piece.
_SMALL_BYTES = 4_000_000
_FIRST_BYTES = 16
_ARROW_FILE = b"ARROW1"
_ARROW_STREAM = b"\xff\xff\xff\xff"


@dataclass(frozen=True, slots=True)
class Payload:
    """A batch as it came: its size, its identity, and either its bytes, or their file, with their format, or a frame.

    `content_hash` is SHA-256 of the bytes; for a frame, of its rows written as an Arrow file.
    """

    content: bytes | Path | pl.DataFrame
    format: Format | None
    size_bytes: int
    content_hash: str

    @property
    def textual(self) -> bool:
        """Whether values are written as text, so that text may stand for a number or a moment."""
        return self.format in _TEXTUAL

    def chunks(self, *, most_bytes: int) -> Iterator[pl.DataFrame]:
        """The rows in order, a bounded number at once, typed as the format says; every CSV column is text.

        A payload without rows gives one frame without rows.

        Args:
            most_bytes: What it may grow to in memory, all rows together.

        Raises:
            UnreadableError: the bytes are not what their format asks for; the message says where.
            TooLargeError: it would grow beyond `most_bytes`.
        """
        if isinstance(self.content, pl.DataFrame):
            yield from self.content.iter_slices(CHUNK_ROWS) if self.content.height else (self.content,)
            return
        assert self.format is not None
        if not self.size_bytes:
            message = f"the {self.format} payload is empty (0 bytes)"
            raise UnreadableError(message, next_step="A batch without rows still has a header or a schema.")
        try:
            yield from _chunks(self.content, self.format, Expansion(most_bytes))
        except UnreadableError as broken:
            raise UnreadableError(broken.message, next_step=_hint(self.content, self.format, broken)) from broken
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as cause:
            message = f"the payload of {self.size_bytes} bytes is not readable as {self.format}: {_said(cause)}"
            raise UnreadableError(message, next_step=_hint(self.content, self.format)) from cause


def _said(cause: BaseException) -> str:
    """What a library says is wrong, up to the first thing that it quotes: that might be somebody's value."""
    return re.split(r"[`\"'\[{\n]", str(cause), maxsplit=1)[0].strip(" :,(")[:200] or type(cause).__name__


def _chunks(content: bytes | Path, format: Format, expansion: Expansion) -> Iterator[pl.DataFrame]:
    match format:
        case "parquet":
            return parquet_chunks(content, expansion)
        case "arrow":
            return arrow_chunks(content, expansion)
        case "csv":
            return csv_chunks(content)
        case "ndjson":
            return ndjson_chunks(content)
        case "json":
            return json_chunks(content)


def receive(payload: bytes | pl.DataFrame | Path, format: str | None, *, max_bytes: int) -> Payload:
    """Take a batch in, without parsing it.

    Args:
        payload: Bytes, a frame, or the path of a file.
        format: One of parquet, arrow, csv, ndjson, json. None: by the file's suffix or by the first bytes, which
            tell parquet and arrow only. A frame needs none.
        max_bytes: Largest batch that is taken.

    Raises:
        InputError: unknown format, or none given and none to be seen.
        TooLargeError: more bytes than `max_bytes`.
        NotFoundError: there is no such file.
    """
    if isinstance(payload, pl.DataFrame):
        written = io.BytesIO()
        payload.rechunk().write_ipc(written, compat_level=pl.CompatLevel.oldest())
        body = written.getbuffer()
        _limit(body.nbytes, max_bytes)
        return Payload(payload, None, body.nbytes, hashlib.sha256(body).hexdigest())
    if isinstance(payload, Path):
        return _receive_file(payload, format, max_bytes)
    _limit(len(payload), max_bytes)
    return Payload(payload, _checked(format or _seen(payload)), len(payload), hashlib.sha256(payload).hexdigest())


def _receive_file(path: Path, format: str | None, max_bytes: int) -> Payload:
    try:
        with path.open("rb") as file:
            size_bytes = file.seek(0, io.SEEK_END)
            _limit(size_bytes, max_bytes)
            file.seek(0)
            first = file.read(_FIRST_BYTES)
            known = _checked(format or _SUFFIXES.get(path.suffix.lower()) or _seen(first))
            file.seek(0)
            if size_bytes <= _SMALL_BYTES:
                content = file.read()
                return Payload(content, known, len(content), hashlib.sha256(content).hexdigest())
            return Payload(path, known, size_bytes, hashlib.file_digest(file, "sha256").hexdigest())
    except FileNotFoundError:
        message = f"no file at {path}"
        raise NotFoundError(message) from None


def _limit(size_bytes: int, max_bytes: int) -> None:
    if size_bytes > max_bytes:
        message = f"the batch has {size_bytes} bytes; at most {max_bytes} are taken at once"
        raise TooLargeError(message, next_step="Send it in parts, each with its own key, or raise max_batch_bytes.")


def _checked(format: str | None) -> Format:
    if format in FORMATS:
        return cast("Format", format)
    message = (
        f"the format of the batch is {'not given' if format is None else repr(format)}; allowed: {', '.join(FORMATS)}"
    )
    raise InputError(message, next_step="Name the format; only parquet and arrow can be told from their first bytes.")


def _seen(content: bytes) -> Format | None:
    if content.startswith(b"PAR1"):
        return "parquet"
    return "arrow" if content.startswith((_ARROW_FILE, _ARROW_STREAM)) else None


def unworkable(cause: BaseException) -> UnreadableError:
    """What is told of rows that could be read, and broke what was done to them then; quotes no value."""
    message = f"the rows of the batch cannot be read as the contract asks ({type(cause).__name__})"
    return UnreadableError(message, next_step="Send plain numbers, texts, days and moments, as the contract has them.")


def _hint(content: bytes | Path, format: Format, broken: UnreadableError | None = None) -> str:
    with opened(content) as file:
        seen = _seen(file.read(_FIRST_BYTES))
    if seen not in (None, format):
        return f"The bytes look like {seen}."
    return "Write the file again and send it once more." if broken is None else broken.next_step
