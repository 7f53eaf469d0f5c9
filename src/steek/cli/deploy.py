"""`steek deploy`: serve a version that passed its gate."""

from typing import Annotated

import typer

from steek.cli.commands import command
from steek.cli.opening import opened
from steek.cli.options import ActorOption, EpochOption, JsonOption, KeyOption, ProjectOption, actor_or_user, key_or_new
from steek.cli.output import show
from steek.platform import deploy_version


def deploy(
    model: str,
    version: int,
    fraction: Annotated[
        float | None, typer.Option(help="Share of the traffic for a canary; by default its next step.")
    ] = None,
    promote: Annotated[bool, typer.Option("--promote", help="Give the running canary all traffic.")] = False,
    epoch: EpochOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Serve a version that passed its gate: first deployments at once, all others as a canary."""
    with opened(project) as platform:
        route = deploy_version(
            platform,
            model,
            version,
            fraction=fraction,
            promote=promote,
            key=key_or_new(key),
            actor=actor_or_user(actor),
            expected_epoch=epoch,
        )
        show(route, as_json=as_json)


COMMANDS = {"deploy": command(deploy)}
