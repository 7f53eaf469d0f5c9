"""The seam to other systems."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from steek.notify.notice import Notice, Receipt


class Notifier(Protocol):
    """One system that takes notices.

    Used from one thread at a time. Every call ends, within the timeout it was made with, and never raises for what the
    other side does: that is what receipts are for. Nothing it returns, logs or prints of itself holds a secret.
    The same notice in the same state may be sent again, also by another process: `key` is then the same, and the
    receiver is given it so that it can tell. States of one notice come in order, some may be left out.
    """

    @property
    def takes_pictures(self) -> bool:
        """Whether `picture_png` of a notice is used; drawing one is spared otherwise."""
        ...

    @property
    def repeat_every_s(self) -> float | None:
        """How often the receiver must hear again of what is open, in seconds; None when once is enough."""
        ...

    def send(self, notice: Notice, *, key: str, at: datetime) -> Receipt:
        """Tell the state of one notice. `at` is now."""
        ...

    def repeat(self, notices: Sequence[Notice], *, at: datetime) -> Receipt:
        """Tell all that is still open, in one go; called only where `repeat_every_s` is not None."""
        ...

    def close(self) -> None:
        """Let go of connections; again does nothing."""
        ...
