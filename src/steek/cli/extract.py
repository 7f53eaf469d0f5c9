"""`steek extract`: derived datasets, again."""

from typing import Annotated

import typer

from steek.cli.acting import act_or_run
from steek.cli.commands import command
from steek.cli.opening import opened
from steek.cli.options import (
    ActorOption,
    IncidentOption,
    JsonOption,
    KeyOption,
    ProjectOption,
    actor_or_user,
    key_or_new,
    to_day,
)
from steek.cli.output import show
from steek.platform import find_derived


def extract(
    dataset: str,
    day: Annotated[list[str], typer.Option("--day", help="Business day, 2017-10-15; may be given several times.")],
    incident: IncidentOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Extract days of a derived dataset again with today's tables, and recompute the features made from them."""
    days = [to_day(text).isoformat() for text in day]
    with opened(project) as platform:
        find_derived(platform, dataset)
        name, by = key_or_new(key), actor_or_user(actor)
        result = act_or_run(
            platform,
            incident,
            mitigation="extract-again",
            arguments={"dataset": dataset, "days": ",".join(days)},
            workflow=("extract", dataset, days, name, by),
            key=name,
            actor=by,
        )
        show(result, as_json=as_json)


COMMANDS = {"extract": command(extract)}
