"""`steek incident pin`, `attach`, `pins`, `save`: charts as they were, and files, beside the timeline."""

from pathlib import Path
from typing import Annotated

import typer

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
from steek.cli.output import show
from steek.kernel.errors import InputError

_COLUMNS = ("id", "kind", "title", "media_type", "size_bytes", "pinned_by", "pinned_at")


def pin(
    incident: str,
    monitor: Annotated[str, typer.Argument(help="Whose chart.")],
    slice: Annotated[str | None, typer.Option("--slice", help="One slice of it; without it, the whole.")] = None,
    since: Annotated[str | None, typer.Option(help="From when, like 2017-10-15T00:00Z; by default six weeks.")] = None,
    until: Annotated[str | None, typer.Option(help="Until when.")] = None,
    title: Annotated[str | None, typer.Option(help="What it shows.")] = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep a chart as it is now; what is measured again later does not change it."""
    with opened(project) as platform:
        pinned = platform.pins.pin_chart(
            incident,
            monitor,
            actor_or_user(actor),
            key=key_or_new(key),
            slice=slice,
            since=None if since is None else to_instant(since),
            until=None if until is None else to_instant(until),
            title=title,
        )
        show(pinned, as_json=as_json)


def attach(
    incident: str,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Text or a picture.")],
    name: Annotated[str | None, typer.Option(help="What it is called; by default as the file.")] = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep a file beside the timeline."""
    with opened(project) as platform:
        size_bytes, most = file.stat().st_size, platform.pins.most_bytes
        # One byte more than is allowed is enough to be refused.
        with file.open("rb") as opened_file:
            content = opened_file.read(min(size_bytes, most) + 1)
        by, at_key = actor_or_user(actor), key_or_new(key)
        show(platform.pins.attach(incident, name or file.name, content, by, key=at_key), as_json=as_json)


def pins(incident: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Charts and files of an incident, oldest first."""
    with opened(project) as platform:
        show(list(platform.pins.list(incident)), as_json=as_json, columns=_COLUMNS)


def save(
    which: Annotated[str, typer.Argument(metavar="PIN", help="Id, as 'steek incident pins' shows it.")],
    to: Annotated[Path, typer.Option("--to", help="File to write; it must not be there.")],
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a file, or the picture of a chart, exactly as it was pinned."""
    with opened(project) as platform:
        content, pinned = platform.pins.content(which), platform.pins.get(which)
        try:
            with to.open("xb") as file:
                file.write(content)
        except FileExistsError:
            message = f"{to} is there already"
            raise InputError(message, next_step="Choose another name with --to.") from None
        show(pinned, as_json=as_json)


PIN_VERBS = {"pin": pin, "attach": attach, "pins": pins, "save": save}
