"""`steek up`: console, serving and worker, started together and stopped together."""

import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event
from types import FrameType

import typer

from steek.cli.commands import command
from steek.cli.leash import LeashOption, end_with_parent
from steek.cli.options import ProjectOption
from steek.kernel.errors import ResourceError
from steek.kernel.listening import listen
from steek.kernel.settings import find_project, load_settings

PARTS = ("console", "serve", "work")
STOP_LIMIT_S = 15.0
WATCH_S = 0.2


def up(leash: LeashOption = False, project: ProjectOption = None) -> None:
    """Start console, serving and worker; they stop together on Ctrl-C, or when one of them fails."""
    end_with_parent(leash)
    folder = find_project((project or Path.cwd()).resolve())
    settings = load_settings(folder)
    host = settings.text("host")
    for setting in ("port", "serving_port"):
        listen(host, settings.number(setting), setting=setting).close()
    stopping = Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    typer.echo(f"console on http://{host}:{settings.number('port')}, predictions on :{settings.number('serving_port')}")
    with ExitStack() as stack:
        parts = {part: stack.enter_context(_running(part, folder)) for part in PARTS}
        while not stopping.wait(WATCH_S):
            for part, process in parts.items():
                if process.poll() is not None:
                    message = f"'steek {part}' ended with status {process.returncode}; the others are stopped too"
                    raise ResourceError(message, next_step="What it said stands above; mend that and start again.")


@contextmanager
def _running(part: str, folder: Path) -> Generator[subprocess.Popen[bytes]]:
    command_line = [sys.executable, "-m", "steek", part, "--project", str(folder), "--leash"]
    # Its standard input is never written to: it is the leash.
    with subprocess.Popen(command_line, stdin=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                process.kill()


COMMANDS = {"up": command(up)}
