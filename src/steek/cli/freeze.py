"""`steek freeze`: what incidents hold still, the changes that wait for it, and decisions on them."""

from typing import Annotated

import typer

from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, SeenOption, actor_or_user, key_or_new
from steek.cli.output import show
from steek.kernel.errors import InputError
from steek.kernel.units import parse_duration

_COLUMNS = ("id", "state", "version", "incident", "action", "subject", "what", "held_by", "held_at")
_Incident = Annotated[str | None, typer.Option("--incident", help="Only those of one incident.")]


def list_(incident: _Incident = None, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """What is held still now, by which incident and why."""
    with opened(project) as platform:
        found = list(platform.change_control.freezes(incident))
        show(found, as_json=as_json, columns=("incident", "subject", "actions", "reason", "started_at"))


def held(
    incident: _Incident = None,
    every: Annotated[bool, typer.Option("--all", help="Also those that were made or refused.")] = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Changes that were held back: tried by people, or scheduled."""
    with opened(project) as platform:
        found = list(platform.change_control.held(incident, waiting_only=not every))
        show(found, as_json=as_json, columns=_COLUMNS)


def scheduled(incident: _Incident = None, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """What would change by itself on held systems: nightly trainings and open proposals of contracts."""
    with opened(project) as platform:
        found = list(platform.change_control.scheduled(incident))
        show(found, as_json=as_json, columns=("incident", "action", "subject", "what", "by"))


def ask(
    change: Annotated[str, typer.Argument(help="Id of a held change, or of the incident with --on.")],
    reason: Annotated[str, typer.Option(help="Why it cannot wait.")] = "",
    on: Annotated[
        str | None, typer.Option("--on", help="System of a change that nobody tried yet, model:NAME.")
    ] = None,
    action: Annotated[str | None, typer.Option(help="With --on: train, deploy or contract.")] = None,
    what: Annotated[str | None, typer.Option(help="With --on: which one, for example 'version 17'.")] = None,
    seen: SeenOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask that one change be let through."""
    with opened(project) as platform:
        control, by, name = platform.change_control, actor_or_user(actor), key_or_new(key)
        if on is None:
            asked = control.ask(change, reason=reason, actor=by, key=name, expected_version=seen)
        elif action is None or what is None:
            raise InputError(
                "a change that nobody tried needs --action and --what", next_step="Say which change it is."
            )
        else:
            asked = control.ask_for(change, on, action, what, reason=reason, actor=by, key=name)
        show(asked, as_json=as_json)


def approve(
    change: str,
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    valid_for: Annotated[str | None, typer.Option("--for", help="How long it may be used, 2h.")] = None,
    seen: SeenOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let one change through, once and for a limited time; for commander and operations of its incident."""
    with opened(project) as platform:
        approved = platform.change_control.approve(
            change,
            reason=reason,
            valid_for=None if valid_for is None else parse_duration(valid_for),
            actor=actor_or_user(actor),
            key=key_or_new(key),
            expected_version=seen,
        )
        show(approved, as_json=as_json)


def refuse(
    change: str,
    reason: Annotated[str, typer.Option(help="Why it shall not be made.")],
    seen: SeenOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that one change shall not be made; for commander and operations of its incident."""
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        refused = platform.change_control.refuse(change, reason=reason, actor=by, key=name, expected_version=seen)
        show(refused, as_json=as_json)


def release(
    incident: str,
    subject: Annotated[str | None, typer.Option(help="Only this system, model:NAME.")] = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """End the freezes of an incident; what they held is listed for a decision, and not made by itself."""
    with opened(project) as platform:
        ended, waiting = platform.change_control.release(incident, actor=actor_or_user(actor), subject=subject)
        if as_json:
            show({"released": list(ended), "waiting": list(waiting)}, as_json=True)
            return
        show(list(ended), as_json=False, columns=("subject", "actions"), title="released")
        show(list(waiting), as_json=False, columns=_COLUMNS, title="waiting for a decision")


COMMANDS = {
    "freeze": group(
        "What incidents hold still, and the changes that wait for it.",
        list=list_,
        held=held,
        scheduled=scheduled,
        ask=ask,
        approve=approve,
        refuse=refuse,
        release=release,
    )
}
