"""The messages of an Arrow IPC stream or file, one by one, with what they would become when decompressed.

Only the few numbers that say where a message ends and how large it grows are read here; columns are Polars' work.
Source: Apache Arrow, "Columnar format", sections "Encapsulated message format" and "RecordBatch message", and the
FlatBuffers binary format.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from steek.kernel.errors import UnreadableError

FILE_MAGIC = b"ARROW1"
END = b"\xff\xff\xff\xff\x00\x00\x00\x00"
_CONTINUATION = b"\xff\xff\xff\xff"
_SCHEMA, _DICTIONARY, _RECORDS = 1, 2, 3
_MOST_METADATA_BYTES = 16_000_000
_DEEPEST, _MOST_FIELDS = 16, 10_000
# Numbers of fields in Schema.fbs.
_FIELDS, _CHILDREN = 1, 5


@dataclass(frozen=True, slots=True)
class Message:
    """One message: `kind` is "schema", "dictionary" or "records"; `rows` and `expanded_bytes` are those it declares.

    `dictionary` is the number of a dictionary, `extends` whether it adds to the one of that number before it.
    """

    kind: str
    content: bytes
    rows: int
    expanded_bytes: int
    dictionary: int
    extends: bool


def read_messages(file: BinaryIO, *, most_bytes: int) -> Iterator[Message]:
    """Messages up to the end marker, or the end of the file between two messages.

    Args:
        file: Bytes of a stream.
        most_bytes: Largest body of one message, as it lies there and decompressed.

    Raises:
        UnreadableError: cut off, too large, or not Arrow; the message says at which byte.
    """
    at = 0
    while True:
        head = file.read(8)
        if not head or head == END:
            return
        if len(head) < 8 or not head.startswith(_CONTINUATION):
            raise _broken(at, "no Arrow message begins there")
        (size_bytes,) = struct.unpack("<i", head[4:])
        if not 0 < size_bytes <= _MOST_METADATA_BYTES:
            raise _broken(at, f"a message cannot have metadata of {size_bytes} bytes")
        metadata = _exactly(file, size_bytes, at)
        try:
            described = _describe(metadata)
        except (struct.error, IndexError) as cause:
            raise _broken(at, "the metadata of its message is damaged") from cause
        if not 0 <= described.body_bytes <= most_bytes:
            raise _broken(at, f"a message of {described.body_bytes} bytes; at most {most_bytes} are read at once")
        body = _exactly(file, described.body_bytes, at)
        try:
            expanded_bytes = described.expanded(body)
        except struct.error as cause:
            raise _broken(at, "its buffers lie outside the message") from cause
        if expanded_bytes > most_bytes:
            raise _broken(at, f"a message of {expanded_bytes} bytes; at most {most_bytes} are read at once")
        kind = {_SCHEMA: "schema", _DICTIONARY: "dictionary", _RECORDS: "records"}.get(described.kind)
        if kind is None:
            raise _broken(at, f"messages of kind {described.kind} hold no rows")
        yield Message(
            kind,
            head + metadata + body,
            described.rows,
            expanded_bytes,
            described.dictionary,
            described.extends,
        )
        at += 8 + size_bytes + described.body_bytes


def file_batches(file: BinaryIO, *, most_bytes: int) -> list[tuple[int, int]]:
    """Rows and expanded bytes of each record batch of a file in the Arrow file format, in order.

    Dictionaries count with the first batch.

    Args:
        file: Bytes of a file.
        most_bytes: Largest body of one message, decompressed.

    Raises:
        UnreadableError: too large, or there is no footer, or it is damaged.
    """
    size_bytes = file.seek(0, 2)
    file.seek(max(0, size_bytes - 10))
    tail = file.read(10)
    length = struct.unpack("<i", tail[:4])[0] if len(tail) == 10 and tail.endswith(FILE_MAGIC) else 0
    if not 0 < length <= min(size_bytes - 10, _MOST_METADATA_BYTES):
        raise _broken(size_bytes, "it does not end with a footer")
    file.seek(size_bytes - 10 - length)
    try:
        footer = file.read(length)
        table = _Table(footer, struct.unpack_from("<I", footer)[0])
        _check_fields(table.table(1), size_bytes - 10 - length)
        dictionaries, batches = (
            [_at_block(file, block, size_bytes) for block in table.blocks(field)] for field in (2, 3)
        )
    except (struct.error, IndexError) as cause:
        raise _broken(size_bytes - 10 - length, "its footer is damaged") from cause
    largest = max((expanded for _, expanded in [*dictionaries, *batches]), default=0)
    if largest > most_bytes:
        raise _broken(0, f"a message of {largest} bytes; at most {most_bytes} are read at once")
    if batches:
        rows, expanded = batches[0]
        batches[0] = (rows, expanded + sum(more for _, more in dictionaries))
    return batches


def _at_block(file: BinaryIO, block: tuple[int, int, int], size_bytes: int) -> tuple[int, int]:
    offset, metadata_bytes, body_bytes = block
    if min(block) < 0 or offset + metadata_bytes + body_bytes > size_bytes or metadata_bytes > _MOST_METADATA_BYTES:
        raise _broken(offset, "a record batch lies outside the file")
    file.seek(offset)
    content = file.read(metadata_bytes)
    described = _describe(content[8:] if content.startswith(_CONTINUATION) else content[4:])
    if not described.compressed:
        return described.rows, body_bytes
    total, begins = 0, offset + metadata_bytes
    for place, length in described.buffers:
        if length >= 8:
            file.seek(begins + place)
            total += max(struct.unpack("<q", file.read(8))[0], length - 8)
    return described.rows, total


@dataclass(frozen=True, slots=True)
class _Described:
    kind: int
    body_bytes: int
    rows: int
    compressed: bool
    buffers: tuple[tuple[int, int], ...]
    dictionary: int = 0
    extends: bool = False

    def expanded(self, body: bytes) -> int:
        if not self.compressed:
            return len(body)
        total = 0
        for offset, length in self.buffers:
            if length >= 8 and offset + 8 <= len(body):
                (declared,) = struct.unpack_from("<q", body, offset)
                # -1 marks a buffer that was left as it is.
                total += max(declared, length - 8)
        return total


def _describe(metadata: bytes) -> _Described:
    table = _Table(metadata, struct.unpack_from("<I", metadata)[0])
    kind, body_bytes = table.number(1, "<B"), table.number(3, "<q")
    records = table.table(2)
    if kind == _SCHEMA:
        _check_fields(records, 0)
    number, extends = 0, False
    if records is not None and kind == _DICTIONARY:
        number, extends = records.number(0, "<q"), bool(records.number(2, "<B"))
        records = records.table(1)
    if records is None or kind == _SCHEMA:
        return _Described(kind, body_bytes, 0, compressed=False, buffers=())
    rows, compressed = records.number(0, "<q"), records.table(3) is not None
    return _Described(kind, body_bytes, rows, compressed, records.pairs(2), number, extends)


def _check_fields(schema: "_Table | None", at: int) -> None:
    """Refuse fields within fields beyond all reason; what is deep, or stands in several places, is read many times."""
    level, seen = [] if schema is None else schema.tables(_FIELDS), 0
    for _ in range(_DEEPEST):
        seen += len(level)
        if seen > _MOST_FIELDS:
            raise _broken(at, f"its schema has more than {_MOST_FIELDS} fields")
        level = [child for field in level for child in field.tables(_CHILDREN)[: _MOST_FIELDS + 1]]
        if not level:
            return
    raise _broken(at, f"its fields are nested more than {_DEEPEST} deep")


class _Table:
    """A FlatBuffers table: fields by their number, found through its vtable."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self._at = at
        self._vtable = at - struct.unpack_from("<i", data, at)[0]
        (self._size,) = struct.unpack_from("<H", data, self._vtable)

    def number(self, field: int, form: str) -> int:
        place = self._place(field)
        return 0 if place is None else struct.unpack_from(form, self._data, place)[0]

    def table(self, field: int) -> "_Table | None":
        place = self._place(field)
        return None if place is None else _Table(self._data, place + struct.unpack_from("<I", self._data, place)[0])

    def tables(self, field: int) -> "list[_Table]":
        """A vector of tables."""
        place = self._place(field)
        if place is None:
            return []
        start = place + struct.unpack_from("<I", self._data, place)[0]
        (count,) = struct.unpack_from("<I", self._data, start)
        places = [start + 4 + 4 * each for each in range(min(count, len(self._data)))]
        return [_Table(self._data, each + struct.unpack_from("<I", self._data, each)[0]) for each in places]

    def pairs(self, field: int) -> tuple[tuple[int, int], ...]:
        """A vector of structs of two 64-bit numbers."""
        place = self._place(field)
        if place is None:
            return ()
        start = place + struct.unpack_from("<I", self._data, place)[0]
        (count,) = struct.unpack_from("<I", self._data, start)
        numbers = struct.unpack_from(f"<{2 * count}q", self._data, start + 4) if count <= len(self._data) else ()
        return tuple(zip(numbers[::2], numbers[1::2], strict=True))

    def blocks(self, field: int) -> list[tuple[int, int, int]]:
        """A vector of `Block` structs: offset, bytes of metadata, bytes of body."""
        place = self._place(field)
        if place is None:
            return []
        start = place + struct.unpack_from("<I", self._data, place)[0]
        (count,) = struct.unpack_from("<I", self._data, start)
        return [struct.unpack_from("<qi4xq", self._data, start + 4 + 24 * each) for each in range(count)]

    def _place(self, field: int) -> int | None:
        entry = 4 + 2 * field
        if entry + 2 > self._size:
            return None
        (offset,) = struct.unpack_from("<H", self._data, self._vtable + entry)
        return self._at + offset if offset else None


def _exactly(file: BinaryIO, size_bytes: int, at: int) -> bytes:
    data = file.read(size_bytes)
    if len(data) < size_bytes:
        raise _broken(at, f"a message of {size_bytes} bytes is cut off after {len(data)}")
    return data


def _broken(at: int, why: str) -> UnreadableError:
    message = f"the payload is not readable as arrow at byte {at}: {why}"
    return UnreadableError(message, next_step="Write the file again and send it once more.")
