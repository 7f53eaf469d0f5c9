"""`steek housekeeping`: everything that must happen regularly."""

from typing import Annotated

import typer

from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, ProjectOption, actor_or_user
from steek.cli.output import show


def run(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Empty the spool, enforce retention, erase who is due, join small files; the night does it at its end."""
    with opened(project) as platform:
        if dry_run:
            show(platform.housekeeping.plan(), as_json=as_json)
            return
        done = platform.housekeeping.run(actor=actor_or_user(actor))
        show({"done": done}, as_json=as_json)


COMMANDS = {"housekeeping": group("What must happen regularly.", run=run)}
