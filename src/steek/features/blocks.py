"""The packed form in which a snapshot is served: one blob for each value of the leading entity columns."""

import json
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import polars as pl

from steek.kernel.errors import IntegrityError

Scalar = int | str
Members = npt.NDArray[np.int64] | npt.NDArray[np.str_]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# magic, format version, kind of members, bytes per member, rows, bytes of column names, as_of in microseconds
_HEADER = struct.Struct("<3sBBxHIIq")
_MAGIC = b"sfb"
_VERSION = 1
_NO_MEMBERS, _INTEGERS, _TEXTS = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Block:
    """The rows of one leading entity value.

    Args:
        as_of: The snapshot that it belongs to.
        members: Values of the last entity column, ascending, one per row; None for a view with one entity column,
            whose block is one row.
        names: Names of the features.
        values: float32, (rows + 1) x (features + 1); the last row and the last column are NaN, so that "not found"
            is an index like any other.
    """

    as_of: datetime
    members: Members | None
    names: tuple[str, ...]
    values: npt.NDArray[np.float32] = field(repr=False)

    @property
    def rows(self) -> int:
        return len(self.values) - 1

    @property
    def columns(self) -> dict[str, npt.NDArray[np.float32]]:
        """Feature name to its values, float32, one per row in the order of `members`."""
        return {name: self.values[:-1, position] for position, name in enumerate(self.names)}


def key_text(values: Sequence[Scalar]) -> str:
    """The key under which the block of leading entity values is stored.

    >>> key_text((900, "BEEF"))
    '900,"BEEF"'
    """
    return ",".join(json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value) for value in values)


def pack(
    frame: pl.DataFrame, *, entity: tuple[str, ...], columns: Sequence[str], as_of: datetime
) -> Iterator[tuple[str, bytes]]:
    """Cut one snapshot into keyed blobs.

    Args:
        frame: One row per entity, sorted by `entity` in order; integers or text, without nulls.
        entity: The entity columns; the last one becomes the members of a block, unless it is alone.
        columns: The feature columns to pack; null and NaN are both packed as NaN.
        as_of: The snapshot's instant.
    """
    if frame.is_empty():
        return
    names = "\n".join(columns).encode()
    casts = [pl.col(name).cast(pl.Float32).fill_null(float("nan")) for name in columns]
    numbers = frame.select(casts).to_numpy() if columns else np.empty((frame.height, 0), np.float32)
    content, width = np.ascontiguousarray(numbers, "<f4").tobytes(), 4 * len(columns)
    instant = (as_of - _EPOCH) // timedelta(microseconds=1)
    if len(entity) == 1:
        head = _HEADER.pack(_MAGIC, _VERSION, _NO_MEMBERS, 0, 1, len(names), instant) + names
        for row, value in enumerate(frame[entity[0]].to_list()):
            yield key_text((value,)), head + content[row * width : (row + 1) * width]
        return
    starts = frame.select(pl.struct(entity[:-1]).rle_id().alias("block")).with_row_index("row")
    firsts = starts.group_by("block", maintain_order=True).agg(pl.col("row").first())["row"].to_numpy()
    members, kind = _pack_members(frame[entity[-1]])
    member_bytes, member_width = members.tobytes(), members.itemsize
    ends = np.append(firsts[1:], frame.height)
    for key, start, end in zip(frame[firsts].select(entity[:-1]).rows(), firsts.tolist(), ends.tolist(), strict=True):
        head = _HEADER.pack(_MAGIC, _VERSION, kind, member_width, end - start, len(names), instant)
        body = member_bytes[start * member_width : end * member_width], content[start * width : end * width]
        yield key_text(key), b"".join((head, names, *body))


def unpack(blob: bytes) -> Block:
    """A block from its blob.

    Raises:
        IntegrityError: the blob is cut short, of another format, or of a later version.
    """
    try:
        magic, version, kind, member_width, rows, names_bytes, instant = _HEADER.unpack_from(blob)
        names = _names(blob[_HEADER.size : _HEADER.size + names_bytes])
        offset = _HEADER.size + names_bytes
        members = _unpack_members(blob, kind, member_width, rows, offset)
        content = np.frombuffer(blob, "<f4", rows * len(names), offset + rows * member_width)
    except (struct.error, ValueError) as cause:
        message = f"a stored feature block of {len(blob)} bytes is damaged: {cause}"
        raise IntegrityError(message, next_step="Publish the view again.") from cause
    if magic != _MAGIC or version != _VERSION:
        message = f"a stored feature block has format {magic!r} {version}; this steek reads {_MAGIC!r} {_VERSION}"
        raise IntegrityError(message, next_step="Publish the view again.")
    values = np.full((rows + 1, len(names) + 1), np.nan, np.float32)
    values[:-1, :-1] = content.reshape(rows, len(names))
    return Block(_EPOCH + timedelta(microseconds=instant), members, names, values)


@lru_cache(maxsize=256)
def _names(text: bytes) -> tuple[str, ...]:
    return tuple(text.decode().split("\n")) if text else ()


def _pack_members(series: pl.Series) -> tuple[npt.NDArray[np.generic], int]:
    if series.dtype == pl.String:
        return np.array([value.encode() for value in series.to_list()], dtype=np.bytes_), _TEXTS
    return series.cast(pl.Int64).to_numpy().astype("<i8", copy=False), _INTEGERS


def _unpack_members(blob: bytes, kind: int, width: int, rows: int, offset: int) -> Members | None:
    if kind == _NO_MEMBERS:
        return None
    if kind == _INTEGERS:
        return np.frombuffer(blob, "<i8", rows, offset).astype(np.int64)
    # Text sorts the same by UTF-8 bytes, as packed, and by code points, as compared from here on.
    return np.char.decode(np.frombuffer(blob, f"S{width}", rows, offset), "utf-8")
