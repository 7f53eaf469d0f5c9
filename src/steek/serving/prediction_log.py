"""The prediction log: append-only segment files that survive the death of the process that writes them.

A segment is JSON lines after a header line with format and version. Its writer holds an exclusive lock on it for
as long as it lives, so a segment that can be locked gets no more lines. A process never appends to a segment it
did not begin; a line cut off by its death is therefore the last one of its file, and was never answered.
"""

import fcntl
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from steek.kernel.errors import UnreadableError
from steek.kernel.ids import new_id
from steek.serving.prediction_record import PredictionRecord

_HEADER = b'{"format":"steek.predictions","version":1}\n'
_SUFFIX = ".jsonl"
_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(PredictionRecord)


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment as found: its complete lines end at byte `end`; `closed` when its writer is gone or moved on."""

    name: str
    end: int
    size_bytes: int
    closed: bool


class PredictionLog:
    """Writes answers; safe to share between threads, one writer per process and path.

    Args:
        path: Folder of the segments; made when first written to.
        max_segment_bytes: A segment that reached this size is followed by a new one.
    """

    def __init__(self, path: Path, *, max_segment_bytes: int = 64_000_000) -> None:
        self._path = path
        self._max_segment_bytes = max_segment_bytes
        self._lock = threading.Lock()
        self._descriptor: int | None = None
        self._written_bytes = 0

    def append(self, records: Sequence[PredictionRecord]) -> None:
        """Hand the records to the operating system; when this returns they survive a kill of this process.

        Raises:
            OSError: the disk did not take them; none of them will be read back as half a line.
        """
        lines = b"".join(_ENCODER.encode(record) + b"\n" for record in records)
        with self._lock:
            if self._descriptor is None:
                self._descriptor = self._begin(records[0].logged_at)
            self._write(lines)
            if self._written_bytes >= self._max_segment_bytes:
                self._end()

    def close(self) -> None:
        """End the segment; the next append begins a new one."""
        with self._lock:
            self._end()

    def segments(self) -> list[Segment]:
        """Segments on disk in order of their beginning."""
        return [_inspect(path) for path in sorted(self._path.glob(f"*{_SUFFIX}"))]

    def read(self, name: str, start: int, end: int) -> Iterator[PredictionRecord | None]:
        """Records of bytes [start, end) of a segment, both at line ends; None for a line that cannot be read.

        Raises:
            UnreadableError: the file is no segment of this version.
        """
        with (self._path / name).open("rb") as file:
            if start == 0:
                header = file.readline()
                if header != _HEADER:
                    message = f"prediction segment {name} begins with {header[:60]!r}, not {_HEADER!r}"
                    raise UnreadableError(message, next_step="Read it with the version of steek that wrote it.")
                start = len(_HEADER)
            file.seek(start)
            lines = file.read(max(0, end - start)).splitlines()
        for line in lines:
            if not line.strip():
                # A line of somebody who was erased.
                continue
            try:
                yield _DECODER.decode(line)
            except msgspec.MsgspecError:
                yield None

    def remove(self, name: str) -> None:
        """Delete a segment whose records are kept elsewhere; a missing one is fine."""
        (self._path / name).unlink(missing_ok=True)

    def _begin(self, at: datetime) -> int:
        self._path.mkdir(parents=True, exist_ok=True)
        # The number orders segments on a clock that stands still; the id keeps names apart when it starts anew.
        numbers = [int(path.name.partition("-")[0]) for path in self._path.glob(f"*{_SUFFIX}*")]
        name = f"{max(numbers, default=0) + 1:08d}-{new_id(at)}{_SUFFIX}"
        # Locked before it can be seen under its name, so that no reader takes it for closed.
        waiting = self._path / f"{name}.new"
        descriptor = os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o644)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.write(descriptor, _HEADER)
        waiting.replace(self._path / name)
        self._written_bytes = len(_HEADER)
        return descriptor

    def _write(self, lines: bytes) -> None:
        assert self._descriptor is not None
        try:
            taken = os.write(self._descriptor, lines)
            while taken < len(lines):
                taken += os.write(self._descriptor, lines[taken:])
        except OSError:
            # What was taken of a half line must not run into the next one.
            os.ftruncate(self._descriptor, self._written_bytes)
            self._end()
            raise
        self._written_bytes += len(lines)

    def _end(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _inspect(path: Path) -> Segment:
    with path.open("rb") as file:
        closed = _lockable(file.fileno())
        size_bytes = os.fstat(file.fileno()).st_size
        return Segment(path.name, _last_line_end(file.fileno(), size_bytes), size_bytes, closed)


def _lockable(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _last_line_end(descriptor: int, size_bytes: int) -> int:
    position = size_bytes
    while position > 0:
        start = max(0, position - 65536)
        found = os.pread(descriptor, position - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        position = start
    return 0
