"""`steek settings`: every setting of this project."""

from steek.cli.commands import command
from steek.cli.opening import opened
from steek.cli.options import JsonOption, ProjectOption
from steek.cli.output import show


def settings(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Name, value, where it came from, and what it means; secrets are hidden."""
    with opened(project) as platform:
        show(platform.settings.shown(), as_json=as_json, columns=("name", "value", "origin", "help"))


COMMANDS = {"settings": command(settings)}
