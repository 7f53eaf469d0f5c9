"""`steek lineage`: what a thing was made from, and what depends on it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, ProjectOption, actor_or_user
from steek.cli.output import show
from steek.kernel.errors import InputError
from steek.kernel.urn import Urn
from steek.ledger import Graph

DistanceOption = Annotated[int | None, typer.Option("--within", help="At most so many steps away.", min=1)]
KindOption = Annotated[str | None, typer.Option("--kind", help="Show only this kind, e.g. receipt.")]


def up(
    urn: str,
    within: DistanceOption = None,
    kind: KindOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Everything a thing was made from, down to the receipts of ingestion."""
    with opened(project) as platform:
        _show(platform.lineage.upstream(str(Urn.parse(urn)), max_distance=within), kind, as_json=as_json)


def down(
    urn: str,
    within: DistanceOption = None,
    kind: KindOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Everything that was made from a thing."""
    with opened(project) as platform:
        _show(platform.lineage.downstream(str(Urn.parse(urn)), max_distance=within), kind, as_json=as_json)


def columns(column: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """What a column (dataset.column, features.view.column) comes from, what comes from it, and what is not known."""
    with opened(project) as platform:
        found = platform.provenance.of(column)
        if as_json:
            show(found, as_json=True)
            return
        for title, edges in (("comes from", found.upstream), ("goes into", found.downstream)):
            rows = [
                {
                    "from": f"{edge.upstream}.{edge.upstream_column}",
                    "to": f"{edge.downstream}.{edge.downstream_column}",
                    "effect": edge.effect,
                    "known by": edge.known_by,
                }
                for edge in edges
            ]
            show(rows, as_json=False, title=title)
        for name, reason in found.unknown.items():
            typer.echo(f"unknown: columns of {name}, because {reason}")


def export(
    since: Annotated[str | None, typer.Option(help="Event time from which on, e.g. 2017-10-01.")] = None,
    format: Annotated[str, typer.Option(help="How to write it: openlineage.")] = "openlineage",
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """The project's runs for other systems: OpenLineage RunEvents, one JSON object a line; --json makes them a list."""
    if format != "openlineage":
        message = f"the format {format!r} is not known"
        raise InputError(message, next_step="Use --format openlineage.")
    with opened(project) as platform:
        events = platform.provenance.run_events(since=None if since is None else _instant(since))
        if as_json:
            show(list(events), as_json=True)
            return
        for event in events:
            typer.echo(json.dumps(event, ensure_ascii=False))


def import_(file: Path, actor: ActorOption = None, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Take in OpenLineage RunEvents of other systems from a file, one JSON object a line; again changes nothing."""
    with opened(project) as platform:
        before = platform.ledger.count()
        read = 0
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            if not line.strip():
                continue
            try:
                platform.outside_runs.receive(json.loads(line), actor=actor_or_user(actor))
            except (ValueError, InputError) as cause:
                message = f"line {number} of {file.name}: {cause}"
                raise InputError(message, next_step="Earlier lines were taken in; mend it and import again.") from cause
            read += 1
        show({"events_read": read, "events_new": platform.ledger.count() - before}, as_json=as_json)


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is no day or instant"
        raise InputError(message, next_step="Write it as 2017-10-15 or 2017-10-15T06:00:00Z.") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _show(graph: Graph, kind: str | None, *, as_json: bool) -> None:
    rows = [
        {"distance": distance, "urn": urn}
        for urn, distance in graph.distance.items()
        if kind is None or urn.startswith(f"{kind}:")
    ]
    show(rows, as_json=as_json)


COMMANDS = {
    "lineage": group("What was made from what.", up=up, down=down, columns=columns, export=export, import_=import_)
}
