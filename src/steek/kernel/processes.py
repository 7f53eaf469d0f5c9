"""Which process did something, so that another can tell later whether it is gone."""

import os
import socket
from contextlib import suppress
from pathlib import Path

_HOST_CHARACTERS = 120


def this_process() -> str:
    """Name of this process among all that ever ran: host, number, and where it is known when it started.

    >>> is_gone(this_process())
    False
    """
    number = os.getpid()
    return f"{_host()}:{number}:{_started(number)}"


def is_gone(process: str) -> bool | None:
    """Whether a process has ended; None when it ran on another host, which nobody can see from here."""
    host, number, started = process.rsplit(":", 2)
    if host != _host():
        return None
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return started != _started(int(number))


def _host() -> str:
    return socket.gethostname()[:_HOST_CHARACTERS]


def _started(number: int) -> str:
    """When it started in ticks since the host did, "" where the system does not say: numbers are given out again."""
    with suppress(OSError, IndexError):
        # The name of the program stands in brackets and may hold anything; fields are counted after it.
        fields = Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return "" if fields[0] == "Z" else fields[19]
    return ""
