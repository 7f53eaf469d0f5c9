"""`steek lineage`: what a thing was made from, and what depends on it."""

from typing import Annotated

import typer

from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import JsonOption, ProjectOption
from steek.cli.output import show
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


def _show(graph: Graph, kind: str | None, *, as_json: bool) -> None:
    rows = [
        {"distance": distance, "urn": urn}
        for urn, distance in graph.distance.items()
        if kind is None or urn.startswith(f"{kind}:")
    ]
    show(rows, as_json=as_json)


COMMANDS = {"lineage": group("What was made from what.", up=up, down=down)}
