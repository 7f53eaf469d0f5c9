"""`steek joins`: what every join matched, beside what is usual, in all and per slice."""

from typing import Annotated

import typer

from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import JsonOption, ProjectOption
from steek.cli.output import show

ExplainOption = Annotated[bool, typer.Option("--explain", help="Say why the verdict is what it is.")]


def list_(
    dataset: Annotated[str | None, typer.Argument(help="Of one dataset; by default of all.")] = None,
    explain: ExplainOption = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """The latest run of every join."""
    with opened(project) as platform:
        found = platform.joins.latest(dataset)
        if as_json:
            show(found, as_json=True)
            return
        lines = [
            {
                "dataset": each.report.dataset,
                "join": each.report.name,
                "window": each.report.window.start_at,
                "left": each.report.left_rows,
                "matched": each.report.matched_fraction,
                "expected": each.report.expected_fraction,
                "several": each.report.several_rows,
                "verdict": each.verdict.verdict,
                "why": "; ".join(each.verdict.reasons),
            }
            for each in found
        ]
        columns = ("dataset", "join", "window", "left", "matched", "expected", "several", "verdict")
        show(lines, as_json=False, columns=(*columns, "why") if explain else columns)


def show_(
    dataset: str,
    join: str,
    limit: Annotated[int, typer.Option(min=1)] = 28,
    explain: ExplainOption = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """One join of a dataset: its windows, newest first, and the slices of the newest."""
    with opened(project) as platform:
        found = platform.joins.history(dataset, join, limit)
        if as_json:
            show(found, as_json=True)
            return
        columns = ("window", "left_rows", "matched_rows", "several_rows", "matched_fraction", "expected_fraction")
        lines = [
            {name: getattr(each.report, name) for name in columns[1:]}
            | {"window": each.report.window.start_at, "verdict": each.verdict.verdict}
            for each in found
        ]
        show(lines, as_json=False, columns=(*columns, "verdict"))
        if found[0].report.slices:
            parts = [
                {"slice": each.slice, "left_rows": each.left_rows, "matched_rows": each.matched_rows}
                | {"matched_fraction": each.matched_fraction, "expected_fraction": each.expected_fraction}
                for each in found[0].report.slices
            ]
            show(parts, as_json=False, title="\nSlices of the newest window")
        if explain:
            verdict = found[0].verdict
            typer.echo(f"\n{verdict.verdict}: {'; '.join(verdict.reasons)}")


COMMANDS = {"joins": group("Joins: matched, unmatched, expected.", list=list_, show=show_)}
