"""`steek cleaning`, `steek sampling`: what is done to rows on their way in, and what a sample would cost."""

from typing import Annotated

import typer

from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import JsonOption, ProjectOption
from steek.cli.output import show
from steek.kernel.errors import InputError
from steek.platform import preparation, preparations, sampling_costs

_COST_COLUMNS = (
    "rate",
    "rows",
    "fraction",
    "error_fraction",
    "slices",
    "lost_slices",
    "median_slice_error_fraction",
    "worst_slice_error_fraction",
    "covered_fraction",
    "share_distance",
    "value_distance",
)


def list_(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Datasets whose rows are cleaned, filtered or sampled on their way in."""
    with opened(project) as platform:
        lines = [
            {
                "dataset": each.dataset,
                "cleaning": each.version,
                "actions": len(each.actions),
                "filters": len(each.filters),
                "sampling": None if each.sampling is None else each.sampling.version,
            }
            for each in preparations(platform)
        ]
        show(lines, as_json=as_json)


def show_(dataset: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """The cleaning list of one dataset in order, with versions, and what it did to the newest batch."""
    with opened(project) as platform:
        found = preparation(platform, dataset)
        if as_json:
            show(found, as_json=True)
            return
        show({"dataset": found.dataset, "version": found.version, "filters": found.filters}, as_json=False)
        columns = ("name", "version", "changes", "adds", "boundaries_version")
        show(found.actions, as_json=False, columns=columns, title="\nActions, in order")
        typer.echo("\nNewest batch")
        show(found.last, as_json=False)


def sampling(dataset: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """The sampling of one dataset, and what share of the newest batch it kept."""
    with opened(project) as platform:
        found = preparation(platform, dataset)
        show({"sampling": found.sampling, "last": found.last.get("sampling")}, as_json=as_json)


def cost(
    dataset: str,
    by: Annotated[list[str], typer.Option(help="Field that names a unit; again for each further one.")],
    rates: Annotated[str, typer.Option(help="Shares to try, with commas between.")] = "0.01,0.1,0.3",
    metric: Annotated[str | None, typer.Option(help="Numbers whose totals are compared; by default rows.")] = None,
    by_slice: Annotated[str | None, typer.Option("--slice-by", help="Column whose values are the slices.")] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """What samples of several rates would cost: errors of totals and distributions against all rows."""
    with opened(project) as platform:
        found = sampling_costs(platform, dataset, by, to_rates(rates), metric=metric, group=by_slice)
        show(found, as_json=as_json, columns=_COST_COLUMNS)


def to_rates(text: str) -> list[float]:
    """Numbers with commas between them. Raises InputError where one is none."""
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        message = f"{text!r} are not rates"
        raise InputError(message, next_step="Write them as 0.1,0.3.") from None


COMMANDS = {
    "cleaning": group("What is done to rows on their way in.", list=list_, show=show_),
    "sampling": group("Samples on the way in, and what they cost.", show=sampling, cost=cost),
}
