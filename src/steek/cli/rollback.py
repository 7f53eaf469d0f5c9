"""`steek rollback`: back to an earlier version, one first or all at once."""

from typing import Annotated

import typer

from steek.cli.acting import act
from steek.cli.commands import command
from steek.cli.opening import opened
from steek.cli.options import (
    ActorOption,
    EpochOption,
    IncidentOption,
    JsonOption,
    KeyOption,
    ProjectOption,
    actor_or_user,
    key_or_new,
)
from steek.cli.output import show
from steek.kernel.errors import InputError
from steek.platform import find_definition, rollback_target


def rollback(
    model: str,
    partner: Annotated[
        str | None, typer.Option("--partner", "--member", help="One member of a fleet, to try it first.")
    ] = None,
    fleet: Annotated[bool, typer.Option("--fleet", help="All members of a fleet at once.")] = False,
    to: Annotated[str, typer.Option(help="Version number, or last-good.")] = "last-good",
    reason: Annotated[str, typer.Option(help="Why, for the history.")] = "",
    incident: IncidentOption = None,
    epoch: EpochOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Go back to a version that served before; it takes effect within a second and needs no gate."""
    with opened(project) as platform:
        if find_definition(platform, model).partition_by and (partner is None) == (not fleet):
            message = f"{model} is a fleet: say --partner NAME for one, or --fleet for all"
            raise InputError(message, next_step="One first is the safer way.")
        name, by = key_or_new(key), actor_or_user(actor)
        if incident is not None:
            arguments = {"model": model, "to": to} | ({"reason": reason} if reason else {})
            arguments |= {} if partner is None else {"member": partner}
            mitigation = "roll-back" if partner is None else "roll-back-one"
            show(act(platform, incident, mitigation, arguments, key=name, actor=by), as_json=as_json)
            return
        route = platform.routes.rollback(
            model,
            to=rollback_target(to),
            member=partner,
            actor=by,
            reason=reason or "asked for by hand",
            key=name,
            expected_epoch=epoch,
        )
        show(route, as_json=as_json)


COMMANDS = {"rollback": command(rollback)}
