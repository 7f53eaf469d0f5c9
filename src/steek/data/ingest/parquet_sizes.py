"""How large a Parquet file becomes when it is read: told by its footer, before anything is decompressed.

Source: Apache Parquet, `parquet.thrift` (FileMetaData, RowGroup), written in Thrift's compact protocol.
"""

import struct
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from steek.kernel.errors import UnreadableError

_MAGIC = b"PAR1"
_MOST_FOOTER_BYTES = 64_000_000
_DEEPEST = 32
_MOST_ELEMENTS = 30_000
# Numbers of fields in parquet.thrift.
_SCHEMA, _ROWS, _GROUPS = 2, 3, 4
_CHILDREN = 5
_GROUP_BYTES, _GROUP_ROWS = 2, 3
_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 11, 12


@dataclass(frozen=True, slots=True)
class RowGroup:
    """One row group: its rows, and its bytes when decompressed, as the writer counted them."""

    rows: int
    expanded_bytes: int


def row_groups(file: BinaryIO) -> list[RowGroup]:
    """The row groups of a Parquet file, in order.

    Raises:
        UnreadableError: there is no footer, or it is damaged.
    """
    size_bytes = file.seek(0, 2)
    if size_bytes < 12:
        raise _broken(f"{size_bytes} bytes are too few")
    file.seek(size_bytes - 8)
    (length,), magic = struct.unpack("<I", file.read(4)), file.read(4)
    if magic != _MAGIC or length > min(size_bytes - 8, _MOST_FOOTER_BYTES):
        raise _broken("it does not end with a footer")
    file.seek(size_bytes - 8 - length)
    try:
        footer = _Compact(file.read(length)).struct(0)
        _check_schema(cast("list[Any]", footer[_SCHEMA]))
        groups = [cast("dict[int, Any]", group) for group in cast("list[Any]", footer.get(_GROUPS, []))]
        found = [RowGroup(int(group[_GROUP_ROWS]), int(group[_GROUP_BYTES])) for group in groups]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, struct.error) as cause:
        raise _broken("its footer is damaged") from cause
    if any(group.rows < 0 or group.expanded_bytes < 0 for group in found) or sum(g.rows for g in found) != footer.get(
        _ROWS
    ):
        raise _broken("its footer contradicts itself")
    return found


def _check_schema(elements: list[Any]) -> None:
    """Refuse groups within groups beyond all reason: whoever reads them descends into each."""
    if len(elements) > _MOST_ELEMENTS:
        raise _broken(f"its schema has {len(elements)} elements; at most {_MOST_ELEMENTS} are read")
    left: list[int] = []
    for element in elements:
        while left and not left[-1]:
            left.pop()
        if left:
            left[-1] -= 1
        left.append(int(element.get(_CHILDREN, 0)))
        if len(left) > _DEEPEST:
            raise _broken(f"its columns are nested more than {_DEEPEST} deep")


class _Compact:
    """Thrift's compact protocol, as far as a footer needs it; whatever is not a number or a container is skipped."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def struct(self, depth: int) -> dict[int, Any]:
        if depth > _DEEPEST:
            message = "nested too deeply"
            raise ValueError(message)
        fields: dict[int, Any] = {}
        number = 0
        while True:
            head = self._byte()
            if head == 0:
                return fields
            number = number + (head >> 4) if head >> 4 else self._zigzag()
            kind = head & 0x0F
            fields[number] = (kind == _TRUE) if kind in (_TRUE, _FALSE) else self._value(kind, depth)

    def _value(self, kind: int, depth: int) -> Any:
        if kind in (_TRUE, _FALSE, _BYTE):
            return self._byte()
        if kind == _DOUBLE:
            return self._skip(8)
        if kind == _BINARY:
            return self._skip(self._varint())
        if kind in (_LIST, _SET):
            return self._list(depth)
        if kind == _MAP:
            return self._map(depth)
        return self.struct(depth + 1) if kind == _STRUCT else self._zigzag()

    def _list(self, depth: int) -> list[Any]:
        head = self._byte()
        count = head >> 4 if head >> 4 != 15 else self._varint()
        return [self._value(head & 0x0F, depth) for _ in range(self._fits(count))]

    def _map(self, depth: int) -> None:
        count = self._fits(self._varint())
        kinds = self._byte() if count else 0
        for _ in range(count):
            self._value(kinds >> 4, depth)
            self._value(kinds & 0x0F, depth)

    def _fits(self, count: int) -> int:
        # Every element has at least one byte.
        if count > len(self._data) - self._at:
            message = "a list longer than the footer"
            raise ValueError(message)
        return count

    def _skip(self, size_bytes: int) -> None:
        self._at += size_bytes

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > 63:
                message = "a number of more than 64 bits"
                raise ValueError(message)

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)


def _broken(why: str) -> UnreadableError:
    message = f"the payload is not readable as parquet: {why}"
    return UnreadableError(message, next_step="Write the file again and send it once more.")
