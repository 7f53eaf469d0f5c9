"""Files of the spool: Arrow IPC streams that are written and read chunk by chunk, with a checksum over all bytes."""

import io
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from steek.data.ingest.arrow_messages import END
from steek.data.ingest.expansion import Expansion
from steek.data.ingest.reading_tables import stream_frames
from steek.kernel.errors import IntegrityError

_READ_BYTES = 1_000_000
# A commit holds a few dozen messages at once.
_MESSAGE_ROWS = 8_192


@dataclass(frozen=True, slots=True)
class SpoolFile:
    """A finished file: its name in the folder of its dataset, rows, bytes and CRC-32."""

    name: str
    rows: int
    size_bytes: int
    checksum: int

    def to_json(self) -> dict[str, object]:
        """As the database keeps it."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> "SpoolFile":
        """What `to_json` gave."""
        return cls(**plain)


class StreamWriter:
    """Writes frames of one schema as one Arrow IPC stream.

    Args:
        path: A file that does not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("xb", buffering=0)
        self._rows = 0
        self._size_bytes = 0
        self._checksum = 0
        self._begun = False

    def write(self, frame: pl.DataFrame) -> None:
        """Add rows; the schema is that of the first frame."""
        for part in frame.iter_slices(_MESSAGE_ROWS) if frame.height > _MESSAGE_ROWS else (frame,):
            self._write(part)

    def _write(self, frame: pl.DataFrame) -> None:
        written = io.BytesIO()
        frame.rechunk().write_ipc_stream(written, compat_level=pl.CompatLevel.oldest())
        begins = _first_message_bytes(written.getbuffer()) if self._begun else 0
        # Every frame is a stream of its own; joined, only the first schema and the last end mark stay.
        self._put(written.getbuffer()[begins : -len(END)])
        self._rows += frame.height
        self._begun = True

    def finish(self) -> SpoolFile:
        """End the stream and make its bytes survive a loss of power; the name is durable once the folder is."""
        self._put(memoryview(END))
        os.fsync(self._file.fileno())
        self._file.close()
        return SpoolFile(self.path.name, self._rows, self._size_bytes, self._checksum)

    def discard(self) -> None:
        """Close and remove it."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def _put(self, data: memoryview) -> None:
        left = data
        while len(left):
            left = left[self._file.write(left) :]
        self._size_bytes += len(data)
        self._checksum = zlib.crc32(data, self._checksum)


def read_frames(path: Path) -> Iterator[pl.DataFrame]:
    """The rows of a spool file, a bounded number at once; one empty frame where there are none."""
    with path.open("rb") as file:
        yield from stream_frames(file, Expansion(_UNLIMITED))


def read_schema(path: Path) -> pl.Schema:
    """Columns and types of a spool file.

    Raises:
        IntegrityError: it is missing, or does not begin with a schema.
    """
    try:
        with path.open("rb") as file:
            (size,) = struct.unpack("<i", file.read(8)[4:])
            file.seek(0)
            return pl.read_ipc_stream(io.BytesIO(file.read(8 + size) + END)).schema
    except (OSError, struct.error, pl.exceptions.PolarsError) as cause:
        message = f"spool file {path.name} does not begin with a schema: {cause}"
        raise IntegrityError(message) from cause


def check(path: Path, file: SpoolFile) -> None:
    """Compare a file with what was written.

    Raises:
        IntegrityError: it is missing, or has other bytes.
    """
    found, size_bytes = 0, 0
    try:
        with path.open("rb", buffering=0) as opened:
            while block := opened.read(_READ_BYTES):
                found = zlib.crc32(block, found)
                size_bytes += len(block)
    except OSError as cause:
        message = f"spool file {file.name} cannot be read: {cause.strerror}"
        raise IntegrityError(message) from cause
    if (size_bytes, found) != (file.size_bytes, file.checksum):
        message = f"spool file {file.name} has {size_bytes} bytes with checksum {found:08x}"
        raise IntegrityError(f"{message}; written were {file.size_bytes} with {file.checksum:08x}")


def _first_message_bytes(stream: memoryview) -> int:
    return 8 + int(struct.unpack("<i", stream[4:8])[0])


_UNLIMITED = 1 << 62
