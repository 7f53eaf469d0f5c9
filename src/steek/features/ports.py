"""The seam of the online store."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol


class OnlineStore(Protocol):
    """Keeps the newest content of each view as one small blob per key, for reading in microseconds.

    Any number of threads and processes may read while one writes. A reader sees the whole old or the whole new
    content of a view, per call. Blobs are returned as stored; keys are opaque text.
    """

    def put(self, view: str, as_of: datetime, items: Iterable[tuple[str, bytes]]) -> None:
        """Replace everything stored for `view` at once. Repeating it changes nothing; keys left out are gone.

        Until it returns the old content is served, also when the process dies half way. A key that comes twice is
        stored once, with the later blob.

        Raises:
            StorageFullError: no space; the old content stays.
            ResourceError: the store cannot be reached.
        """
        ...

    def get(self, view: str, keys: Sequence[str]) -> list[bytes | None]:
        """One blob for each key, in the order of `keys`; None where the key or the view is not stored."""
        ...

    def keys(self, view: str) -> list[str]:
        """Every key that is stored for a view, in no order; for those who search, not for requests."""
        ...

    def as_of(self, view: str) -> datetime | None:
        """The instant that the stored content stands for; None when the view was never put."""
        ...

    def epoch(self) -> int:
        """A number that differs from the one before as soon as any view was put, by whichever process.

        Cheap enough to ask on every request. Only equality with an earlier answer of the same object means something.
        """
        ...

    def close(self) -> None:
        """Let go of connections; calling it twice is fine."""
        ...
