"""A child on a leash ends when its parent does, however the parent ended."""

import os
import signal
import sys
import threading
from typing import Annotated

import typer

LeashOption = Annotated[bool, typer.Option("--leash", hidden=True, help="End when standard input is closed.")]


def end_with_parent(leash: bool) -> None:
    """When `leash`, ask this process to stop as soon as its standard input is closed."""
    if leash:
        threading.Thread(target=_watch, daemon=True).start()


def _watch() -> None:
    # The descriptor itself: a buffered reader would hold a lock that the interpreter needs to shut down.
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
