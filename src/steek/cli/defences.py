"""`steek defences`: the map of what would stop which failure, or everything about one kind of failure."""

from typing import Annotated

import typer

from steek.cli.commands import command
from steek.cli.opening import opened
from steek.cli.options import JsonOption, ProjectOption
from steek.cli.output import show, visible
from steek.incidents.defences.defence_map import DefenceMap
from steek.incidents.defences.defence_maps import CategoryDefences, as_text


def defences(
    category: Annotated[str | None, typer.Argument(help="Kind of failure, e.g. join-failure; by default all.")] = None,
    model: Annotated[str | None, typer.Option(help="Only this model; by default all.")] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """What would stop which failure: layers set up, exercised, holes, and what has to be asked of others."""
    with opened(project) as platform:
        maps = platform.defence_map
        found = maps.map(model) if category is None else maps.category(category, model)
    if as_json:
        show(found, as_json=True)
    elif isinstance(found, CategoryDefences):
        _say_category(found)
    else:
        say_map(found, in_full=True)


def say_map(drawn: DefenceMap, *, in_full: bool) -> None:
    """Holes in a line, what has to be asked, the map; in full with every cell in words."""
    if drawn.holes:
        typer.echo("Holes in a line")
    elif not drawn.questions:
        typer.echo("No holes in a line: every category meets at least one layer besides process.")
    for hole in drawn.holes:
        seen = f" It happened in {', '.join(hole.incidents)}." if hole.incidents else ""
        typer.echo(f"  ! {visible(hole.sentence)}{seen}\n    next: {visible(hole.cheapest)}")
    for one in drawn.questions:
        typer.echo(f"Not known here\n  ? {visible(one.sentence)}")
        typer.echo(f'    write it down: steek readiness answer {one.model} layer-{one.layers[0]} "WHO SAYS WHAT"')
        if one.cheapest is not None:
            typer.echo(f"    next here: {visible(one.cheapest)}")
    typer.echo(f"\n{as_text(drawn)}\n")
    for row in drawn.rows if in_full else ():
        typer.echo(row.category.name)
        for cell in row.cells:
            typer.echo(f"  {cell.layer.value.ljust(9)} {cell.state.value.ljust(15)} {visible(cell.sentence)}")


def _say_category(found: CategoryDefences) -> None:
    row = found.row
    typer.echo(f"{row.category.name}: {row.category.sentence}")
    if found.hole is not None:
        typer.echo(f"  ! {visible(found.hole.sentence)}\n    next: {visible(found.hole.cheapest)}")
    for cell in row.cells:
        typer.echo(f"  {cell.layer.value.ljust(9)} {cell.state.value.ljust(15)} {visible(cell.sentence)}")
        for means in cell.lacking:
            typer.echo(f"  {''.ljust(25)} would help: {means.add}")
    incidents = [*row.incidents, *(f"{one} (a draft says so)" for one in row.drafts)]
    typer.echo(f"  incidents of this kind: {', '.join(incidents) or 'none'}")
    for one in found.exercises[:20]:
        says = " (not counted)" if one.by_draft else ""
        typer.echo(f"  {one.at:%Y-%m-%d}  {one.layer.value}{says}: {visible(one.text)}")


COMMANDS = {"defences": command(defences)}
