"""`steek status`: the loop at a glance."""

from typing import cast

import typer

from steek.cli.commands import command
from steek.cli.opening import opened
from steek.cli.options import JsonOption, ProjectOption
from steek.cli.output import show
from steek.kernel.records import to_plain
from steek.platform import LoopStatus, Platform, loop_status

_MARKS = {"well": "●", "watch": "▲", "broken": "■", "undecided": "○"}


def status(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Each model: what serves, how old it is, what its monitors say; and open incidents."""
    with opened(project) as platform:
        found = loop_status(platform)
        if as_json:
            show(found, as_json=True)
        else:
            _print(platform, found)


def _print(platform: Platform, found: LoopStatus) -> None:
    typer.echo(f"{platform.settings.name}, {found.at:%Y-%m-%d %H:%M} UTC")
    for incident in found.incidents:
        typer.echo(f"■ {incident.severity} {incident.id} {incident.title}: {incident.state}")
    rows = [cast("dict[str, object]", to_plain(each)) for each in found.models]
    for row, each in zip(rows, found.models, strict=True):
        row["monitors"] = f"{_MARKS[each.state]} {each.state}"
    show(rows, as_json=False, columns=("model", "monitors", "serves", "candidate", "data_until", "gate", "alerts"))


COMMANDS = {"status": command(status)}
