"""The master key: it wraps all keys of a vault and lies outside of it."""

import base64
import binascii
import os
from pathlib import Path

from steek.kernel.errors import SettingsError
from steek.kernel.settings import Settings

KEY_BYTES = 32


class MasterKey:
    """Where the master key comes from: the setting `vault_key` when it is set, else a file.

    Args:
        path: The file; one line of base64. Its folder should not be backed up together with the vault.
        text: The key itself, base64 of 32 bytes; wins over the file.
    """

    def __init__(self, path: Path, text: str = "") -> None:
        self._path = path
        self._text = text

    def __repr__(self) -> str:
        return f"MasterKey({'given as a setting' if self._text else str(self._path)})"

    def load(self) -> bytes:
        """The key, 32 bytes.

        Raises:
            SettingsError: there is none, or it is not base64 of 32 bytes.
        """
        if self._text:
            return _decode(self._text, "setting vault_key")
        try:
            return _decode(self._path.read_text(encoding="ascii", errors="replace"), f"{self._path.name}")
        except FileNotFoundError:
            message = f"the vault holds keys, but its master key file {self._path} is missing"
            raise SettingsError(
                message, next_step="Bring the file back, or set vault_key or vault_key_file; a new one cannot help."
            ) from None
        except OSError as cause:
            message = f"the master key file {self._path} cannot be read: {cause.strerror}"
            raise SettingsError(message, next_step="Let the user of this process read it.") from cause

    def load_or_make(self) -> bytes:
        """The key; of several processes that start at once one makes the file, readable by its user alone."""
        if not self._text and not self._path.exists():
            self._make()
        return self.load()

    def _make(self) -> None:
        if not self._path.parent.exists():
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # A project is under version control as a whole; its keys never should be.
            (self._path.parent / ".gitignore").write_text("*\n", encoding="ascii")
        waiting = self._path.with_name(f"{self._path.name}.{os.getpid()}.{base64.b16encode(os.urandom(4)).decode()}")
        descriptor = os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(descriptor, base64.b64encode(os.urandom(KEY_BYTES)) + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        try:
            # A link is made whole or not at all, and never over a file that another process was faster to make.
            os.link(waiting, self._path)
        except FileExistsError:
            return
        finally:
            waiting.unlink()
            flush_folder(self._path.parent)


def open_master_key(settings: Settings) -> MasterKey:
    """The master key that the settings name; by default `.steek-keys/master.key` in the project."""
    return MasterKey(settings.project_path / settings.text("vault_key_file"), settings.text("vault_key"))


def flush_folder(folder: Path) -> None:
    """Make the names of new files in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _decode(text: str, origin: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        message = f"the master key in {origin} is not base64 of {KEY_BYTES} bytes"
        raise SettingsError(message, next_step="Make one with: head -c 32 /dev/urandom | base64")
    return key
