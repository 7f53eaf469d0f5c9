"""Keeping addresses, which often are the secret, out of what libraries log about a request."""

import logging
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

# They log whole addresses, tokens and all.
_TALKERS = ("httpx", "apprise", "urllib3.connectionpool", "requests_oauthlib.oauth1_session")
_hiding: ContextVar[bool] = ContextVar("hiding", default=False)


class _NotWhileHiding(logging.Filter):
    """Lets nothing through that is logged inside of `unlogged`."""

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002 - all of it is dropped
        return not _hiding.get()


_FILTER = _NotWhileHiding()


@contextmanager
def unlogged() -> Generator[None]:
    """What libraries of HTTP and chat log inside the block, in this thread, is dropped; everybody else's is not."""
    for name in _TALKERS:
        # Added once: a filter that is there already is not added again.
        logging.getLogger(name).addFilter(_FILTER)
    token = _hiding.set(True)
    try:
        yield
    finally:
        _hiding.reset(token)
