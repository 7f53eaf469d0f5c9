"""`steek notify`: who is told of what, what arrived, what was given up, and sending it again."""

from typing import Annotated, Literal

import typer

from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, actor_or_user, key_or_new
from steek.cli.output import show

TargetOption = Annotated[str | None, typer.Option("--target", help="Only this one; by default all.")]
_COLUMNS = ("notice", "notice_state", "severity", "target", "state", "told", "attempts", "last_error", "title")
_TARGET_COLUMNS = ("name", "kind", "waiting", "dead", "waiting_since", "delivered_at", "last_error")


def list_(
    dead: Annotated[bool, typer.Option("--dead", help="Only what was given up.")] = False,
    waiting: Annotated[bool, typer.Option("--waiting", help="Only what still waits.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many.")] = 50,
    explain: Annotated[bool, typer.Option("--explain", help="Say why each target is told.")] = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Notices and how each target stands to them, latest first; a target of - means that nobody is told."""
    state: Literal["dead", "waiting"] | None = "dead" if dead else "waiting" if waiting else None
    with opened(project) as platform:
        columns = (*_COLUMNS, "reason") if explain else _COLUMNS
        show(platform.notices.deliveries(state, limit=limit), as_json=as_json, columns=columns)


def targets(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Every target of steek.toml, what waits for it and what it said last; secrets are not shown."""
    with opened(project) as platform:
        show(platform.notices.targets(), as_json=as_json, columns=_TARGET_COLUMNS)


def deliver(target: TargetOption = None, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Send now what is due, as the worker does all the time; then show how the targets stand."""
    with opened(project) as platform:
        platform.subscriptions.deliver()
        platform.notices.deliver(target)
        show(platform.notices.targets(), as_json=as_json, columns=_TARGET_COLUMNS)


def send_test(
    target: Annotated[str, typer.Argument(help="Name of its table in steek.toml.")],
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell one target that something is wrong, and then that it is over; look at `outcome`."""
    with opened(project) as platform:
        show(platform.notices.test(target, key=key_or_new(key), actor=actor_or_user(actor)), as_json=as_json)


def retry(
    notice: Annotated[str, typer.Argument(help="Its key, as 'steek notify list' shows it.")],
    target: TargetOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Have a notice sent again to whoever did not get it, or to one target in any case."""
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        show(platform.notices.retry(notice, target, key=name, actor=by), as_json=as_json, columns=_COLUMNS)


COMMANDS = {
    "notify": group(
        "Notices to people and other systems.",
        list=list_,
        targets=targets,
        deliver=deliver,
        test=send_test,
        retry=retry,
    )
}
