"""`steek lake`: tables, their versions and files, and their upkeep."""

from typing import Annotated, Any

import typer

from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, actor_or_user, key_or_new
from steek.cli.output import show
from steek.kernel.units import parse_duration

YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def list_(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """All tables with their files, sizes and rows."""
    with opened(project) as platform:
        show(platform.inspection.tables(), as_json=as_json)


def show_(
    name: str,
    limit: Annotated[int, typer.Option(min=1, help="Newest transformations to show.")] = 5,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """One table: what it is made of, who keeps which versions, and the code and volume of what made it."""
    with opened(project) as platform:
        found = platform.inspection.table(name, limit=limit)
        if as_json:
            show(found, as_json=True)
            return
        show({"name": name, "protocol": found.protocol, "first_readable": found.first_readable_version}, as_json=False)
        show([found.summary], as_json=False)
        show(list(found.pins), as_json=False, columns=("key", "version", "reason", "holder"), title="pins")
        columns = ("window_start_at", "table_version", "rows", "expected_rows", "verdict", "definition_hash", "inputs")
        show(list(found.transformations), as_json=False, columns=columns, title="transformations")


def versions(
    name: str,
    limit: Annotated[int, typer.Option(min=1)] = 20,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Versions, newest first: what made each, whether it can be read, and who needs it."""
    with opened(project) as platform:
        columns = ("version", "at", "operation", "rows", "is_readable", "kept_by")
        show(platform.inspection.versions(name, limit=limit), as_json=as_json, columns=columns)


def compact(
    name: str,
    cluster_by: Annotated[
        str | None, typer.Option(help="Column of the subject; rewrites all rows in its order.")
    ] = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Join small files into larger ones, as a new version with the same rows."""
    with opened(project) as platform:
        done = platform.upkeep.compact(name, key=key_or_new(key), actor=actor_or_user(actor), cluster_by=cluster_by)
        show(done, as_json=as_json)


def pin(
    name: str,
    version: int,
    reason: Annotated[str, typer.Option("--reason", help="What it is kept for.")],
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep a version readable until it is let go; --key names the snapshot."""
    with opened(project) as platform:
        holder = actor_or_user(actor)
        show(platform.upkeep.pin(name, version, reason=reason, holder=holder, key=key_or_new(key)), as_json=as_json)


def unpin(
    key: str,
    actor: ActorOption = None,
    yes: YesOption = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a pin go: the next vacuum may end its version."""
    with opened(project) as platform:
        _ask(yes, f"Let the pin {key} go?")
        show(platform.upkeep.unpin(key, actor=actor_or_user(actor)), as_json=as_json)


def vacuum(
    name: str,
    keep_for: Annotated[str, typer.Option(help="Versions that were the latest within this stretch stay.")] = "30d",
    despite_pins: Annotated[
        str | None, typer.Option(help="Reason for which pins, and what runs have read, do not count.")
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Only say which versions would end and which stay.")
    ] = False,
    yes: YesOption = False,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """End old versions that nobody needs, and delete the files that only they are made of."""
    stretch = parse_duration(keep_for)
    with opened(project) as platform:
        if explain:
            show(platform.upkeep.plan(name, keep_for=stretch, despite_pins=despite_pins), as_json=as_json)
            return
        plan = platform.upkeep.plan(name, keep_for=stretch, despite_pins=despite_pins)
        _ask(yes, f"{len(plan.ended)} versions of {name} can never be read again. Go on?")
        given: dict[str, Any] = {"key": key_or_new(key), "actor": actor_or_user(actor), "despite_pins": despite_pins}
        show(platform.upkeep.vacuum(name, keep_for=stretch, **given), as_json=as_json)


def _ask(yes: bool, question: str) -> None:
    if not yes:
        typer.confirm(question, abort=True)


COMMANDS = {
    "lake": group(
        "Tables of the lake and their upkeep.",
        list=list_,
        show=show_,
        versions=versions,
        compact=compact,
        pin=pin,
        unpin=unpin,
        vacuum=vacuum,
    )
}
