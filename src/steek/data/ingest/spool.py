"""The spool: a folder on this machine where batches lie between their acknowledgement and their commit."""

import contextlib
import errno
import fcntl
import os
import threading
from collections.abc import Generator, Iterable
from pathlib import Path

from steek.data.ingest.spool_files import StreamWriter
from steek.kernel.clock import Clock
from steek.kernel.errors import BusyError, StorageFullError
from steek.kernel.ids import new_id

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_LOOKED_EVERY_S = 0.2
_WRITERS, _INCOMING, _DAMAGED = ".writers", ".incoming", "damaged"


class Spool:
    """Files below one folder, shared by all processes of a machine; safe to share between threads.

    Layout: `<dataset>/<receipt>.<writer>.<n>.arrow` holds rows, `.incoming/` what is still arriving, `damaged/` what
    the disk spoiled, `.writers/<writer>` is locked as long as the process that writes under that name lives. A file
    of a dead writer that no receipt knows was never acknowledged.

    Args:
        folder: Made when it does not exist.
        max_bytes: More is not taken in before some of it is committed.
        clock: For names and for elapsed time.
    """

    def __init__(self, folder: Path, max_bytes: int, clock: Clock) -> None:
        self.folder = folder
        self.max_bytes = max_bytes
        self._clock = clock
        self._lock = threading.Lock()
        self._id: str | None = None
        self._writer: tuple[str, int] | None = None
        self._numbers = 0
        self._commit_locks: dict[str, threading.Lock] = {}
        self._known_bytes = 0
        self._looked_at_s = -_LOOKED_EVERY_S

    @property
    def id(self) -> str:
        """Names this folder in the database, because another machine has another one."""
        if self._id is None:
            path = self.folder / ".id"
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                mine = path.with_suffix(f".{new_id(self._clock.now())}")
                _write_durably(mine, new_id(self._clock.now()).replace("-", "").encode())
                with contextlib.suppress(FileExistsError):
                    os.link(mine, path)
                mine.unlink()
            self._id = path.read_text()
        return self._id

    def writer(self, dataset: str, receipt_id: str) -> StreamWriter:
        """A new file for rows of a receipt."""
        folder = self._made(self.folder / dataset)
        return StreamWriter(folder / f"{receipt_id}.{self._name()}.arrow")

    @contextlib.contextmanager
    def incoming(self) -> Generator[Path]:
        """The path of a file for a payload that is arriving; removed at the end."""
        path = self._made(self.folder / _INCOMING) / self._name()
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def path(self, dataset: str, name: str) -> Path:
        """Where a file of a receipt lies."""
        return self.folder / dataset / name

    def make_durable(self, dataset: str) -> None:
        """Make the names of new files survive a loss of power."""
        _sync_folder(self.folder / dataset)

    def set_aside(self, dataset: str, name: str) -> None:
        """Keep a damaged file where nothing reads it."""
        with contextlib.suppress(FileNotFoundError):
            self.path(dataset, name).rename(self._made(self.folder / _DAMAGED) / name)

    def remove(self, dataset: str, names: Iterable[str]) -> None:
        """Remove files whose rows are committed."""
        for name in names:
            self.path(dataset, name).unlink(missing_ok=True)

    def check_room(self, more_bytes: int) -> None:
        """Refuse a batch that the spool has no room for.

        Raises:
            BusyError: the spool holds as much as it may; committing makes room.
        """
        now_s = self._clock.monotonic_s()
        if now_s - self._looked_at_s >= _LOOKED_EVERY_S:
            self._known_bytes, self._looked_at_s = self.used_bytes(), now_s
        self._known_bytes += more_bytes
        if self._known_bytes > self.max_bytes:
            self._looked_at_s = -_LOOKED_EVERY_S
            message = f"the spool may hold {self.max_bytes} bytes and has no room for {more_bytes} more"
            raise BusyError(message, next_step="Send it again a little later, or raise spool_max_bytes.")

    def used_bytes(self) -> int:
        """Bytes of all files that wait or arrive; those set aside do not count."""
        total = 0
        for folder in _folders(self.folder):
            if folder.name in (_DAMAGED, _WRITERS):
                continue
            for file in os.scandir(folder):
                with contextlib.suppress(FileNotFoundError):
                    total += file.stat().st_size
        return total

    @contextlib.contextmanager
    def committing(self, dataset: str) -> Generator[None]:
        """Only one thread of one process commits the batches of a dataset at a time."""
        with self._lock:
            lock = self._commit_locks.setdefault(dataset, threading.Lock())
        with lock, (self._made(self.folder / dataset) / ".commit").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def abandoned(self) -> dict[str, list[str]]:
        """Names of files whose writers are dead, by dataset; receipts may know some of them.

        What was still arriving when its writer died is removed at once.
        """
        files = [(folder, file.name) for folder in _folders(self.folder) for file in folder.iterdir()]
        # Looked at after the files: a writer makes its lock before its first file.
        alive = self._living_writers()
        found: dict[str, list[str]] = {}
        for folder, name in files:
            writer = name.split(".")[0 if folder.name == _INCOMING else 1] if "." in name else ""
            if folder.name in (_WRITERS, _DAMAGED) or name.startswith(".") or writer in alive:
                continue
            if folder.name == _INCOMING:
                (folder / name).unlink(missing_ok=True)
            else:
                found.setdefault(folder.name, []).append(name)
        return found

    def close(self) -> None:
        """Let go of this process's name."""
        with self._lock:
            if self._writer is not None:
                name, descriptor = self._writer
                (self.folder / _WRITERS / name).unlink(missing_ok=True)
                os.close(descriptor)
                self._writer = None

    def _name(self) -> str:
        with self._lock:
            while self._writer is None:
                self._writer = self._locked(new_id(self._clock.now()))
            self._numbers += 1
            return f"{self._writer[0]}.{self._numbers}"

    def _locked(self, name: str) -> tuple[str, int] | None:
        path = self._made(self.folder / _WRITERS) / name
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        try:
            # Somebody may have taken it for that of a dead writer before it was locked.
            if path.stat().st_ino == os.fstat(descriptor).st_ino:
                return name, descriptor
        except FileNotFoundError:
            pass
        os.close(descriptor)
        return None

    def _living_writers(self) -> set[str]:
        """Names that are locked; the locks of dead writers are removed."""
        folder = self.folder / _WRITERS
        living = {self._writer[0]} if self._writer else set[str]()
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.name in living:
                continue
            try:
                with path.open("r+") as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    path.unlink()
            except FileNotFoundError:
                continue
            except OSError:
                living.add(path.name)
        return living

    def _made(self, folder: Path) -> Path:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            _sync_folder(folder.parent)
        return folder


@contextlib.contextmanager
def spool_errors() -> Generator[None]:
    """A full disk as the error of steek for it."""
    try:
        yield
    except OSError as cause:
        if cause.errno not in _FULL:
            raise
        message = f"no space left for the spool: {cause.strerror}"
        raise StorageFullError(message, next_step="Free space and send it again; nothing was written.") from cause


def _folders(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []


def _write_durably(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
