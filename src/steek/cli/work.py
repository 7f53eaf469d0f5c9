"""`steek work`: the workflow worker, which `steek up` starts beside the others."""

import signal
import threading
from contextlib import suppress
from types import FrameType

from steek.cli.commands import command
from steek.cli.leash import LeashOption, end_with_parent
from steek.cli.opening import opened
from steek.cli.options import ProjectOption
from steek.kernel.errors import SteekError
from steek.kernel.tracing import open_tracer, tracing
from steek.platform import note_process, workflow_worker

# A command that found no worker when it began is one until it ends.
OTHERS_MAY_TAKE_S = 60.0
# How often declarations that were kept on this machine are tried again.
SYNC_S = 2.0


def work(leash: LeashOption = False, project: ProjectOption = None) -> None:
    """Run nights and other workflows and send notices until stopped; takes up what an earlier worker left."""
    end_with_parent(leash)
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    with (
        opened(project) as platform,
        tracing(open_tracer("work", platform.settings.text("traces_endpoint"))),
        platform.notices.sending(0.5),
        platform.pager.running(),
        platform.interrupted_actions.watched(),
        workflow_worker(platform).running(wait_s=OTHERS_MAY_TAKE_S),
    ):
        note_process(platform, "work")
        while not stopped.wait(SYNC_S):
            if platform.offline.sync_when_possible():
                # What cannot be handed on now is handed on by whoever delivers next.
                with suppress(SteekError):
                    platform.subscriptions.deliver()


COMMANDS = {"work": command(work)}
