"""`steek models`: trained models, how good they are, and what their gates said."""

from typing import Annotated

import typer

from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, actor_or_user, key_or_new
from steek.cli.output import show
from steek.kernel.errors import NotFoundError
from steek.models import model_card
from steek.platform import Platform, find_definition

_EVALUATION_COLUMNS = ("distribution", "slice", "metric", "value", "low", "high", "rows")


def list_(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Every model: what serves, what is a candidate, when it was trained."""
    with opened(project) as platform:
        show([_line(platform, name) for name in platform.project.definitions], as_json=as_json)


def versions(
    model: str,
    limit: Annotated[int, typer.Option(min=1)] = 20,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Trained versions of a model, newest first."""
    with opened(project) as platform:
        find_definition(platform, model)
        columns = ("version", "trained_at", "data_until", "rows", "members", "format", "artifact_bytes", "state")
        show(platform.registry.list(model, limit), as_json=as_json, columns=columns)


def show_(
    model: str,
    version: Annotated[int | None, typer.Argument(help="By default the newest.")] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """The card of a trained model: use, owner, data, worst case."""
    with opened(project) as platform:
        definition = find_definition(platform, model)
        trained = platform.registry.latest(model) if version is None else platform.registry.get(model, version)
        show(model_card(definition, trained), as_json=as_json)


def evaluations(
    model: str,
    version: Annotated[int | None, typer.Argument(help="By default all.")] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Metrics with their distribution, interval and row count."""
    with opened(project) as platform:
        find_definition(platform, model)
        show(platform.evaluator.evaluations(model, version), as_json=as_json, columns=_EVALUATION_COLUMNS)


def gate(
    model: str,
    version: int,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """What the gate said of a version, check by check, with reasons."""
    with opened(project) as platform:
        find_definition(platform, model)
        decision = platform.gate.decision(model, version)
        if decision is None:
            message = f"no gate has decided on {model}@{version}"
            raise NotFoundError(message, next_step=f"'steek models versions {model}' lists what there is.")
        if as_json:
            show(decision, as_json=True)
        else:
            show(decision, as_json=False, columns=("trained", "against", "verdict", "decided_at"))
            show(list(decision.checks), as_json=False, columns=("name", "verdict", "value", "limit", "reason"))


def override(
    model: str,
    version: int,
    reason: Annotated[str, typer.Option(help="Why it may serve although its gate did not pass.")],
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a version through against its gate; approver and reason are written down for ever."""
    with opened(project) as platform:
        trained = platform.registry.get(model, version)
        by = actor_or_user(actor)
        show(platform.gate.override(trained, approver=by, reason=reason, key=key_or_new(key)), as_json=as_json)


def _line(platform: Platform, name: str) -> dict[str, object]:
    route, latest = platform.routes.get(name), platform.registry.latest(name)
    return {
        "model": name,
        "serves": route.primary,
        "candidate": route.candidate,
        "fraction": route.fraction,
        "epoch": route.epoch,
        "newest": None if latest is None else latest.version,
        "data_until": None if latest is None else latest.data_until,
        "members": None if latest is None else latest.members,
        "owner": platform.project.definitions[name].owner,
    }


COMMANDS = {
    "models": group(
        "Trained models.",
        list=list_,
        versions=versions,
        show=show_,
        evaluations=evaluations,
        gate=gate,
        override=override,
    )
}
