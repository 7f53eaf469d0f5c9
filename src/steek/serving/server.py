"""Running the serving application until it is told to stop."""

import errno
import logging
import signal
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

import uvicorn

from steek.kernel.errors import PortInUseError, SettingsError
from steek.serving.app import ServingApp

_DRAIN_S = 10
_BACKLOG = 2048


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
        backlog=_BACKLOG,
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


def listen(host: str, port: int, *, setting: str = "serving_port") -> socket.socket:
    """A listening socket; port 0 takes any free one. Raises as `run` does, and names the setting that chose the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # Binding alone may be shared; it is listening that shows whether somebody else is there.
        listener.listen(_BACKLOG)
    except OSError as cause:
        listener.close()
        if cause.errno == errno.EADDRINUSE:
            message = f"port {port} on {host} is in use by another process"
            raise PortInUseError(message, next_step=f"Stop it, or set {setting} to another port.") from cause
        message = f"cannot listen on {host}:{port}: {cause.strerror}"
        raise SettingsError(message, next_step="Set host to an address of this machine.") from cause
    listener.set_inheritable(True)
    return listener
