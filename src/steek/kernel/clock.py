"""Where time comes from. Everything else is handed a `Clock`."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from steek.kernel.errors import SettingsError


class Clock(Protocol):
    """A source of time, safe to share between threads.

    `now` is the processing time of this system: aware UTC, never earlier than an instant it gave before.
    `monotonic_s` measures elapsed seconds; only differences mean something.
    """

    def now(self) -> datetime: ...

    def monotonic_s(self) -> float: ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - the one home of the machine's time

    def monotonic_s(self) -> float:
        return time.monotonic()


class ReplayClock:
    """Time as told by a file, shared by all processes of a project that replays the past.

    It stands still between two calls of `set`, so that a replay that is repeated writes the same instants.
    `monotonic_s` stays real: latencies in a replay are true.

    Args:
        path: File holding one ISO 8601 instant with offset.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        """The replayed instant. Raises SettingsError when the replay has not begun."""
        try:
            return datetime.fromisoformat(self._path.read_text().strip()).astimezone(UTC)
        except FileNotFoundError:
            message = f"the project runs on a replay clock, but {self._path.name} does not exist yet"
            raise SettingsError(message, next_step="Start the replay, or set clock = 'system' in steek.toml.") from None

    def monotonic_s(self) -> float:
        return time.monotonic()

    def is_set(self) -> bool:
        """Whether the replay has begun."""
        return self._path.exists()

    def set(self, at: datetime) -> None:
        """Move the clock; durable and atomic, so a reader sees the old or the new instant, never half of one."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        waiting = self._path.with_suffix(f".{os.getpid()}.new")
        waiting.write_text(at.astimezone(UTC).isoformat())
        waiting.replace(self._path)
