"""Running the serving application until it is told to stop."""

import logging
import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

import uvicorn

from steek.kernel.listening import BACKLOG, listen
from steek.serving.app import ServingApp

_DRAIN_S = 10


def run(app: ServingApp, host: str, port: int) -> None:
    """Serve on `host:port` until SIGTERM or SIGINT; requests inside are answered first, for at most 10 s.

    Raises:
        PortInUseError: another process listens there.
        SettingsError: the host is not an address of this machine.
    """
    listener = listen(host, port)
    config = uvicorn.Config(
        app,
        loop="auto",
        http="auto",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=_DRAIN_S,
        backlog=BACKLOG,
    )
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    with _returning_on_signals():
        uvicorn.Server(config).run(sockets=[listener])


@contextmanager
def _returning_on_signals() -> Generator[None]:
    """Let `run` return: uvicorn sends itself the signal again once it has drained, and here that does nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def heard(number: int, frame: FrameType | None) -> None:
        """Nothing is left to do."""

    before = {number: signal.signal(number, heard) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
