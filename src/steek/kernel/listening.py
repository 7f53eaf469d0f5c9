"""Taking a port, or saying clearly why not."""

import errno
import socket

from steek.kernel.errors import PortInUseError, SettingsError

BACKLOG = 2048
"""Connections that may wait to be accepted."""


def listen(host: str, port: int, *, setting: str = "serving_port") -> socket.socket:
    """A listening TCP socket; port 0 takes any free one.

    Args:
        host: Address of this machine, of either family.
        port: Number of the port.
        setting: Name of the setting that chose the port, for the message.

    Raises:
        PortInUseError: another process listens there.
        SettingsError: the host is not an address of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # Binding alone may be shared; it is listening that shows whether somebody else is there.
        listener.listen(BACKLOG)
    except OSError as cause:
        listener.close()
        if cause.errno == errno.EADDRINUSE:
            message = f"port {port} on {host} is in use by another process"
            raise PortInUseError(message, next_step=f"Stop it, or set {setting} to another port.") from cause
        message = f"cannot listen on {host}:{port}: {cause.strerror}"
        raise SettingsError(message, next_step="Set host to an address of this machine.") from cause
    listener.set_inheritable(True)
    return listener
