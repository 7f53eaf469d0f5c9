"""`steek console`: console and control API in one process, which `steek up` starts beside the others."""

from steek.cli.commands import command
from steek.cli.leash import LeashOption, end_with_parent
from steek.cli.opening import opened
from steek.cli.options import ProjectOption
from steek.console import build_console
from steek.http import build_api, run_app
from steek.kernel.tracing import open_tracer, tracing
from steek.platform import note_process


def console(leash: LeashOption = False, project: ProjectOption = None) -> None:
    """Serve the console and the control API until stopped."""
    end_with_parent(leash)
    with opened(project) as platform, tracing(open_tracer("console", platform.settings.text("traces_endpoint"))):
        note_process(platform, "console")
        api = build_api(platform)
        api.mount("/", build_console(platform))
        run_app(api, platform.settings.text("host"), platform.settings.number("port"))


COMMANDS = {"console": command(console)}
