"""Committing the spool while a process lives, so that nobody has to wait for it."""

import logging
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

from steek.data.ingest.committing import Committer
from steek.kernel.errors import SteekError

_logger = logging.getLogger(__name__)


class BackgroundCommitter:
    """A thread that commits what waits, again and again.

    Args:
        committer: Knows how.
        every_s: Pause between two rounds; batches that arrive in it share a commit.
        after: Called after a round that committed something.
    """

    def __init__(self, committer: Committer, every_s: float, after: Callable[[], object]) -> None:
        self._committer = committer
        self._every_s = every_s
        self._after = after
        self._stopping = threading.Event()

    @contextmanager
    def running(self) -> Generator[None]:
        """Commit during the block; what waits at its end stays in the spool for the next process."""
        thread = threading.Thread(target=self._run, name="steek-committer", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(self._every_s):
            try:
                if self._committer.commit_all():
                    self._after()
            except SteekError as cause:
                # What waits is safe; the next round tries again.
                _logger.warning("the spool could not be committed: %s", cause.message)
            except Exception:
                _logger.exception("the spool could not be committed")
