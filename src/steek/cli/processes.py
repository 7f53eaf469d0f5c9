"""`steek serve`, `steek work`, `steek console`: the processes that `steek up` starts, one by one."""

import signal
import threading
from types import FrameType

from steek.cli.commands import command
from steek.cli.leash import LeashOption, end_with_parent
from steek.cli.opening import opened
from steek.cli.options import ProjectOption
from steek.console import build_console
from steek.http import build_api, run_app
from steek.platform import serving_app, workflow_worker
from steek.serving.server import run as run_serving


def serve(leash: LeashOption = False, project: ProjectOption = None) -> None:
    """Answer predictions over HTTP until stopped."""
    end_with_parent(leash)
    with opened(project) as platform:
        run_serving(serving_app(platform), platform.settings.text("host"), platform.settings.number("serving_port"))


def work(leash: LeashOption = False, project: ProjectOption = None) -> None:
    """Run nights and other workflows until stopped; takes up what an earlier worker left unfinished."""
    end_with_parent(leash)
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    with opened(project) as platform, workflow_worker(platform).running():
        stopped.wait()


def console(leash: LeashOption = False, project: ProjectOption = None) -> None:
    """Serve the console and the control API until stopped."""
    end_with_parent(leash)
    with opened(project) as platform:
        api = build_api(platform)
        api.mount("/", build_console(platform))
        run_app(api, platform.settings.text("host"), platform.settings.number("port"))


COMMANDS = {"serve": command(serve), "work": command(work), "console": command(console)}
