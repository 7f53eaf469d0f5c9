"""`steek taxonomy`: the categories of failure, as data that people edit."""

from pathlib import Path
from typing import Annotated

import typer

from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, actor_or_user, key_or_new
from steek.cli.output import show
from steek.kernel.errors import InputError


def show_(
    version: Annotated[int | None, typer.Option(help="By default the newest.")] = None,
    table: Annotated[bool, typer.Option("--table", help="Categories as a table; by default the text to edit.")] = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """The taxonomy as TOML, ready to be edited; or as a table."""
    with opened(project) as platform:
        stored = platform.taxonomies.stored(version)
        if as_json:
            taxonomy = platform.taxonomies.at(stored.version)
            values = {name: getattr(stored, name) for name in stored.__dataclass_fields__}
            show({**values, "categories": taxonomy.categories}, as_json=True)
        elif table:
            columns = ("id", "machine_learning", "distributed", "name")
            show(list(platform.taxonomies.at(stored.version).categories), as_json=False, columns=columns)
        else:
            typer.echo(stored.text, nl=False)


def edit(
    file: Annotated[Path, typer.Argument(help="A whole taxonomy in TOML, as 'steek taxonomy show' prints it.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    expect: Annotated[int | None, typer.Option("--expect", help="Only if this is still the newest version.")] = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the next version; older postmortems keep theirs."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as cause:
        raise InputError(f"{file} cannot be read: {cause}", next_step="Name a TOML file.") from cause
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        made = platform.taxonomies.edit(text, actor=by, reason=reason, key=name, expected_version=expect)
        show(made, as_json=as_json, columns=("version", "actor", "at", "reason", "changes"))


def history(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Every version, who made it, when and why."""
    with opened(project) as platform:
        columns = ("version", "actor", "at", "reason", "changes")
        show(list(platform.taxonomies.history()), as_json=as_json, columns=columns)


COMMANDS = {
    "taxonomy": group("Categories of failure: show, edit, history.", show=show_, edit=edit, history=history),
}
