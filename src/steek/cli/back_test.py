"""`steek monitor back-test` and `steek monitor learned`: what rules would have done, and what they know."""

from typing import Annotated

import typer

from steek.cli.opening import opened
from steek.cli.options import JsonOption, ProjectOption, to_day
from steek.cli.output import show
from steek.kernel.windows import Window

_FIRING_COLUMNS = ("day", "slice", "value", "lower", "upper")


def back_test(
    monitor: str,
    days: Annotated[int, typer.Option(help="How many days back.")] = 90,
    width: Annotated[float | None, typer.Option(help="Try this half-width instead of the declared one.")] = None,
    until: Annotated[str | None, typer.Option(help="Last business day; by default the last one evaluated.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Also why each would have fired.")] = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """How often a rule would have fired, and on which days; nothing is written."""
    with opened(project) as platform:
        end_at = None if until is None else Window.of_day(to_day(until), platform.settings.day_starts_at).end_at
        found = platform.monitoring.thresholds.back_test(monitor, days, width=width, until=end_at)
        if as_json:
            show(found, as_json=True)
            return
        typer.echo(f"{monitor}: {found.sentence}.")
        typer.echo(f"{found.windows} windows were judged; {found.measured} had to be measured for this test")
        if found.fired:
            columns = (*_FIRING_COLUMNS, "reason") if explain else _FIRING_COLUMNS
            show(list(found.fired), as_json=False, columns=columns)


def learned(monitor: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """When a monitor's bounds were learned, from which windows, and why."""
    with opened(project) as platform:
        found = platform.monitoring.thresholds.learned(monitor)
        columns = ("in_force_at", "first_window_at", "last_window_at", "windows", "slices", "reason")
        show(found, as_json=as_json, columns=columns)
