"""`steek incident declare`, `sync`, `kept`: declaring whatever the state of the database."""

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from steek.cli.calls import make_calls
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, actor_or_user, key_or_new
from steek.cli.output import show
from steek.incidents import Incident, KeptDeclaration, Said, keep
from steek.incidents.kept.declarations import Waiting
from steek.incidents.systems import doubt_about
from steek.kernel.clock import SystemClock
from steek.kernel.errors import ResourceError
from steek.kernel.settings import find_project, load_settings
from steek.platform import Platform
from steek.platform.triage_part import declaration_folders

_COLUMNS = ("number", "said_at", "title", "reason", "path")


def declare(
    title: str,
    on: Annotated[str, typer.Option(help="Model, dataset or URN it is about; not needed with --alert.")] = "",
    alert: Annotated[str | None, typer.Option(help="Id of the alert that shows it.")] = None,
    severity: Annotated[str, typer.Option(help="sev1, sev2 or sev3.")] = "sev2",
    freeze: Annotated[bool, typer.Option(help="Hold training and deployment of the systems involved.")] = True,
    note: Annotated[str, typer.Option(help="What else you know, for the timeline.")] = "",
    impact: Annotated[
        list[str] | None,
        typer.Option(help='users=100..250, or "money=0..40000 EUR: how it is known"; may be repeated.'),
    ] = None,
    signal: Annotated[
        list[str] | None, typer.Option(help="Id of a signal that belongs to it; may be repeated.")
    ] = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Declare an incident with all you know; while the database cannot be written, it is kept here and written later.

    Open alerts of its systems that belong to no incident are its evidence: 'steek incident alerts' lists them.
    """
    said = Said(
        title,
        on,
        severity,
        actor_or_user(actor),
        freeze,
        key_or_new(key),
        alert=alert,
        note=note,
        impacts=tuple(impact or ()),
        signals=tuple(signal or ()),
    )
    kept_one = _declare(project, said, as_json=as_json)
    if kept_one is None:
        return
    show(kept_one, as_json=as_json)
    typer.echo(
        f"Not written to the database: {kept_one.reason}\n"
        f"Kept as {kept_one.name} in {kept_one.path}. Nobody was paged: tell them yourself.\n"
        "It becomes an incident when the database can be written: the worker does so, or 'steek incident sync'.",
        err=True,
    )


def _declare(project: Path | None, said: Said, *, as_json: bool) -> KeptDeclaration | None:
    """Declare and show it; what was kept on this machine where no database took it."""
    declared: Incident | KeptDeclaration | None = None
    try:
        with opened(project) as platform:
            declared = platform.offline.declare(said)
            if not isinstance(declared, KeptDeclaration):
                show(declared, as_json=as_json)
                _doubt(platform, declared)
                make_calls(platform, declared.id, as_json=as_json)
                return None
    except (ResourceError, SQLAlchemyError, OSError) as cause:
        if isinstance(declared, Incident):
            raise  # it is declared; what failed came after
        # Perhaps the project could not even be opened. The same key keeps it once.
        reason = (cause.message if isinstance(cause, ResourceError) else str(cause)).partition("\n")[0]
        return _keep(project, said, reason)
    return declared


def _doubt(platform: Platform, declared: Incident) -> None:
    doubt = doubt_about(platform.database, declared.subject, now=platform.clock.now())
    if doubt is not None:
        typer.echo(
            f"{declared.id} is declared, but {doubt}. If another is meant: "
            f"steek incident system {declared.id} SYSTEM --reason 'a slip'",
            err=True,
        )


def _keep(project: Path | None, said: Said, reason: str) -> KeptDeclaration:
    settings = load_settings(find_project((project or Path.cwd()).resolve()))
    return keep(declaration_folders(settings), said, said_at=SystemClock().now(), reason=reason)


def sync(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Declare what was kept on this machine; each becomes one incident, however often this is called."""
    with opened(project) as platform:
        report = platform.offline.sync()
        show(report if as_json else list(report.declared), as_json=as_json)
        for left in report.left:
            typer.echo(f"{left.path} stays: {left.reason}", err=True)


def kept(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Declarations on this machine that no database has taken yet."""
    with opened(project) as platform:
        waiting = platform.offline.waiting()
        rows = [
            {
                "number": one.number,
                "said_at": one.said_at,
                "title": one.said.title,
                "reason": one.reason,
                "path": one.path,
            }
            for one in waiting.declarations
        ]
        show(waiting if as_json else rows, as_json=as_json, columns=_COLUMNS)
        for left in waiting.unreadable:
            typer.echo(left.reason, err=True)


def tell_waiting(waiting: Waiting) -> None:
    """Under a list of incidents: what was said on this machine and is in no list yet."""
    if waiting.words:
        typer.echo(
            f"Besides, {waiting.words}. See 'steek incident kept'; 'steek incident sync' declares them.", err=True
        )


KEPT_VERBS = {"declare": declare, "sync": sync, "kept": kept}
