"""Running the serving application until it is told to stop."""

import errno
import logging
import socket

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
    uvicorn.Server(config).run(sockets=[listener])


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any free one. Raises as `run` does."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as cause:
        listener.close()
        if cause.errno == errno.EADDRINUSE:
            message = f"port {port} on {host} is in use by another process"
            raise PortInUseError(message, next_step="Stop it, or set serving_port to another port.") from cause
        message = f"cannot listen on {host}:{port}: {cause.strerror}"
        raise SettingsError(message, next_step="Set host to an address of this machine.") from cause
    listener.set_inheritable(True)
    return listener
