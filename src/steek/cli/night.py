"""`steek night`: the nightly workflow."""

from typing import Annotated

import typer

from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import JsonOption, ProjectOption, to_day
from steek.cli.output import show
from steek.cli.working import run_workflow
from steek.kernel.errors import NotFoundError


def run(day: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Run the night of a business day to its end; a night that began goes on where it stopped."""
    parsed = to_day(day)
    with opened(project) as platform:
        show(run_workflow(platform, "night", f"night-{parsed}", parsed.isoformat()), as_json=as_json)


def show_(day: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """How far a night has come, and what its steps said."""
    with opened(project) as platform:
        night = platform.nights.get(to_day(day))
        if night is None:
            message = f"the night of {day} never began"
            raise NotFoundError(message, next_step=f"Start it with 'steek night run {day}'.")
        show(night, as_json=as_json)


def list_(
    limit: Annotated[int, typer.Option(min=1)] = 14, project: ProjectOption = None, as_json: JsonOption = False
) -> None:
    """The last nights, newest first."""
    with opened(project) as platform:
        columns = ("day", "stage", "started_at", "finished_at")
        show(platform.nights.latest(limit), as_json=as_json, columns=columns)


COMMANDS = {"night": group("The nightly workflow.", run=run, show=show_, list=list_)}
