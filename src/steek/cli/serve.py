"""`steek serve`: the serving process, which `steek up` starts beside the others."""

from steek.cli.commands import command
from steek.cli.leash import LeashOption, end_with_parent
from steek.cli.opening import opened
from steek.cli.options import ProjectOption
from steek.kernel.tracing import open_tracer, tracing
from steek.platform import note_process, serving_app
from steek.serving.server import run


def serve(leash: LeashOption = False, project: ProjectOption = None) -> None:
    """Answer predictions over HTTP until stopped."""
    end_with_parent(leash)
    with opened(project) as platform, tracing(open_tracer("serve", platform.settings.text("traces_endpoint"))):
        note_process(platform, "serve")
        run(serving_app(platform), platform.settings.text("host"), platform.settings.number("serving_port"))


COMMANDS = {"serve": command(serve)}
