"""The seam of the key vault."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol


class KeyVault(Protocol):
    """Keeps named keys of 256 bits, each wrapped by a master key that lies outside of the vault.

    Any number of threads and processes may use one vault at once: two that ask for a new name at the same moment get
    the same key. A key that was handed out is durable: it survives kill -9 and a power cut. Names are opaque text of
    1 to 190 bytes and no secret; keys never appear in a log, an error or a repr.
    Nothing is cached beyond a call, so that a key shredded by one process is gone for all of them.

    Every method raises:
        SettingsError: the master key is missing, or not the one that the vault was made with.
        InputError: a name that is empty or too long.
        DamagedArtifactError: a stored key is not what was written.
        ResourceError: the vault cannot be reached.
    """

    def key(self, name: str) -> bytes:
        """The key of that name, 32 bytes; made from the system's random source when there is none."""
        ...

    def keys(self, names: Sequence[str], *, make: bool = True) -> dict[str, bytes]:
        """Many keys in one go: missing ones are made in one durable write, or left out with `make=False`."""
        ...

    def find(self, name: str) -> bytes | None:
        """The key of that name, None when there is none or it was shredded."""
        ...

    def names(self, prefix: str = "") -> list[str]:
        """Names of all keys that begin so, sorted."""
        ...

    def put(self, keys: Mapping[str, bytes]) -> int:
        """Bring keys back from a backup; names that have a key keep it. Returns how many were added."""
        ...

    def shred(self, names: Collection[str]) -> int:
        """Destroy keys: when it returns, their bytes, wrapped or not, lie in no file of the vault.

        Names without a key are passed over, so that it may be repeated. Returns how many were destroyed. The same
        name asked for later gets a new key.

        Raises:
            BusyError: remains could not be cleared while others were reading; the keys are gone, do it again.
        """
        ...

    def close(self) -> None:
        """Let go of files and connections; calling it twice is fine."""
        ...
