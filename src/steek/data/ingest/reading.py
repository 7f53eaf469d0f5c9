"""From bytes to rows: the formats in which batches arrive."""

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

import polars as pl

from steek.kernel.errors import InputError, NotFoundError, UnreadableError

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
_ARROW_FILE = b"ARROW1"
_ARROW_STREAM = b"\xff\xff\xff\xff"


@dataclass(frozen=True, slots=True)
class Payload:
    """A batch as it came: its size, its identity, and either its bytes with their format or a frame.

    `content_hash` is SHA-256 of the bytes; for a frame, of its rows written as an Arrow file.
    """

    content: bytes | pl.DataFrame
    format: Format | None
    size_bytes: int
    content_hash: str

    @property
    def textual(self) -> bool:
        """Whether values are written as text, so that text may stand for a number or a moment."""
        return self.format in _TEXTUAL

    def frame(self) -> pl.DataFrame:
        """The rows, typed as the format says; every CSV column is text.

        Raises:
            UnreadableError: the bytes are not what their format asks for; the message says where.
        """
        if isinstance(self.content, pl.DataFrame):
            return self.content
        assert self.format is not None
        if not self.content:
            message = f"the {self.format} payload is empty (0 bytes)"
            raise UnreadableError(message, next_step="A batch without rows still has a header or a schema.")
        try:
            return _READERS[self.format](self.content)
        except UnreadableError:
            raise
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as cause:
            message = f"the payload of {self.size_bytes} bytes is not readable as {self.format}: {cause}"
            raise UnreadableError(message, next_step=_hint(self.content, self.format)) from cause


def receive(payload: bytes | pl.DataFrame | Path, format: str | None, *, max_bytes: int) -> Payload:
    """Take a batch in, without parsing it.

    Args:
        payload: Bytes, a frame, or the path of a file.
        format: One of parquet, arrow, csv, ndjson, json. None: by the file's suffix or by the first bytes, which
            tell parquet and arrow only. A frame needs none.
        max_bytes: Largest batch that is taken.

    Raises:
        InputError: unknown format, none given and none to be seen, or a batch that is too large.
        NotFoundError: there is no such file.
    """
    if isinstance(payload, pl.DataFrame):
        written = io.BytesIO()
        payload.rechunk().write_ipc(written, compat_level=pl.CompatLevel.oldest())
        body = written.getbuffer()
        _limit(body.nbytes, max_bytes)
        return Payload(payload, None, body.nbytes, hashlib.sha256(body).hexdigest())
    if isinstance(payload, Path):
        try:
            _limit(payload.stat().st_size, max_bytes)
            content = payload.read_bytes()
        except FileNotFoundError:
            message = f"no file at {payload}"
            raise NotFoundError(message) from None
        known = format or _SUFFIXES.get(payload.suffix.lower()) or _seen(content)
    else:
        _limit(len(payload), max_bytes)
        content = payload
        known = format or _seen(content)
    return Payload(content, _checked(known), len(content), hashlib.sha256(content).hexdigest())


def _limit(size_bytes: int, max_bytes: int) -> None:
    if size_bytes > max_bytes:
        message = f"the batch has {size_bytes} bytes; at most {max_bytes} are taken at once"
        raise InputError(message, next_step="Send it in parts, each with its own key, or raise max_batch_bytes.")


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


def _hint(content: bytes, format: Format) -> str:
    seen = _seen(content)
    return (
        f"The bytes look like {seen}." if seen not in (None, format) else "Write the file again and send it once more."
    )


def _parquet(content: bytes) -> pl.DataFrame:
    return pl.read_parquet(io.BytesIO(content))


def _arrow(content: bytes) -> pl.DataFrame:
    read = pl.read_ipc if content.startswith(_ARROW_FILE) else pl.read_ipc_stream
    return read(io.BytesIO(content))


def _csv(content: bytes) -> pl.DataFrame:
    # Text only: types are the contract's business, and guessing from a sample turns one odd row into an error.
    return pl.read_csv(io.BytesIO(content), infer_schema=False)


def _ndjson(content: bytes) -> pl.DataFrame:
    try:
        return pl.read_ndjson(io.BytesIO(content), infer_schema_length=None)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        # Read slowly to say which line is broken, or to keep a row whose value has an odd type.
        lines = enumerate(content.decode("utf-8", errors="strict").splitlines(), start=1)
        return _from_objects([_line(number, text) for number, text in lines if text.strip()])


def _line(number: int, text: str) -> object:
    try:
        return json.loads(text)
    except ValueError as cause:
        message = f"line {number} is not JSON: {cause}"
        raise UnreadableError(message, next_step="One JSON object on each line.") from cause


def _json(content: bytes) -> pl.DataFrame:
    rows: object = json.loads(content)
    if not isinstance(rows, list):
        message = f"the JSON payload is one {type(rows).__name__}, not an array of objects"
        raise UnreadableError(message, next_step='Send [{"field": value, ...}, ...].')
    return _from_objects(cast("list[object]", rows))


def _from_objects(rows: list[object]) -> pl.DataFrame:
    columns: dict[str, list[Any]] = {}
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            message = f"row {number} is a JSON {type(row).__name__}, not an object"
            raise UnreadableError(message, next_step='Each row is {"field": value, ...}.')
        for name in cast("dict[str, Any]", row):
            columns.setdefault(name, [])
    if rows and not columns:
        message = f"the {len(rows)} rows of the payload are objects without fields"
        raise UnreadableError(message)
    for name, values in columns.items():
        values.extend(cast("dict[str, Any]", row).get(name) for row in rows)
    return pl.DataFrame([_series(name, values) for name, values in columns.items()])


def _series(name: str, values: list[Any]) -> pl.Series:
    kinds: set[type[object]] = {type(value) for value in values if value is not None}
    if len(kinds) <= 1 or kinds == {int, float}:
        return pl.Series(name, values, strict=False)
    texts = [value if value is None or isinstance(value, str) else json.dumps(value) for value in values]
    return pl.Series(name, texts, dtype=pl.String)


_READERS: dict[Format, Callable[[bytes], pl.DataFrame]] = {
    "parquet": _parquet,
    "arrow": _arrow,
    "csv": _csv,
    "ndjson": _ndjson,
    "json": _json,
}
