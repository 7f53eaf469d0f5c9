"""`steek incident similar`: what happened before that is like it."""

import typer

from steek.cli.opening import opened
from steek.cli.options import JsonOption, ProjectOption
from steek.cli.output import show


def similar(incident: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Past incidents that are like one, each with why, what it was and what ended it."""
    with opened(project) as platform:
        found = platform.postmortems.similar(incident)
        if as_json:
            show(list(found), as_json=True)
            return
        for one in found:
            typer.echo(f"{one.score:.0%}  {one.postmortem} {one.title} ({one.stage})")
            for sentence in (*one.because, *(f"It was: {cause}" for cause in one.causes)):
                typer.echo(f"   {sentence}")
            if one.ended_by:
                typer.echo(f"   Ended: {one.ended_by}")
        if not found:
            typer.echo("Nothing that was written down before is like this.")
