"""`steek status`: the loop at a glance."""

import click

from steek.cli.commands import command
from steek.cli.opening import JsonOption, ProjectOption, opened
from steek.cli.output import show
from steek.kernel.records import to_plain
from steek.platform import Platform, loop_status

_MARKS = {"well": "●", "watch": "▲", "broken": "■", "undecided": "○"}


def status(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Each model: what serves, how old it is, what its monitors say; and open incidents."""
    with opened(project) as platform:
        found = loop_status(platform)
        if as_json:
            show(found, as_json=True)
            return
        _print(platform, to_plain(found))


def _print(platform: Platform, found: object) -> None:
    assert isinstance(found, dict)
    click.echo(f"{platform.settings.name}, {platform.clock.now():%Y-%m-%d %H:%M} UTC")
    for incident in found["incidents"]:  # pyright: ignore[reportUnknownVariableType]
        click.echo(f"■ {incident['severity']} {incident['id']} {incident['title']}: {incident['state']}")
    rows = [row | {"monitors": f"{_MARKS[row['state']]} {row['state']}"} for row in found["models"]]  # pyright: ignore[reportUnknownVariableType]
    show(rows, as_json=False, columns=("model", "monitors", "serves", "candidate", "data_until", "gate", "alerts"))


COMMANDS = {"status": command(status)}
