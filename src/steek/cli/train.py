"""`steek train`: a model now, or a fleet by priority."""

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
from steek.loop import CatchUp
from steek.platform import Platform, find_definition


def train(
    model: str,
    known_until: Annotated[str, typer.Option(help="Business day whose data it may know, 2017-10-15.")],
    member: Annotated[list[str] | None, typer.Option(help="Only this member of a fleet; may be repeated.")] = None,
    by_priority: Annotated[
        int | None, typer.Option(help="Retrain a fleet in two groups: so many of the most important first.", min=1)
    ] = None,
    incident: IncidentOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train a model on all that is known at the end of a day, judge it, deploy it and verify what serves."""
    until = to_day(known_until).isoformat()
    with opened(project) as platform:
        find_definition(platform, model)
        name, by = key_or_new(key), actor_or_user(actor)
        groups = _groups(platform, model, member, by_priority)
        results: list[dict[str, object]] = []
        for number, members in enumerate(groups, start=1):
            arguments: dict[str, object] = {"model": model, "known_until": until}
            if members is not None:
                arguments["members"] = ",".join(members)
            group_key = f"{name}:{number}"
            result = act_or_run(
                platform,
                incident,
                mitigation="retrain",
                arguments=arguments,
                workflow=("retrain", model, until, members, group_key, by),
                key=group_key,
                actor=by,
            )
            results.append({"group": number, "members": None if members is None else len(members), **result})
        show(results, as_json=as_json)


def _groups(
    platform: Platform, model: str, members: list[str] | None, by_priority: int | None
) -> list[list[str] | None]:
    if by_priority is None:
        return [members or None]
    plan: list[CatchUp] = platform.recovery.plan(model, first=by_priority)
    return [list(group.members) for group in plan]


COMMANDS = {"train": command(train)}
