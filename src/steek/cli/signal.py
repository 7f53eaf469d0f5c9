"""`steek signal`: what somebody noticed, in one line; what lies together asks for a declaration."""

from typing import Annotated

import typer

from steek.cli.calls import make_calls
from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import (
    ActorOption,
    JsonOption,
    KeyOption,
    ProjectOption,
    actor_or_user,
    key_or_new,
    to_instant,
)
from steek.cli.output import say, show, visible

_COLUMNS = ("id", "state", "kind", "system", "source", "filed_at", "text")


def file(
    text: Annotated[str, typer.Argument(help="What was noticed, in a line; name no customer.")],
    on: Annotated[str, typer.Option(help="Model, dataset or URN it is about.")],
    kind: Annotated[str, typer.Option(help="support, data, partner, finance or other.")] = "other",
    source: Annotated[str | None, typer.Option(help="Who noticed it, when it was not you.")] = None,
    said_at: Annotated[str | None, typer.Option("--at", help="When, like 2017-10-15T08:00Z.")] = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """File one line; if others noticed something near it, a declaration is prompted."""
    with opened(project) as platform:
        filed = platform.signals.file(
            text,
            on=on,
            kind=kind,
            actor=actor_or_user(actor),
            key=key_or_new(key),
            source=source,
            said_at=None if said_at is None else to_instant(said_at),
        )
        show(filed, as_json=as_json)


def list_(
    open_only: Annotated[bool, typer.Option("--open", help="Only what nobody has decided on.")] = False,
    incident: Annotated[str | None, typer.Option("--incident", help="Only what it took in.")] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """What asks for a declaration, and all signals, newest first."""
    with opened(project) as platform:
        prompts, found = platform.signals.prompts(), platform.signals.list(open_only=open_only, incident=incident)
        if as_json:
            show({"prompts": prompts, "signals": found}, as_json=True)
            return
        for prompt in prompts:
            say(f"{visible(prompt.sentence)}\n  Declare it: steek signal declare {prompt.id}\n")
        show(list(found), as_json=False, columns=_COLUMNS)


def dismiss(
    which: Annotated[str, typer.Argument(help="Id of a signal, or of a prompt with all its signals.")],
    reason: Annotated[str, typer.Option(help="Why it is no incident.")],
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that it is no incident, and why."""
    with opened(project) as platform:
        show(platform.signals.dismiss(which, reason, actor_or_user(actor), key=key_or_new(key)), as_json=as_json)


def declare(
    prompt: Annotated[str, typer.Argument(help="Id of the prompt, as 'steek signal list' shows it.")],
    severity: Annotated[str, typer.Option(help="sev1, sev2 or sev3.")] = "sev2",
    title: Annotated[str | None, typer.Option(help="What is wrong; by default what is known.")] = None,
    freeze: Annotated[bool, typer.Option(help="Hold training and deployment of the systems involved.")] = True,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Declare an incident from a prompt; its signals and alerts are taken in as evidence."""
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        declared = platform.signals.declare(prompt, severity=severity, actor=by, key=name, title=title, freeze=freeze)
        show(declared, as_json=as_json)
        make_calls(platform, declared.id, as_json=as_json)


COMMANDS = {
    "signal": group("What somebody noticed, in one line.", file=file, list=list_, dismiss=dismiss, declare=declare)
}
