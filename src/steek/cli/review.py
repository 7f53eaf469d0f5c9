"""`steek review`: single points of failure, manual steps, unneeded copies, what cannot be rolled back."""

from typing import Annotated

import typer

from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, actor_or_user, key_or_new
from steek.cli.output import show

_COLUMNS = ("id", "kind", "subject", "text", "advice", "by")


def show_(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """What stands now, and what is different from the last review."""
    with opened(project) as platform:
        state = platform.reviews.now()
    if as_json:
        show(state, as_json=True)
        return
    show(state.findings, as_json=False, columns=_COLUMNS)
    if state.last is None:
        typer.echo("\nnever reviewed; write down that you did: steek review hold --note ...")
        return
    typer.echo(f"\nreviewed {state.last.reviewed_at:%Y-%m-%d} by {state.last.actor}: {state.last.note}")
    for finding in state.new:
        typer.echo(f"  + {finding.text}")
    for finding in state.gone:
        typer.echo(f"  - {finding.text}")


def list_(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Reviews that were held, newest first."""
    with opened(project) as platform:
        held = platform.reviews.list()
    if as_json:
        show(held, as_json=True)
        return
    lines = [
        {
            "id": one.id,
            "at": f"{one.reviewed_at:%Y-%m-%d}",
            "by": one.actor,
            "findings": len(one.findings),
            "note": one.note,
        }
        for one in held
    ]
    show(lines, as_json=False)


def hold(
    note: Annotated[str, typer.Option(help="What was said.")],
    actor: ActorOption = None,
    key: KeyOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write down that the architecture was reviewed, as it is now."""
    with opened(project) as platform:
        held = platform.reviews.hold(note=note, actor=actor_or_user(actor), key=key_or_new(key))
        show(held, as_json=as_json, columns=("id", "reviewed_at", "actor", "note"))


def add(
    text: str,
    kind: Annotated[
        str, typer.Option(help="single point of failure, manual step, unneeded copy or cannot be rolled back.")
    ],
    subject: Annotated[str, typer.Option(help="What it is about, e.g. model:search_ranking.")],
    actor: ActorOption = None,
    key: KeyOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add what no configuration tells."""
    with opened(project) as platform:
        by, at_key = actor_or_user(actor), key_or_new(key)
        show(platform.reviews.add(text, kind=kind, subject=subject, actor=by, key=at_key), as_json=as_json)


def settle(
    entry: str,
    reason: Annotated[str, typer.Option(help="Why it is no more.")],
    actor: ActorOption = None,
    key: KeyOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that what a person added is no more."""
    with opened(project) as platform:
        by, at_key = actor_or_user(actor), key_or_new(key)
        show(platform.reviews.settle(entry, reason=reason, actor=by, key=at_key), as_json=as_json)


COMMANDS = {
    "review": group(
        "Reviews of the architecture: what has no second, what is done by hand, what cannot be taken back.",
        show=show_,
        list=list_,
        hold=hold,
        add=add,
        settle=settle,
    )
}
