"""Reading the formats that are text, CSV, NDJSON and JSON, chunk by chunk."""

import codecs
import contextlib
import io
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import polars as pl

from steek.data.ingest.expansion import CHUNK_ROWS
from steek.data.ingest.reading_tables import opened
from steek.data.ingest.shapes import MOST_CELLS, check_cells, check_csv, check_ndjson, is_flat
from steek.kernel.errors import UnreadableError

_BLOCK_BYTES = 8_000_000
# One row; what is read of it takes many times as much.
_LONGEST_BYTES = 16_000_000
_SPACE = " \t\r\n"
_PLAIN: dict[type[object], pl.DataType] = {str: pl.String(), float: pl.Float64(), bool: pl.Boolean()}


def csv_chunks(content: bytes | Path) -> Iterator[pl.DataFrame]:
    """Rows of a CSV file with a header; every column is text."""
    columns = check_csv(content)
    # Text only: types are the contract's business, and guessing from a sample turns one odd row into an error.
    if isinstance(content, bytes) and len(content) <= _BLOCK_BYTES:
        yield pl.read_csv(io.BytesIO(content), infer_schema=False)
        return
    scanned = pl.scan_csv(content if isinstance(content, Path) else io.BytesIO(content), infer_schema=False)
    empty = True
    rows = max(1, min(CHUNK_ROWS, MOST_CELLS // (2 * columns)))
    for frame in scanned.collect_batches(chunk_size=rows, lazy=True):
        for chunk in frame.iter_slices(rows):
            empty = False
            yield chunk
    if empty:
        yield scanned.head(0).collect()


def ndjson_chunks(content: bytes | Path) -> Iterator[pl.DataFrame]:
    """Rows of one JSON object a line; types are those of the whole payload."""
    return _alike(lambda: (_ndjson(block, first) for first, block in _line_blocks(content)))


def json_chunks(content: bytes | Path) -> Iterator[pl.DataFrame]:
    """Rows of a JSON array of objects; types are those of the whole payload."""
    return _alike(lambda: (rows_of(objects, first) for first, objects in _object_blocks(content)))


def rows_of(objects: list[object], first: int = 1) -> pl.DataFrame:
    """JSON objects as rows; a column of mixed types becomes JSON text, one of objects or lists a list of such texts.

    No contract has a type for objects or lists, and columns for what is in them could be any number.

    Raises:
        UnreadableError: something is not an object, or no object has a field; counting begins at `first`.
        TooLargeError: they have few names in common.
    """
    alike = _alike_columns(objects)
    if alike is not None:
        return pl.DataFrame([_series(name, values) for name, values in alike.items()])
    columns: dict[str, list[Any]] = {}
    for number, row in enumerate(objects, start=first):
        if not isinstance(row, dict):
            message = f"row {number} is a JSON {type(row).__name__}, not an object"
            raise UnreadableError(message, next_step='Each row is {"field": value, ...}.')
        for name in cast("dict[str, Any]", row):
            columns.setdefault(name, [])
    if objects and not columns:
        message = f"the {len(objects)} rows of the payload are objects without fields"
        raise UnreadableError(message)
    check_cells(len(objects), len(columns))
    for name, values in columns.items():
        values.extend(cast("dict[str, Any]", row).get(name) for row in objects)
    return pl.DataFrame([_series(name, values) for name, values in columns.items()])


def _alike_columns(objects: list[object]) -> dict[str, list[Any]] | None:
    """The values by column where all rows have the same names in the same order, as those of one program have."""
    if not objects or not isinstance(objects[0], dict) or not objects[0]:
        return None
    names = list(cast("dict[str, Any]", objects[0]))
    if not all(isinstance(row, dict) and list(cast("dict[str, Any]", row)) == names for row in objects):
        return None
    rows = cast("list[dict[str, Any]]", objects)
    check_cells(len(rows), len(names))
    return dict(zip(names, map(list, zip(*(row.values() for row in rows), strict=True)), strict=True))


def _alike(blocks: Callable[[], Iterable[pl.DataFrame]]) -> Iterator[pl.DataFrame]:
    """Blocks of one payload with columns and types in common: what one reading of the whole would have given."""
    frames = iter(blocks())
    first, second = next(frames, None), next(frames, None)
    assert first is not None
    if second is None:
        yield from _sliced(first)
        return
    wanted = _common(first.schema, second.schema)
    for frame in frames:
        wanted = _common(wanted, frame.schema)
    for frame in blocks():
        yield from _sliced(frame if frame.schema == wanted else _conformed(frame, wanted))


def _sliced(frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    return frame.iter_slices(CHUNK_ROWS) if frame.height else iter((frame,))


def _common(one: pl.Schema, other: pl.Schema) -> pl.Schema:
    types: dict[str, Any] = {**one}
    for name, dtype in other.items():
        before = types.get(name)
        if before is None or isinstance(before, pl.Null):
            types[name] = dtype
        elif before != dtype and not isinstance(dtype, pl.Null):
            types[name] = pl.Float64() if before.is_numeric() and dtype.is_numeric() else pl.String()
    check_cells(1, len(types))
    return pl.Schema(types)


def _conformed(frame: pl.DataFrame, wanted: pl.Schema) -> pl.DataFrame:
    check_cells(frame.height, len(wanted))
    columns: list[pl.Series] = []
    for name, dtype in wanted.items():
        if name not in frame.columns:
            columns.append(pl.repeat(None, frame.height, dtype=dtype, eager=True).alias(name))
        elif dtype == pl.String() and frame[name].dtype.is_nested():
            columns.append(frame[name].list.first())
        else:
            columns.append(frame[name].cast(dtype))
    return pl.DataFrame(columns)


def _line_blocks(content: bytes | Path) -> Iterator[tuple[int, bytes]]:
    """Whole lines, some megabytes at once, with the number of the first."""
    if isinstance(content, bytes) and len(content) <= _BLOCK_BYTES:
        yield 1, content
        return
    with opened(content) as file:
        number, rest = 1, b""
        while block := file.read(_BLOCK_BYTES):
            end = block.rfind(b"\n") + 1
            if not end:
                rest = _within(rest + block, f"line {number} or one soon after it")
                continue
            yield number, rest + block[:end]
            number += rest.count(b"\n") + block.count(b"\n", 0, end)
            rest = block[end:]
        if rest:
            yield number, rest


def _ndjson(content: bytes, first: int) -> pl.DataFrame:
    if is_flat(content):
        check_ndjson(content)
        with contextlib.suppress(pl.exceptions.PolarsError, pl.exceptions.PanicException):
            return pl.read_ndjson(io.BytesIO(content), infer_schema_length=None)
    # Read slowly to say which line is broken, or to keep a row whose value has an odd type.
    lines = enumerate(content.decode("utf-8", errors="strict").split("\n"), start=first)
    return rows_of([_line(number, text) for number, text in lines if text.strip()], first)


def _line(number: int, text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_object)
    except (ValueError, RecursionError) as cause:
        why = cause if isinstance(cause, ValueError) else "nested too deeply"
        message = f"line {number} is not JSON: {why}"
        raise UnreadableError(message, next_step="One JSON object on each line.") from cause


def _object_blocks(content: bytes | Path) -> Iterator[tuple[int, list[object]]]:
    """Objects of a JSON array, some megabytes of text at once, with the number of the first."""
    if isinstance(content, bytes) and len(content) <= _BLOCK_BYTES:
        yield 1, _whole_array(content)
        return
    with opened(content) as file:
        yield from _ArrayReader(file).blocks()


def _whole_array(content: bytes) -> list[object]:
    try:
        rows: object = json.loads(content, object_pairs_hook=_object)
    except RecursionError as cause:
        message = "the JSON payload is nested too deeply"
        raise UnreadableError(message, next_step='Send [{"field": value, ...}, ...].') from cause
    if not isinstance(rows, list):
        raise _no_array(type(rows).__name__)
    return cast("list[object]", rows)


class _ArrayReader:
    """Takes the elements of a JSON array out of a file that need not fit into memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._json = json.JSONDecoder(object_pairs_hook=_object)
        self._text = ""
        self._ended = False
        self._number = 1

    def blocks(self) -> Iterator[tuple[int, list[object]]]:
        self._more()
        self._text = self._text.lstrip(_SPACE)
        if not self._text.startswith("["):
            raise _no_array("value")
        self._text = self._text[1:]
        closed = False
        while not closed:
            first = self._number
            objects, closed = self._block()
            if objects or first == 1:
                yield first, objects
        if (self._text + self._rest()).strip(_SPACE):
            message = f"there is more text after the JSON array of {self._number - 1} rows"
            raise UnreadableError(message, next_step='Send [{"field": value, ...}, ...].')

    def _block(self) -> tuple[list[object], bool]:
        """Elements of the text at hand, and whether the array ended."""
        objects: list[object] = []
        at = 0
        while True:
            at = self._past_space(at)
            if at >= len(self._text):
                break
            if self._text[at] == "]":
                self._text = self._text[at + 1 :]
                return objects, True
            if self._text[at] == ",":
                at += 1
                continue
            try:
                found, end = self._json.raw_decode(self._text, at)
            except RecursionError as cause:
                raise self._broken("nested too deeply") from cause
            except ValueError as cause:
                if self._ended:
                    raise self._broken(str(cause)) from cause
                break
            if end >= len(self._text) and not self._ended:
                # A number may go on in the next block.
                break
            objects.append(found)
            self._number += 1
            at = end
        self._text = self._text[at:]
        if not self._more():
            raise self._broken("the array does not end")
        return objects, False

    def _past_space(self, at: int) -> int:
        while at < len(self._text) and self._text[at] in _SPACE:
            at += 1
        return at

    def _more(self) -> bool:
        block = self._file.read(_BLOCK_BYTES)
        ended, self._ended = self._ended, not block
        self._text += self._decoder.decode(block, final=not block)
        if len(self._text) > _LONGEST_BYTES:
            raise self._broken(f"longer than {_LONGEST_BYTES} characters")
        return not ended

    def _rest(self) -> str:
        return self._decoder.decode(self._file.read(_BLOCK_BYTES), final=False)

    def _broken(self, why: str) -> UnreadableError:
        message = f"row {self._number} of the JSON array cannot be read: {why}"
        return UnreadableError(message, next_step='Send [{"field": value, ...}, ...].')


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        # Which of the two is meant, readers decide each in their own way.
        message = f"an object of {len(pairs)} fields has {len(found)} names"
        raise ValueError(message)
    return found


def _within(text: bytes, what: str) -> bytes:
    if len(text) > _LONGEST_BYTES:
        message = f"{what} is longer than {_LONGEST_BYTES} bytes"
        raise UnreadableError(message, next_step="One JSON object on each line.")
    return text


def _no_array(kind: str) -> UnreadableError:
    message = f"the JSON payload is one {kind}, not an array of objects"
    return UnreadableError(message, next_step='Send [{"field": value, ...}, ...].')


def _series(name: str, values: list[Any]) -> pl.Series:
    kinds: set[type[object]] = set(map(type, values)) - {type(None)}
    if kinds in ({str}, {float}, {bool}):
        # Said, it is not looked for.
        return pl.Series(name, values, dtype=_PLAIN[next(iter(kinds))])
    if kinds in ({dict}, {list}):
        nested = [None if value is None else [_written(value)] for value in values]
        return pl.Series(name, nested, dtype=pl.List(pl.String))
    if len(kinds) <= 1 or kinds == {int, float}:
        return pl.Series(name, values, strict=False)
    texts = [value if value is None or isinstance(value, str) else _written(value) for value in values]
    return pl.Series(name, texts, dtype=pl.String)


def _written(value: object) -> str:
    try:
        return json.dumps(value)
    except RecursionError as cause:
        message = "a value of the payload is nested too deeply"
        raise UnreadableError(message, next_step="Values are numbers, texts, true, false or null.") from cause
