"""`steek deploy`: serve a version that passed its gate."""

from typing import Annotated

import typer

from steek.cli.commands import command
from steek.cli.opening import ActorOption, JsonOption, KeyOption, ProjectOption, actor_or_user, key_or_new, opened
from steek.cli.output import show
from steek.kernel.errors import GateRefusedError, NotFoundError
from steek.serving import RolloutState, state_of


def deploy(
    model: str,
    version: int,
    fraction: Annotated[
        float | None, typer.Option(help="Share of the traffic for a canary; the next larger share steps it up.")
    ] = None,
    promote: Annotated[bool, typer.Option("--promote", help="Give the running canary all traffic.")] = False,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Serve a version that passed its gate: first deployments at once, all others as a canary."""
    with opened(project) as platform:
        if model not in platform.project.definitions:
            raise NotFoundError.among("model", model, platform.project.definitions)
        routes, name, by = platform.routes, key_or_new(key), actor_or_user(actor)
        route = routes.get(model)
        if state_of(route) is RolloutState.CANARY and route.candidate == version:
            after = (
                routes.promote(model, key=name, actor=by)
                if promote
                else routes.step_canary(model, fraction or _next_step(platform, model), key=name, actor=by)
            )
            show(after, as_json=as_json)
            return
        decision = platform.gate.decision(model, version)
        if decision is None:
            message = f"no gate has decided on {model}@{version}"
            raise GateRefusedError(message, next_step=f"Train and judge it first: 'steek train {model}'.")
        override = platform.gate.overrides(model, limit=1)
        allowed_by = override[0].id if override and override[0].trained.endswith(f"@{version}") else decision.id
        canary = platform.project.definitions[model].serving.canary
        if route.primary is None or canary is None:
            after = routes.deploy(model, version, key=name, actor=by, gate_decision_id=allowed_by)
        else:
            share = fraction or canary.steps[0]
            after = routes.start_canary(model, version, share, key=name, actor=by, gate_decision_id=allowed_by)
        show(after, as_json=as_json)


COMMANDS = {"deploy": command(deploy)}
