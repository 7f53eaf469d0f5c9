"""`steek break-glass`: raw personal data in an emergency, opened by a second person, for minutes."""

from typing import Annotated, Any

import typer

from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, SeenOption, actor_or_user, key_or_new
from steek.cli.output import show
from steek.governance.emergency.grants import Opening
from steek.kernel.errors import InputError
from steek.platform import person_asking, read_in_emergency

Grant = Annotated[str, typer.Argument(help="Its id, as 'steek break-glass list' shows it.")]
_SHOWN = ("id", "incident", "asker", "state", "until_at", "uses", "rows_given", "verdict")


def ask(
    incident: Annotated[str, typer.Argument(help="Id of the incident it is for.")],
    dataset: Annotated[list[str], typer.Option("--dataset", help="Table; once for each.")],
    columns: Annotated[list[str], typer.Option("--columns", help="Fewest columns of it, separated by commas.")],
    rows: Annotated[list[str], typer.Option("--rows", help='Which rows of it, e.g. "store_id == 412".')],
    purpose: Annotated[str, typer.Option("--purpose", help="What the values are needed for.")],
    why_raw: Annotated[str, typer.Option("--why-raw", help="Why pseudonyms are not enough.")],
    why_not_first: Annotated[
        str, typer.Option("--why-not-first", help="Why no pseudonymised read was made before; needed without one.")
    ] = "",
    minutes: Annotated[int, typer.Option("--minutes", help="How long, from the grant on.")] = 15,
    most_rows: Annotated[int | None, typer.Option("--most-rows", help="Most rows of one query.")] = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask for raw values; a second person has to grant it."""
    if not len(dataset) == len(columns) == len(rows):
        message = f"{len(dataset)} tables, {len(columns)} lists of columns and {len(rows)} conditions on rows"
        raise InputError(message, next_step="Each --dataset has its own --columns and --rows, in the same order.")
    openings = [
        Opening(table, tuple(name.strip() for name in named.split(",") if name.strip()), condition)
        for table, named, condition in zip(dataset, columns, rows, strict=True)
    ]
    with opened(project) as platform:
        by = person_asking(platform.access, actor_or_user(actor))
        asked = platform.break_glass.ask(
            by,
            incident,
            openings,
            purpose=purpose,
            why_raw=why_raw,
            why_not_first=why_not_first,
            minutes=minutes,
            most_rows=most_rows,
            key=key_or_new(key),
        )
        show(asked, as_json=as_json)


def grant(
    grant: Grant,
    note: Annotated[str, typer.Option("--note", help="What you want remembered of it.")] = "",
    seen: SeenOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open it to who asked; the clock starts now. You must be somebody else, with a role that may."""
    with opened(project) as platform:
        by = person_asking(platform.access, actor_or_user(actor))
        done = platform.break_glass.grant(grant, by, note=note, key=key_or_new(key), expected_version=seen)
        show(done, as_json=as_json)


def refuse(
    grant: Grant,
    reason: Annotated[str, typer.Option("--reason", help="Why not.")],
    seen: SeenOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Do not open it."""
    with opened(project) as platform:
        by = person_asking(platform.access, actor_or_user(actor))
        done = platform.break_glass.refuse(grant, by, reason=reason, key=key_or_new(key), expected_version=seen)
        show(done, as_json=as_json)


def read(
    grant: Grant,
    dataset: Annotated[
        str | None, typer.Option("--dataset", help="Which of its tables, where it opens several.")
    ] = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read the rows that were opened to you; the query is written down, its values are not."""
    with opened(project) as platform:
        by = person_asking(platform.access, actor_or_user(actor))
        found = read_in_emergency(platform.break_glass, platform.lake, by, grant, dataset)
        listed = found.frame.to_dicts()
        body: dict[str, Any] = {"dataset": found.dataset, "version": found.version, "closed": found.closed}
        show({**body, "rows": listed} if as_json else listed, as_json=as_json)


def end(
    grant: Grant,
    seen: SeenOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Close it before its time, or take the question back."""
    with opened(project) as platform:
        by = person_asking(platform.access, actor_or_user(actor))
        show(platform.break_glass.end(grant, by, key=key_or_new(key), expected_version=seen), as_json=as_json)


def review(
    grant: Grant,
    verdict: Annotated[str, typer.Argument(help="proper or improper.")],
    note: Annotated[str, typer.Option("--note", help="What you found.")],
    seen: SeenOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say afterwards whether it was proper; the incident closes only then. Not for who asked."""
    with opened(project) as platform:
        by = person_asking(platform.access, actor_or_user(actor))
        done = platform.break_glass.review(grant, by, verdict, note=note, key=key_or_new(key), expected_version=seen)
        show(done, as_json=as_json)


def list_(
    incident: Annotated[str | None, typer.Option("--incident", help="Only of this incident.")] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """What was asked for, newest first, and how it stands by the clock."""
    with opened(project) as platform:
        show(list(platform.break_glass.list(incident)), as_json=as_json, columns=_SHOWN)


def uses(grant: Grant, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Every query under it: when, which columns, how many rows."""
    with opened(project) as platform:
        show(list(platform.break_glass.uses(grant)), as_json=as_json)


COMMANDS = {
    "break-glass": group(
        "Raw personal data in an emergency: a second person opens them, for minutes, and it is reviewed.",
        ask=ask,
        grant=grant,
        refuse=refuse,
        read=read,
        end=end,
        review=review,
        list=list_,
        uses=uses,
    )
}
