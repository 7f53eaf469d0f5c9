"""Artifacts on disk, named by their own checksum."""

import errno
import hashlib
import os
from pathlib import Path
from uuid import uuid4

from steek.kernel.errors import DamagedArtifactError, NotFoundError, StorageFullError


class ArtifactStore:
    """Content-addressed files; safe to share between threads and processes.

    Putting the same bytes twice is one file. A file is whole or absent: it is written beside its place, synced,
    and renamed. What is read is checked against its name each time.

    Args:
        path: Folder of the store; made when first written to.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def put(self, data: bytes) -> str:
        """Keep `data` for good and return its SHA-256, 64 hexadecimal digits.

        Raises:
            StorageFullError: no space; nothing is left behind.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        place = self._place(sha256)
        if place.exists() and hashlib.sha256(place.read_bytes()).hexdigest() == sha256:
            return sha256
        waiting = place.with_name(f"{sha256}.{uuid4().hex}.new")
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            _write_synced(waiting, data)
            waiting.replace(place)
            _sync_folder(place.parent)
        except OSError as cause:
            waiting.unlink(missing_ok=True)
            if cause.errno in {errno.ENOSPC, errno.EDQUOT}:
                message = f"no space for an artifact of {len(data)} bytes in {self._path}"
                raise StorageFullError(message, next_step="Free space and try again; nothing was written.") from cause
            raise
        return sha256

    def get(self, sha256: str) -> bytes:
        """The bytes kept under a checksum.

        Raises:
            NotFoundError: no such artifact.
            DamagedArtifactError: the file is not what was written; its bytes are not handed out.
        """
        try:
            data = self._place(sha256).read_bytes()
        except FileNotFoundError:
            message = f"no artifact {sha256[:12]}… in {self._path}"
            raise NotFoundError(message, next_step="Restore the artifact store from a backup, or retrain.") from None
        found = hashlib.sha256(data).hexdigest()
        if found != sha256:
            message = f"artifact {sha256[:12]}… is damaged: its {len(data)} bytes have checksum {found[:12]}…"
            raise DamagedArtifactError(
                message,
                next_step="Roll back to another version, then restore the file from a backup or retrain.",
                details={"expected_sha256": sha256, "found_sha256": found, "size_bytes": len(data)},
            )
        return data

    def verify(self, sha256: str) -> None:
        """Read an artifact and throw its bytes away; raises as `get` does."""
        self.get(sha256)

    def _place(self, sha256: str) -> Path:
        return self._path / sha256[:2] / sha256


def _write_synced(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    # The rename itself must survive a power cut too.
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
