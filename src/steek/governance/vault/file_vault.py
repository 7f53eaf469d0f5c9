"""Keys in one sealed file of slots."""

import contextlib
import errno
import fcntl
import os
from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
from pathlib import Path
from threading import RLock

from steek.governance.vault.master import KEY_BYTES, MasterKey, flush_folder
from steek.governance.vault.slots import EMPTY, SLOT_BYTES, check_of, fill, header, read
from steek.governance.vault.wrapping import Wrapping, check_names, damaged
from steek.kernel.errors import DamagedArtifactError, ResourceError, StorageFullError

_PAGE_SLOTS = 4096


class FileKeyVault:
    """A `KeyVault` in one file; see `slots` for its form.

    Writers of all processes take turns by a lock on the file; readers go on meanwhile. In memory stays only which
    name is in which slot. A file system that copies on write (btrfs, ZFS, some flash) may keep old blocks although
    the file no longer does: what lies there is wrapped by the master key.

    Args:
        path: The file; made, with its folder, when the first key is.
        master: The key that seals it; made together with the file.
    """

    def __init__(self, path: Path, master: MasterKey) -> None:
        self._path = path
        self._master = master
        self._lock = RLock()
        self._forget()

    def __repr__(self) -> str:
        return f"FileKeyVault({str(self._path)!r})"

    def key(self, name: str) -> bytes:
        return self.keys([name])[name]

    def find(self, name: str) -> bytes | None:
        return self.keys([name], make=False).get(name)

    def keys(self, names: Sequence[str], *, make: bool = True) -> dict[str, bytes]:
        check_names(names)
        with self._lock, _explained():
            found = self._read(names) if self._is_open() else {}
            missing = [name for name in dict.fromkeys(names) if name not in found]
            if missing and make:
                with self._writing():
                    found |= self._read(missing)
                    new = {name: os.urandom(KEY_BYTES) for name in missing if name not in found}
                    self._refuse_if_damaged(new)
                    self._append(new)
                    found |= new
            return found

    def names(self, prefix: str = "") -> list[str]:
        with self._lock, _explained():
            if not self._is_open():
                return []
            known = sorted(name for name in self._slots if name.startswith(prefix))
            live = self._read(known)
            return [name for name in known if name in live]

    def put(self, keys: Mapping[str, bytes]) -> int:
        check_names(keys)
        with self._lock, _explained(), self._writing():
            known = self._read_sound(keys)
            new = {name: key for name, key in keys.items() if name not in known}
            self._append(new)
            # What could not be read is replaced now, so that it stands in the way of new names no longer.
            for number in sorted(self._bad):
                os.pwrite(self._file, EMPTY, number * SLOT_BYTES)
            os.fsync(self._file)
            self._bad.clear()
            return len(new)

    def shred(self, names: Collection[str]) -> int:
        check_names(names)
        with self._lock, _explained():
            if not self._is_open():
                return 0
            with self._writing():
                self._read_sound(names)
                places = [self._slots.pop(name) for name in dict.fromkeys(names) if name in self._slots]
                for number in places:
                    os.pwrite(self._file, EMPTY, number * SLOT_BYTES)
                os.fsync(self._file)
                return len(places)

    def close(self) -> None:
        with self._lock:
            if self._file >= 0:
                os.close(self._file)
            self._forget()

    def _forget(self) -> None:
        self._file = -1
        self._wrapping: Wrapping | None = None
        self._slots: dict[str, int] = {}
        self._bad: set[int] = set()
        self._scanned = 1
        self._is_writing = False

    def _is_open(self) -> bool:
        """Open the file, when there is one with keys, and learn what other processes added."""
        try:
            there = self._path.stat()
        except FileNotFoundError:
            self.close()
            return False
        if self._file >= 0 and os.fstat(self._file).st_ino != there.st_ino:
            # Somebody put another file, such as a copy of an older one, in its place.
            self.close()
        if there.st_size < SLOT_BYTES:
            return False
        if self._file < 0:
            self._file = os.open(self._path, os.O_RDWR)
        if self._wrapping is None:
            self._wrapping = self._own_wrapping(os.pread(self._file, SLOT_BYTES, 0))
        self._scan(self._wrapping, alone=False)
        return True

    def _own_wrapping(self, first: bytes) -> Wrapping:
        check = check_of(first)
        if check is None:
            message = f"{self._path} is not a vault of keys"
            raise DamagedArtifactError(message, next_step="Bring back the vault's file, or restore a backup beside it.")
        wrapping = Wrapping(self._master.load())
        wrapping.require_own(check, str(self._path))
        return wrapping

    @contextlib.contextmanager
    def _writing(self) -> Generator[None]:
        if not self._is_open():
            self.close()
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self._is_writing = True
        try:
            if os.fstat(self._file).st_size < SLOT_BYTES:
                wrapping = Wrapping(self._master.load_or_make())
                os.pwrite(self._file, header(wrapping), 0)
                os.fsync(self._file)
                flush_folder(self._path.parent)
                self._wrapping = wrapping
            wrapping = self._wrapping or self._own_wrapping(os.pread(self._file, SLOT_BYTES, 0))
            self._wrapping = wrapping
            self._scan(wrapping, alone=True)
            yield
        finally:
            self._is_writing = False
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _scan(self, wrapping: Wrapping, *, alone: bool) -> None:
        """Learn the names in slots not looked at yet."""
        size_bytes = os.fstat(self._file).st_size
        end = size_bytes // SLOT_BYTES
        if alone and size_bytes % SLOT_BYTES:
            # The last write was cut short, so its key was never handed out.
            os.ftruncate(self._file, end * SLOT_BYTES)
        for start in range(self._scanned, end, _PAGE_SLOTS):
            page = os.pread(self._file, min(_PAGE_SLOTS, end - start) * SLOT_BYTES, start * SLOT_BYTES)
            for number in range(start, start + len(page) // SLOT_BYTES):
                slot = page[(number - start) * SLOT_BYTES : (number - start + 1) * SLOT_BYTES]
                found = None if slot == EMPTY else read(slot, wrapping)
                if found is not None:
                    self._slots[found[0]] = number
                elif slot != EMPTY:
                    self._bad.add(number)
        self._scanned = max(self._scanned, end)

    def _read(self, names: Iterable[str]) -> dict[str, bytes]:
        assert self._wrapping is not None
        found: dict[str, bytes] = {}
        for name in names:
            number = self._slots.get(name)
            if number is None:
                continue
            slot = self._slot(number)
            content = read(slot, self._wrapping)
            if content is None and not self._is_writing:
                # Another process may be just about to clear it.
                fcntl.flock(self._file, fcntl.LOCK_SH)
                slot = self._slot(number)
                content = read(slot, self._wrapping)
                fcntl.flock(self._file, fcntl.LOCK_UN)
            if slot == EMPTY:
                del self._slots[name]
            elif content is None or content[0] != name:
                raise damaged(name, str(self._path))
            else:
                found[name] = content[1]
        return found

    def _read_sound(self, names: Iterable[str]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for name in names:
            try:
                found |= self._read([name])
            except DamagedArtifactError:
                self._bad.add(self._slots.pop(name))
        return found

    def _slot(self, number: int) -> bytes:
        return os.pread(self._file, SLOT_BYTES, number * SLOT_BYTES)

    def _append(self, keys: Mapping[str, bytes]) -> None:
        assert self._wrapping is not None
        start, wrapping = self._scanned, self._wrapping
        content = b"".join(fill(name, key, wrapping) for name, key in keys.items())
        try:
            written = 0
            while written < len(content):
                written += os.pwrite(self._file, content[written:], start * SLOT_BYTES + written)
            os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, start * SLOT_BYTES)
            raise
        self._slots |= {name: start + number for number, name in enumerate(keys)}
        self._scanned = start + len(keys)

    def _refuse_if_damaged(self, new: Collection[str]) -> None:
        self._bad = {number for number in self._bad if self._slot(number) != EMPTY}
        if new and self._bad:
            message = f"{len(self._bad)} of the keys in {self._path} are damaged, and one of them may have this name"
            raise DamagedArtifactError(message, next_step="Restore them with 'steek privacy restore' from a backup.")


@contextlib.contextmanager
def _explained() -> Generator[None]:
    try:
        yield
    except OSError as cause:
        if cause.errno in {errno.ENOSPC, errno.EDQUOT}:
            message = f"the vault of keys cannot grow: {cause.strerror}"
            raise StorageFullError(message, next_step="Free space on its disk and try again.") from cause
        message = f"the vault of keys does not answer: {cause.strerror}"
        raise ResourceError(message, next_step="Check that its file is readable and its disk is sound.") from cause
