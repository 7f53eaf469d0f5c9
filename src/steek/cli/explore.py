"""`steek monitor explore`: the slices of a monitor side by side, with sparklines."""

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, cast, get_args

import typer

from steek.charts import sparkline_text
from steek.cli.opening import opened
from steek.cli.options import JsonOption, ProjectOption
from steek.cli.output import show
from steek.kernel.errors import InputError
from steek.monitoring import SliceOrder, read_slice_points, read_slices

_SHOWN = timedelta(days=28)


def explore(
    monitor: str,
    text: Annotated[str, typer.Option(help="Only slices that hold this text.")] = "",
    order: Annotated[str, typer.Option(help="By strain, volume or change.")] = "strain",
    limit: Annotated[int, typer.Option(help="How many slices to show.")] = 20,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """The slices of a monitor in its newest window, those furthest out first."""
    if order not in get_args(SliceOrder):
        message = f"slices cannot be ordered by {order!r}; allowed: {', '.join(get_args(SliceOrder))}"
        raise InputError(message)
    with opened(project) as platform:
        unit = platform.monitoring.series(monitor).unit
        since = platform.clock.now() - _SHOWN
        database = platform.database
        table = read_slices(database, monitor, since=since, text=text, order=cast("SliceOrder", order))
        lines = table.lines[: max(limit, 0)]
        points = read_slice_points(database, monitor, [line.slice for line in lines], since=since)
        rows = [
            {**asdict(line), "last 28 days": sparkline_text([point.value for point in points[line.slice]])}
            for line in lines
        ]
        columns = ("slice", "verdict", "value", "usual", "lower", "upper", "rows", "last 28 days")
        show(rows, as_json=as_json, columns=columns, title=f"{monitor}, {unit}: {len(lines)} of {table.total} slices")
